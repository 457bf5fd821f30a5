"""The -log directory: text files with a line for each file, in DistCp's words.

    SKIP: <source>                                                     always
    FAIL: <source> - <cause>                                           always
    FILE_COPIED: source=<uri>, size=<bytes> --> target=<uri>, size=<bytes>    with -v
    FILE_SKIPPED: source=<uri>, size=<bytes> --> target=<uri>, size=<bytes>   with -v
    NOT_COMPARED: <source> - <why no checksums decided about it>       always
    DELETED: <target>, KEPT: <target> - <cause>, GONE: <target>               with -delete: what only the target had

Unlike DistCp's, the second size is that of the target after the copy.
"""

from __future__ import annotations

from ..filesystems.base import FileSystem
from ..model.uri import Uri, join_path
from ..model.values import DIRECTORY, CopyResult, Outcome
from ..rules.filters import work_path_beside
from ..rules.layout import Layout


class CopyLog:
    """Collects the lines of one task; does nothing without a -log directory."""

    def __init__(self, verbose: bool, enabled: bool) -> None:
        self._verbose = verbose
        self._enabled = enabled
        self._lines: list[str] = []

    def skipped(self, source: Uri, target: Uri, length: int, target_length: int) -> None:
        """A file that was left as it is."""
        if self._enabled:
            self._lines.append(f"SKIP: {source}")
            if self._verbose:
                sizes = f"source={source}, size={length} --> target={target}, size={target_length}"
                self._lines.append(f"FILE_SKIPPED: {sizes}")

    def failed(self, source: Uri, cause: str) -> None:
        """A file that did not arrive."""
        if self._enabled:
            self._lines.append(f"FAIL: {source} - {cause}")

    def copied(self, source: Uri, target: Uri, length: int, target_length: int) -> None:
        """A file that arrived."""
        if self._enabled and self._verbose:
            self._lines.append(f"FILE_COPIED: source={source}, size={length} --> target={target}, size={target_length}")

    def missing(self, target: Uri, result: CopyResult) -> None:
        """Something that only the target had."""
        if not self._enabled:
            return
        if result.has_failed:
            self._lines.append(f"FAIL: {target} - {result.message}")
        elif result.message:
            self._lines.append(f"{result.outcome}: {target} - {result.message}")
        else:
            self._lines.append(f"{result.outcome}: {target}" + (f" --> {result.kept_at}" if result.kept_at else ""))

    def note(self, layout: Layout, result: CopyResult) -> None:
        """The line of a result."""
        if result.is_deletion:
            self.missing(layout.target_of(result.path), result)
            return
        source = layout.named_source_of(result.root, result.path)
        if result.not_compared and self._enabled:
            self._lines.append(f"NOT_COMPARED: {source} - {result.not_compared}")
        if result.outcome == Outcome.COPIED:
            self.copied(source, layout.target_of(result.path), result.source_length, result.source_length)
        elif result.outcome in (Outcome.SKIPPED, Outcome.REFRESHED) and result.kind != DIRECTORY:
            self.skipped(source, layout.target_of(result.path), result.source_length, result.source_length)
        elif result.has_failed:
            self.failed(source, result.message)

    def publish(self, filesystem: FileSystem, directory: str, name: str) -> None:
        """Write the lines as one file; an empty one when there is nothing to say, as DistCp does."""
        text = "".join(line + "\n" for line in self._lines)
        path = join_path(directory, name)
        filesystem.put(path, text.encode("utf-8", "surrogateescape"), work_path_beside(path, name), {})
