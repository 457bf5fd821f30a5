"""One item of a verify: what is asked of the two stores, and what follows."""

from __future__ import annotations

from typing import NamedTuple

from ...filesystems.pace import task_throttle
from ...filesystems.registry import open_filesystem
from ...model.attributes import NOTHING, Attributes
from ...model.differences import Difference, Evidence, Finding
from ...model.errors import Hdfs2ossError, Interrupted, NotFound, SourceChanged
from ...model.uri import Uri
from ...model.values import DIRECTORY, FILE, UNUSABLE, CopyItem, FileStatus, Work
from ...model.verify_options import VerifyOptions
from ...rules.keys import is_within
from ...rules.verification import CHECK, EQUAL, PROVEN, is_in_sample, judge
from ...runners.stop import checkpoint, pause
from ...tasks.context import RunContext
from ...tasks.outage import Outage
from ...tasks.preserving import Preserving
from ...transfer.comparison import Side
from ...transfer.inspection import Inspected, Reading, by_checksums, by_reading, by_reading_one, by_record

_TRIES = 3
_FIRST_PAUSE_SECONDS = 0.5
_SHOWN_ATTRIBUTES = 200


class Examined(NamedTuple):
    """Exactly one is given, but for what another item tells of, which has neither."""

    difference: Difference | None = None
    evidence: Evidence | None = None


class Examiner:
    """Shared by the threads of a task."""

    def __init__(self, context: RunContext, options: VerifyOptions, outage: Outage) -> None:
        self._layout = context.layout
        self._stores = context.stores
        self._options = options
        self._outage = outage
        self._target = open_filesystem(context.layout.base, context.stores)
        self._reading = Reading(task_throttle(options.bytes_per_second), checkpoint)
        self._preserving = Preserving(context)

    def examine(self, item: CopyItem) -> Examined:
        """What an item comes to; a failure of its own is a difference, too (ERROR)."""
        for number in range(1, _TRIES + 1):
            if self._outage.reason:
                return Examined(_difference(item, Finding.ERROR, self._outage.reason))
            try:
                checkpoint()
                found = self._examine(item)
            except Interrupted:
                raise
            except Hdfs2ossError as error:
                if number < _TRIES and error.retryable:
                    pause(_FIRST_PAUSE_SECONDS * 2 ** (number - 1))
                    continue
                self._outage.failed(error)
                return Examined(_difference(item, Finding.ERROR, _said(error)))
            except Exception as error:  # noqa: BLE001 - one file must never take the others of its task along
                return Examined(_difference(item, Finding.ERROR, f"{type(error).__name__}: {error}"))
            self._outage.succeeded()
            return found
        raise AssertionError("the last try returns")

    def _examine(self, item: CopyItem) -> Examined:
        if item.work is Work.DELETE:
            return self._examine_extra(item)
        if item.action == Finding.ERROR:
            return Examined(_difference(item, Finding.ERROR, item.problem or "a symbolic link is not followed"))
        if item.action not in (CHECK, EQUAL, PROVEN):
            finding = Finding(item.action)
            return self._settled(item, _difference(item, finding, item.problem or _words(item, finding)))
        evidence = Evidence.LEDGER if item.action == PROVEN else Evidence.EMPTINESS
        if item.action == CHECK:
            inspected = self._inspect(item)
            verdict = judge(inspected.learned, "length" in self._options.accept)
            if verdict.finding is Finding.UNPROVEN:
                return Examined(_difference(item, verdict.finding, inspected.why))
            if verdict.finding is not None:
                detail = f"{inspected.source_checksum} at the source, {inspected.target_checksum} at the target"
                return self._settled(item, _with_checksums(_difference(item, verdict.finding, detail), inspected))
            evidence = verdict.evidence or Evidence.LENGTH
        detail = self._other_attributes(item)
        if detail:
            return self._settled(item, _difference(item, Finding.METADATA, detail))
        return Examined(evidence=evidence)

    def _inspect(self, item: CopyItem) -> Inspected:
        place = self._layout.source_of(item.root, item.path)
        source = Side(open_filesystem(place, self._stores), place)
        target = Side(self._target, self._layout.target_of(item.path))
        found = by_record(item, target)
        if found.learned.recorded_equal is None:
            found = by_checksums(source, target)
        if found.learned.differs:
            return found
        options = self._options
        if options.read == "all" or is_in_sample(item.path, options.sample_percent, options.seed):
            return by_reading(found, source, target, item.length, self._reading)
        if options.read == "unproven" and not found.learned.is_proven:
            return by_reading_one(found, source, target, item.length, self._reading)
        return found

    def _other_attributes(self, item: CopyItem) -> str:
        """In which attributes the two differ, of those that were asked for and that both stores keep."""
        source = self._layout.source_of(item.root, item.path)
        preservation = self._preserving.of(source)
        if preservation is None:
            return ""
        wanted, found = preservation.both(source.path, self._layout.target_of(item.path).path, item.kind)
        return _attribute_words(wanted, found)

    def _examine_extra(self, item: CopyItem) -> Examined:
        extra = _extra(item)
        if item.kind == UNUSABLE:
            # Nobody can ask for it by a path, and no source could bring it.
            return Examined(extra)
        at_target = self._status(self._layout.target_of(item.path))
        if not _is_as_listed(item.kind, item.length, item.mtime_ms, at_target):
            return Examined(_changed(extra, "the target"))
        for number, root in enumerate(self._layout.roots):
            if root.is_file or not is_within(item.path, root.prefix):
                continue
            at_source = self._status(self._layout.source_of(number, item.path))
            if at_source is not None and at_source.kind != item.kind:
                # Its source is of another TYPE, and tells; unless the target has what the source is, too.
                return Examined(extra) if self._is_directory_too(item) else Examined()
            if at_source is not None:
                return Examined(_changed(extra, "the source"))
        return Examined(extra)

    def _is_directory_too(self, item: CopyItem) -> bool:
        """Whether the target has a directory of the name of a file, as only a store without real ones can."""
        if self._target.capabilities.real_directories or item.kind != FILE:
            return False
        try:
            next(self._target.walk(self._layout.target_of(item.path).path, recursive=False), None)
        except NotFound:
            return False
        return True

    def _settled(self, item: CopyItem, difference: Difference) -> Examined:
        """A difference is one only while both sides still are what was listed."""
        now = self._status(self._layout.source_of(item.root, item.path))
        if not _is_as_listed(item.kind, item.length, item.mtime_ms, now):
            return Examined(_changed(difference, "the source"))
        now = self._status(self._layout.target_of(item.path))
        is_there = item.target_length >= 0
        if (now is not None) != is_there and not self._is_below_file(item):
            return Examined(_changed(difference, "the target"))
        is_file = now is not None and now.kind == FILE and difference.difference != Finding.TYPE
        if is_there and is_file and not _is_as_listed(FILE, item.target_length, item.target_mtime_ms, now):
            return Examined(_changed(difference, "the target"))
        return Examined(difference)

    def _is_below_file(self, item: CopyItem) -> bool:
        return item.action == Finding.MISSING and bool(item.problem)

    def _status(self, place: Uri) -> FileStatus | None:
        return open_filesystem(place, self._stores).status(place.path)


def _is_as_listed(kind: str, length: int, mtime_ms: int, now: FileStatus | None) -> bool:
    """Whether what stands there now is what was listed. A directory only has to be one still."""
    if now is None or now.kind != kind:
        return False
    return kind == DIRECTORY or (now.length, now.mtime_ms) == (length, mtime_ms)


def _difference(item: CopyItem, finding: Finding, detail: str) -> Difference:
    if item.work is Work.DELETE:
        return _extra(item)._replace(difference=finding.value, detail=detail)
    length = item.length if item.kind != DIRECTORY else -1
    target_length = item.target_length if item.kind != DIRECTORY and finding is not Finding.TYPE else -1
    return Difference(item.path, finding.value, item.kind, length, target_length, detail=detail, root=item.root)


def _extra(item: CopyItem) -> Difference:
    length = item.length if item.kind != DIRECTORY else -1
    return Difference(item.path, Finding.EXTRA.value, item.kind, -1, length, detail=item.problem)


def _with_checksums(difference: Difference, found: Inspected) -> Difference:
    return difference._replace(source_checksum=found.source_checksum, target_checksum=found.target_checksum)


def _changed(difference: Difference, side: str) -> Difference:
    return difference._replace(
        difference=Finding.ERROR.value,
        detail=f"{side} changed while it was verified (it looked like {difference.difference})",
    )


def _words(item: CopyItem, finding: Finding) -> str:
    if finding is Finding.LENGTH:
        return f"{item.length} bytes at the source, {item.target_length} at the target"
    if finding is Finding.TYPE:
        names = ("a directory", "no directory") if item.kind == DIRECTORY else ("a file", "a directory, or a link")
        return f"{names[0]} at the source, {names[1]} at the target"
    return f"{item.length} bytes" if item.kind == FILE else ""


def _said(error: Hdfs2ossError) -> str:
    if isinstance(error, NotFound | SourceChanged):
        return f"changed while it was verified: {error}"
    return str(error)


def _attribute_words(wanted: Attributes, found: Attributes) -> str:
    if wanted == NOTHING:
        return ""
    pairs = ((name, value, getattr(found, name)) for name, value in wanted._asdict().items() if value is not None)
    return "; ".join(
        f"{name} {_shown(name, one)} at the source, {_shown(name, other)} at the target" for name, one, other in pairs
    )


def _shown(name: str, value: object) -> str:
    if value is None:
        return "none"
    text = f"{value:o}" if name == "permission" and isinstance(value, int) else str(value)
    return text if len(text) <= _SHOWN_ATTRIBUTES else f"{text[:_SHOWN_ATTRIBUTES]}..."
