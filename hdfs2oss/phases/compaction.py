"""The compaction: what the runs of the pair have on record becomes the newest generation of its ledger.

1. Runs whose rows are in no generation yet are found: this one, and those that were killed or ended badly.
2. Their ledger files are looked through, for what paths they hold (a wave, where there are many).
3. The files of the present generation are ranges of paths. Those that get no new row are taken over as they are;
   each of the others is written anew, in pieces where it has grown too large (a wave, where there are several).
4. The head of the new generation is published, and what it does not name is removed.

Of what stands in a damaged file nothing is known any more: a notice says so, and the files are decided about as if no
run had seen them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa

from ..filesystems.registry import open_filesystem
from ..model.counters import LEDGER_FILES_UNREADABLE, OWN
from ..model.errors import NotFound, StoreError, SurveyError
from ..records import generation as generations
from ..records import ledger
from ..records.compaction import Bounds, borders, known_before, merge, pieces_of, rows_of_run, sample, without
from ..records.generation import KNOWN_SCHEMA, ROWS_OF_PART, Generation, LedgerDamaged, Part
from ..records.layout import read_layout
from ..records.leavings import WORK_DIRECTORY, read_leavings
from ..records.past_runs import expire
from ..rules.layout import Layout
from ..rules.snapshot_diff import Changes, Overlap
from ..runners.base import TaskFunction
from ..runs.run import Run
from ..tasks.context import RunContext

# One name for each so many rows is what the driver knows of a ledger file.
_SAMPLE_ROWS = 5_000
# As many files, or ranges, are dealt with by the driver alone.
_FILES_HERE, _RANGES_HERE = 32, 2
# Of a ledger file with so many rows the driver keeps what it has read; of so many files at most (_FILES_HERE).
_ROWS_KEPT = 5_000


class Input(NamedTuple):
    """A ledger file of a run; `order` is that of the run among those that are taken in.

    `counts` is false where its rows are about a work directory (-atomic) that did not become the target, as far as
    is known: then they say nothing of the target.
    """

    run: str
    file: str
    order: int
    counts: bool = True


class LookTask(NamedTuple):
    """Ledger files to be looked through."""

    number: int
    inputs: tuple[Input, ...]
    sample_rows: int


class Contents(NamedTuple):
    """What a ledger file holds: how many rows that matter, names out of them, the least and the last one."""

    source: Input
    rows: int
    first: str
    samples: tuple[str, ...]

    def touches(self, bounds: Bounds) -> bool:
        """Whether it may have rows there."""
        return (not bounds.until or self.first <= bounds.until) and self.samples[-1] > bounds.after


class Lost(NamedTuple):
    """A file that cannot be read."""

    file: str


class MergeTask(NamedTuple):
    """A range of paths to be written anew: from which ledger files, and from which files of the generation."""

    number: int
    generation: str
    bounds: Bounds
    inputs: tuple[Input, ...]
    parts: tuple[str, ...]
    moved: tuple[str, ...]
    rows_of_part: int


Found = TypeVar("Found", "Contents | Lost", "Part | Lost")
# A range, and the file of the present generation that is there.
Range = tuple[Bounds, tuple[str, ...]]


def compact(context: RunContext, run: Run, moved: Sequence[str] = (), rows_of_part: int = ROWS_OF_PART) -> None:
    """At the end of a run: take in its rows, and those of all runs that nobody has taken in; let old runs expire.

    Of files at and below the paths in `moved` nothing is known any more but what this run has on record.
    """
    with run.phase("ledger"):
        present = _compact(context, run, 1, tuple(moved), rows_of_part)
        try:
            keep, names = context.options.keep_runs, _runs_of(run)
            taken_in = {*present.folded, *run.report.rowless}
            expire(context.open_job_dir(), keep, taken_in, names, run.report.settled)
        except StoreError as error:
            run.report.notices.append(f"records of old runs could not be removed: {error}")


def touched_by(changes: Changes, prefix: str) -> list[str]:
    """The paths at the target that a -diff removes, or moves something from or to."""
    paths = [*changes.deleted, *(path for move in changes.moves for path in (move.path, move.new_path))]
    return [f"{prefix}/{path}" if prefix else path for path in paths]


def take_in_earlier_runs(context: RunContext, run: Run) -> None:
    """Before the survey: take in what runs have left that did not come to their compaction."""
    _compact(context, run, 0)


def _compact(
    context: RunContext, run: Run, step: int, moved: tuple[str, ...] = (), rows_of_part: int = ROWS_OF_PART
) -> Generation:
    """The generation that counts from now on."""
    newest = run.series.newest_head
    old = _usable(context, run)
    inputs = list(_inputs(context, run, old, step))
    if not inputs and not moved and old.name == newest.removesuffix(".parquet"):
        return old
    kept_rows: dict[Input, pa.Table] = {}
    found, lost = _look(context, run, inputs, min(_SAMPLE_ROWS, rows_of_part), kept_rows)
    name = generations.name_of(context.fence, run.id, step, newest)
    # Where the survey met a damaged file, all are read, so that the new generation has none.
    are_all = bool(moved) or run.report.counters.get(OWN, LEDGER_FILES_UNREADABLE) > 0
    ranges = _ranges(old.parts, found, are_all, rows_of_part)
    tasks = [
        MergeTask(
            number, name, bounds, tuple(one.source for one in found if one.touches(bounds)), parts, moved, rows_of_part
        )
        for number, (bounds, parts) in enumerate(ranges)
    ]
    kept = [part for part in old.parts if not any(part.file in task.parts for task in tasks)]
    folded = tuple(sorted({*_runs_of(run)} & {*old.folded, *(one.run for one in inputs)}))
    new = Generation(name, str(context.layout.base), folded)
    table = KNOWN_SCHEMA.empty_table()
    if len(tasks) == 1 and sum(one.rows for one in found) <= rows_of_part:
        table, unread = merged(context, tasks[0], kept_rows)
        lost += unread
        if table.num_rows > rows_of_part:
            kept += _published(context, tasks[0], table)
            table = KNOWN_SCHEMA.empty_table()
        elif table.num_rows:
            kept.append(generations.part_of(new.head, table))
    else:
        written: list[Part | Lost] = []
        _wave(run, len(tasks) > _RANGES_HERE, "ledger", partial(merge_task, context), tasks, written.extend)
        kept += [one for one in written if isinstance(one, Part)]
        lost += [one for one in written if isinstance(one, Lost)]
    run.check_lock()
    if lost:
        run.report.notices.append(_about(lost))
    new = new._replace(parts=tuple(sorted(kept, key=lambda part: part.first)))
    run.series.publish(new, table)
    return new


def _usable(context: RunContext, run: Run) -> Generation:
    """The present generation; an empty one where there is none that paths of this run can be told by."""
    base = str(context.layout.base)
    try:
        found = run.series.current()
    except SurveyError as error:
        if not isinstance(error, LedgerDamaged) and not context.options.ignore_ledger:
            raise
        run.report.notices.append(f"a new ledger is begun: {error}")
        found = None
    return found if found is not None and found.base == base else Generation("", base)


def _inputs(context: RunContext, run: Run, old: Generation, step: int) -> Iterator[Input]:
    """The ledger files of this run (at its end), and of earlier ones that are in no generation."""
    job_dir = context.open_job_dir()
    earlier = [one for one in run.earlier if one not in old.folded]
    # Whatever the clocks of two hosts say, this one is the newest.
    for order, one in enumerate([*earlier, context.run_id] if step else earlier):
        files = sorted(job_dir.of_run(one).names("ledger")) if one not in run.report.rowless else []
        if files:
            counts = _has_arrived(context, one)
            yield from (Input(one, file, order, counts) for file in files)
        elif one in earlier and one not in run.report.rowless:
            run.report.rowless.append(one)


def _has_arrived(context: RunContext, run_id: str) -> bool:
    if run_id == context.run_id and not context.options.atomic:
        return True
    made = read_leavings(context.open_job_dir().of_run(run_id))
    if not any(one.kind == WORK_DIRECTORY for one in made):
        return True
    target = context.options.target
    is_own_tree = run_id == context.run_id and context.layout.base == target
    return is_own_tree and open_filesystem(target, context.stores).status(target.path) is not None


def _runs_of(run: Run) -> list[str]:
    return sorted([*run.earlier, run.id])


def _about(lost: Sequence[Lost]) -> str:
    files = sorted({one.file for one in lost})
    return (
        f"what these records held is not known any more, as they are damaged or have gone: {', '.join(files[:10])}"
        + (f" (and {len(files) - 10} more)" if len(files) > 10 else "")
    )


def _look(
    context: RunContext, run: Run, inputs: Sequence[Input], sample_rows: int, kept_rows: dict[Input, pa.Table]
) -> tuple[list[Contents], list[Lost]]:
    """What the files hold; `kept_rows` gets those of few rows, if they are read here, so that they are read once."""
    bins = min(len(inputs), 4 * run.slots) if len(inputs) > _FILES_HERE else 1
    tasks = [LookTask(number, tuple(inputs[number::bins]), sample_rows) for number in range(bins)]
    found: list[Contents | Lost] = []
    look = partial(look_task, context) if bins > 1 else partial(look_task, context, kept_rows=kept_rows)
    _wave(run, bins > 1, "ledger", look, tasks, found.extend)
    contents = [one for one in found if isinstance(one, Contents) and one.rows]
    return contents, [one for one in found if isinstance(one, Lost)]


def _wave(
    run: Run,
    is_large: bool,
    name: str,
    work: TaskFunction[Any, list[Found]],
    tasks: Sequence[LookTask] | Sequence[MergeTask],
    take: Callable[[list[Found]], None],
) -> None:
    if is_large:
        run.wave(name, work, tasks, take)
        return
    for task in tasks:
        take(work(task, "driver"))


def look_task(
    context: RunContext, task: LookTask, attempt: str, kept_rows: dict[Input, pa.Table] | None = None
) -> list[Contents | Lost]:
    """What the ledger files of a task hold. A task function."""
    found: list[Contents | Lost] = []
    for one in task.inputs:
        try:
            table = _rows_of(context, one)
        except (ValueError, OSError, LookupError, TypeError):  # pyarrow's words for a file that is none
            found.append(Lost(f"runs/{one.run}/ledger/{one.file}"))
            continue
        if kept_rows is not None and table.num_rows <= _ROWS_KEPT:
            kept_rows[one] = table
        names = sample(table, task.sample_rows)
        first = min(table["path"].to_pylist(), default="")
        found.append(Contents(one, table.num_rows, first, tuple(names)))
    return found


def merge_task(context: RunContext, task: MergeTask, attempt: str) -> list[Part | Lost]:
    """Write a range of paths anew. A task function; every attempt writes the same under the same names."""
    table, lost = merged(context, task)
    return [*_published(context, task, table), *lost]


def merged(
    context: RunContext, task: MergeTask, kept_rows: Mapping[Input, pa.Table] | None = None
) -> tuple[pa.Table, list[Lost]]:
    """The rows that a range has from now on, and what of the present generation cannot be read. `kept_rows` are
    those of ledger files that were read already."""
    job_dir = context.open_job_dir()
    moved = Overlap(task.moved)
    tables, lost = [], []
    for file in task.parts:
        try:
            tables.append(without(known_before(generations.read_part(job_dir, file)), moved))
        except (LedgerDamaged, NotFound):
            lost.append(Lost(f"{generations.DIRECTORY}/{file}"))
    kept = kept_rows or {}
    tables += [kept[one] if one in kept else _rows_of(context, one) for one in task.inputs]
    return merge([task.bounds.cut(table) for table in tables]), lost


def _published(context: RunContext, task: MergeTask, table: pa.Table) -> list[Part]:
    job_dir = context.open_job_dir()
    return [
        generations.publish_part(job_dir, generations.part_name(task.generation, task.number, piece), rows)
        for piece, rows in enumerate(pieces_of(table, task.rows_of_part))
    ]


def _rows_of(context: RunContext, one: Input) -> pa.Table:
    job_dir = context.open_job_dir().of_run(one.run)
    layout = context.layout if one.run == context.run_id else _layout_of(context, one.run)
    table = ledger.read_table(job_dir, one.file)
    if not one.counts or layout is None or layout.base != context.layout.base:
        table = table.slice(0, 0)
    return rows_of_run(table, layout or context.layout, one.run, one.order)


def _layout_of(context: RunContext, run_id: str) -> Layout | None:
    """That of an earlier run; None where it left none that can be read, so that nobody knows what its rows mean."""
    try:
        return read_layout(context.open_job_dir().of_run(run_id))
    except (SurveyError, NotFound):
        return None


def _ranges(parts: Sequence[Part], found: Sequence[Contents], are_all: bool, rows_of_part: int) -> list[Range]:
    """Ranges of paths that get new rows, or all, each with the file that is there of it; they hold all new rows."""
    ranges: list[Range] = []
    after = ""
    for number, part in enumerate(parts):
        until = part.last if number < len(parts) - 1 else ""
        ranges.append((Bounds(after, until), (part.file,)))
        after = part.last
    touched: list[Range] = []
    for bounds, files in ranges or [(Bounds(), ())]:
        inside = [one for one in found if one.touches(bounds)]
        if inside or are_all:
            touched += [(piece, files) for piece in _split(bounds, inside, rows_of_part)]
    return touched


def _split(bounds: Bounds, found: Sequence[Contents], rows_of_part: int) -> Iterator[Bounds]:
    """A range in pieces with about as many new rows as a file has."""
    weighted = [(name, one.rows / len(one.samples)) for one in found for name in one.samples]
    inside = [one for one in weighted if one[0] > bounds.after and (not bounds.until or one[0] < bounds.until)]
    after = bounds.after
    for border in borders(inside, rows_of_part):
        yield Bounds(after, border)
        after = border
    yield Bounds(after, bounds.until)
