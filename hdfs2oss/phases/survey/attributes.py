"""What a survey plans for -p: files that are there already, and directories, which get theirs last of all."""

from __future__ import annotations

from ...filesystems.registry import open_filesystem
from ...model.values import DIRECTORY, FILE, CopyItem, FileAction, FilePair, PlanSlice, Work
from ...records.jobdir import JobDir
from ...records.planfile import PlanWriter
from ...rules.packing import cost_of
from ...rules.preservation import letters_that_count, may_differ
from ...tasks.context import RunContext


class AttributePlan:
    """Of one survey task, whose share of entries bounds the directories held here."""

    def __init__(self, context: RunContext, name: str) -> None:
        self._lists_root = not context.options.sync or context.options.update_root
        self._writer = PlanWriter(f"plan/{name}-attributes.parquet")
        self._directories: list[CopyItem] = []
        target = open_filesystem(context.layout.base, context.stores).capabilities
        sources = [store.capabilities for store in context.source_stores()]
        letters = context.options.preserve
        # For each root the letters that count for files, and those of them that listings tell.
        self._asked = [letters_that_count(letters, FILE, source.keeps, target.keeps) for source in sources]
        self._listed = [letters_that_count(letters, FILE, source.lists_kept, target.lists_kept) for source in sources]

    def is_due(self, pair: FilePair) -> bool:
        """Whether a file that is not copied may need attributes: its bytes may be equal, and its attributes others."""
        source, target = pair.source, pair.target
        if source is None or target is None or source.kind != FILE or source.length != target.length:
            return False
        return may_differ(source, target, self._asked[pair.root], self._listed[pair.root])

    def take_directory(self, pair: FilePair) -> None:
        """A source directory; the root itself only where it is listed, or with -updateRoot (DistCp)."""
        source = pair.source
        if source is None or source.problem or not (pair.path or self._lists_root):
            return
        if pair.target is None or pair.target.kind == DIRECTORY:
            item = CopyItem(
                pair.path, pair.root, FileAction.REFRESH.value, DIRECTORY, 0, source.mtime_ms, work=Work.ATTRIBUTES
            )
            self._directories.append(item)

    def publish(self, job_dir: JobDir) -> list[tuple[int, PlanSlice]]:
        """Write the plan file of directories: slices of one depth each, the deepest first."""
        depths: list[int] = []
        for depth, item in sorted((depth_of(one.path), one) for one in self._directories):
            if depths and depths[-1] != depth:
                self._writer.end_group()
            self._writer.add(item, cost_of(0, 0.0, 1))
            depths.append(depth)
        pieces = self._writer.publish(job_dir)
        starts = [sum(piece.items for piece in pieces[:at]) for at in range(len(pieces))]
        return [(depths[start], piece) for start, piece in reversed(list(zip(starts, pieces, strict=True)))]


def depth_of(path: str) -> int:
    """How deep a directory lies below the target base, which itself has depth 0."""
    return path.count("/") + 1 if path else 0
