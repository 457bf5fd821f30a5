"""What a verify looks at: differences that the listings show, and what has to be asked about, as plan files."""

from __future__ import annotations

from ...filesystems.registry import open_filesystem
from ...model.counters import COPY_MAPPER, OWN
from ...model.differences import Evidence, Finding
from ...model.tally import Tally
from ...model.values import DIRECTORY, FILE, CopyItem, FilePair, FileStatus
from ...model.verify_options import VerifyOptions
from ...records.planfile import PlanWriter
from ...rules.packing import cost_of
from ...rules.pairing import is_below_file
from ...rules.preservation import letters_that_count
from ...rules.verification import CHECK, EQUAL, by_listing, is_in_sample
from ...tasks.desk import TaskDesk
from .exclusion import Exclusion
from .missing import Missing
from .purpose import Planned, Purpose

_ASKING_SECONDS = 0.01


class Checklist:
    """Takes the pairs of one survey task. `action` of an item is a Finding, CHECK, or EQUAL where only attributes are
    left to be compared; what is equal altogether is counted, and needs no row."""

    def __init__(self, desk: TaskDesk) -> None:
        self._desk = desk
        options = desk.context.options
        assert isinstance(options, VerifyOptions)
        self._options = options
        self._writer = PlanWriter(f"plan/{desk.name}-{desk.attempt}.parquet", desk.job_dir)
        self._asks_for_attributes = _asks_for_attributes(desk)
        self._lists_root = not options.sync or options.update_root
        self._equal, self._implied, self._bare = Tally(), Tally(), Tally()

    def take(self, pair: FilePair) -> None:
        """Decide about a pair, as far as its two rows say."""
        source = pair.source
        if source is None:
            return
        if pair.comes_with_its_files:
            # What lies in it is missing, and says so.
            self._implied.add(source)
            return
        is_missing_directory = source.kind == DIRECTORY and pair.target is None and not source.problem
        if self._options.include and is_missing_directory and pair.path:
            # Nothing in it is included, and directories come along with files only.
            self._bare.add(source)
            self._desk.counters.add(COPY_MAPPER, "DIR_COPY", -1)
            return
        if is_below_file(pair):
            kind = DIRECTORY if source.kind == DIRECTORY else FILE
            self._writer.add(_item(pair, source._replace(kind=kind), Finding.MISSING.value), _ASKING_SECONDS)
            return
        found = by_listing(pair)
        if found == EQUAL and not (self._asks_for_attributes[pair.root] and (pair.path or self._lists_root)):
            self._equal.add(source)
            return
        self._writer.add(_item(pair, source, found), self._cost(found, source))

    def publish(self) -> Planned:
        """Count what was decided, and write the plan file."""
        counters = self._desk.counters
        Tally(self._equal.files, self._equal.size_bytes).count(f"EQUAL_BY_{Evidence.EMPTINESS.value}", counters)
        if self._equal.directories:
            counters.add(OWN, "DIRECTORIES_EQUAL", self._equal.directories)
        for name, tally in {"IMPLIED": self._implied, "EXCLUDED": self._bare}.items():
            tally.count(name, counters)
        return Planned(self._writer.publish(self._desk.job_dir), [], [])

    def _cost(self, found: str, source: FileStatus) -> float:
        sample = self._options.sample_percent
        is_read = bool(self._options.read) or (sample > 0 and is_in_sample(source.path, sample, self._options.seed))
        read_bytes = 2 * source.length if found == CHECK and is_read else 0
        return cost_of(read_bytes, 0.0, 1, self._options.bytes_per_second) + _ASKING_SECONDS


def checklist_of(desk: TaskDesk) -> Checklist:
    """What takes the pairs of a task."""
    return Checklist(desk)


def extra_of(desk: TaskDesk) -> Missing:
    """What takes that which only the target has: all of it, be it a file that a copy could have made or not."""
    return Missing(desk, Exclusion(desk.context), with_unusable=True)


VERIFICATION = Purpose(checklist_of, extra_of, writes=False)


def _asks_for_attributes(desk: TaskDesk) -> list[bool]:
    """For each root, whether both of its stores keep any of the attributes that are asked for."""
    context = desk.context
    target = open_filesystem(context.layout.base, context.stores).capabilities
    sources = [open_filesystem(root.source, context.stores).capabilities for root in context.layout.roots]
    letters = context.options.preserve
    return [
        any(letters_that_count(letters, kind, source.keeps, target.keeps) for kind in (FILE, DIRECTORY))
        for source in sources
    ]


def _item(pair: FilePair, source: FileStatus, found: str) -> CopyItem:
    target = pair.target
    return CopyItem(
        path=pair.path,
        root=pair.root,
        action=found,
        kind=source.kind,
        length=source.length,
        mtime_ms=source.mtime_ms,
        etag=source.etag,
        target_length=target.length if target is not None else -1,
        target_mtime_ms=target.mtime_ms if target is not None else -1,
        problem=source.problem,
    )
