"""What a verify looks at: differences that the listings show, and what has to be asked about, as plan files."""

from __future__ import annotations

from collections.abc import Sequence

from ...filesystems.registry import open_filesystem
from ...model.counters import OWN
from ...model.differences import Evidence, Finding
from ...model.known import Standing
from ...model.tally import Tally
from ...model.values import DIRECTORY, FILE, CopyItem, FilePair, FileStatus
from ...records.jobdir import HASTE, JobDir
from ...records.planfile import PlanWriter
from ...rules.packing import cost_of, threads_for
from ...rules.pairing import is_below_file
from ...rules.preservation import letters_that_count
from ...rules.standing import recorded_sums, standing_of
from ...rules.verification import CHECK, EQUAL, PROVEN, by_listing, is_in_sample
from ...tasks.context import RunContext
from ...tasks.desk import TaskDesk
from .companions import Companions
from .exclusion import Exclusion
from .missing import Missing
from .purpose import Planned, Purpose

# Waiting for an answer, which the threads of a task share.
_ASKING_SECONDS = 0.01


class Checklist:
    """Takes the pairs of one survey task. `action` of an item is a Finding, CHECK, or EQUAL or PROVEN where only
    attributes are left to be compared; what is equal altogether is counted, and needs no row."""

    def __init__(self, desk: TaskDesk) -> None:
        self._desk = desk
        # Not at the top, where a copy would load it, too.
        from ...model.verify_options import VerifyOptions

        options = desk.context.options
        assert isinstance(options, VerifyOptions)
        self._options = options
        self._writer = PlanWriter(f"plan/{desk.name}-{desk.attempt}.parquet", desk.job_dir)
        self._asks_for_attributes = _asks_for_attributes(desk)
        self._lists_root = not options.sync or options.update_root
        self._threads = threads_for(0.0, options.threads)
        self._equal, self._proven = Tally(), Tally()
        self._companions = Companions(options, desk.counters)

    def take_all(self, pairs: Sequence[FilePair]) -> None:
        """Decide about some pairs."""
        for pair in pairs:
            self.take(pair)

    def take(self, pair: FilePair) -> None:
        """Decide about a pair, as far as its two rows say."""
        source = pair.source
        if source is None:
            return
        # What lies in such a directory is missing, and says so.
        if self._companions.take(pair):
            return
        if is_below_file(pair):
            kind = DIRECTORY if source.kind == DIRECTORY else FILE
            missing = _item(pair, source._replace(kind=kind), Finding.MISSING.value)
            self._writer.add(missing, self._cost(missing))
            return
        found = by_listing(pair)
        if found == CHECK and not self._reads(pair.path) and _is_proven(pair):
            found = PROVEN
        if found in (EQUAL, PROVEN) and not (self._asks_for_attributes[pair.root] and (pair.path or self._lists_root)):
            (self._equal if found == EQUAL else self._proven).add(source)
            return
        item = _item(pair, source, found)
        self._writer.add(item, self._cost(item))

    def publish(self) -> Planned:
        """Count what was decided, and write the plan file."""
        counters = self._desk.counters
        Tally(self._equal.files, self._equal.size_bytes).count(f"EQUAL_BY_{Evidence.EMPTINESS.value}", counters)
        self._proven.count(f"EQUAL_BY_{Evidence.LEDGER.value}", counters)
        if self._equal.directories:
            counters.add(OWN, "DIRECTORIES_EQUAL", self._equal.directories)
        self._companions.count()
        return Planned(self._writer.publish(self._desk.job_dir), [], [])

    def _reads(self, path: str) -> bool:
        """Whether the bytes of a file are read whatever else is known of it."""
        sample = self._options.sample_percent
        return self._options.read == "all" or (sample > 0 and is_in_sample(path, sample, self._options.seed))

    def _cost(self, item: CopyItem) -> float:
        is_read = item.action == CHECK and (self._options.read == "unproven" or self._reads(item.path))
        read_bytes = 2 * item.length if is_read else 0
        return cost_of(read_bytes, _ASKING_SECONDS, self._threads, self._options.bytes_per_second)


def checklist_of(desk: TaskDesk) -> Checklist:
    """What takes the pairs of a task."""
    return Checklist(desk)


def extra_of(desk: TaskDesk) -> Missing:
    """What takes that which only the target has: all of it, be it a file that a copy could have made or not."""
    return Missing(desk, Exclusion(desk.context), with_unusable=True)


def ledger_of(context: RunContext) -> JobDir | None:
    """What the copies of the pair have left, where that was found."""
    place = context.ledger
    if place is None:
        return None
    return JobDir(open_filesystem(place, context.stores), place.path, context.run_id, HASTE)


VERIFICATION = Purpose(checklist_of, extra_of, ledger_of, writes=False)


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


def _is_proven(pair: FilePair) -> bool:
    if pair.source is None or pair.target is None:
        return False
    return standing_of(pair.known, pair.source, pair.target) is Standing.PROVEN


def _item(pair: FilePair, source: FileStatus, found: str) -> CopyItem:
    target = pair.target
    # What was read of this very version of the source, with which the target can be compared.
    sums = recorded_sums(pair.known, source) if found == CHECK else (None, None)
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
        crc64=sums[0],
        crc32c=sums[1],
        problem=source.problem,
    )
