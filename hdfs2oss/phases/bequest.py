"""What a run leaves at its target: the ledger of the pair and the report, so that the proof outlives the old cluster.

    <proof dir>/<pair>/ledger/            as in the job directory, so that `hdfs2oss ledger` reads it there
                       runs/<run>/        run.json, report.json, counters.txt
                       origin             the job directory that it comes from, and the first run of that

Nothing depends on it: where it cannot be written a notice says so, and the run ends as it would. Where the job
directory is in the store of the target already, there is nothing to be left.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from ..filesystems.registry import open_filesystem
from ..model.errors import NotFound, StoreError, SurveyError
from ..model.uri import Uri, join_path
from ..records import generation as generations
from ..records.jobdir import HASTE, JobDir, pair_name
from ..records.past_runs import forget_all_but
from ..runs.account import publish_account
from ..runs.place import proof_base
from ..runs.run import Run
from ..tasks.context import RunContext

# As many files of a ledger the driver copies by itself.
_FILES_HERE = 8
_DESCRIPTION, _ORIGIN, _FIRST_RUN = "run.json", "origin", "first-run"


class CarryTask(NamedTuple):
    """Files of the ledger to be left at a place."""

    number: int
    place: Uri
    files: tuple[str, ...]


def announce_proof(context: RunContext, run: Run, homes: Sequence[Uri]) -> None:
    """At the beginning: put on record, beside what else is, by what the job directory is told from a later one."""
    if _place(context, homes) is not None:
        run.course.write(_first_run, context.open_job_dir())


def leave_proof(context: RunContext, run: Run, homes: Sequence[Uri]) -> None:
    """Leave ledger and report of a run that is settled."""
    place = _place(context, homes)
    if place is None:
        return
    try:
        _leave(context, run, place)
    except (StoreError, SurveyError) as error:
        run.report.notices.append(
            f"ledger and report could not be left at the target, in {place}: {error} "
            "(--proof-dir DIR names another place, --proof-dir none leaves it)"
        )


def _place(context: RunContext, homes: Sequence[Uri]) -> Uri | None:
    """Where ledger and report are left; None where they are not."""
    options = context.options
    base = proof_base(options, homes)
    if base is None or (options.proof_dir is None and base._replace(path="/") == context.job_dir._replace(path="/")):
        return None
    place = base.join(pair_name(options.sources, options.target))
    return place if place != context.job_dir else None


def _leave(context: RunContext, run: Run, place: Uri) -> None:
    there, here = _records_at(context, place), context.open_job_dir()
    # What is not there yet is not asked for one by one.
    present = set(there.names_for_pair(""))
    # First of all, as it may be refused; what comes then says nothing of each other.
    _refuse_another_origin(there, here, str(context.job_dir), present)
    with ThreadPoolExecutor(2, "proof") as pool:
        told = pool.submit(lambda: there.publish(_DESCRIPTION, here.read(_DESCRIPTION)))
        accounted = pool.submit(publish_account, there, run.report)
        known = set(there.names_for_pair(generations.DIRECTORY)) if generations.DIRECTORY in present else set()
        _leave_ledger(context, run, there, place, known)
        told.result()
        accounted.result()
    if "runs" in present:
        forget_all_but(there, context.options.keep_runs)


def _leave_ledger(context: RunContext, run: Run, there: JobDir, place: Uri, known: set[str]) -> None:
    """Its files, and last its head, which makes them count; none of those that are `known` to be there already."""
    here = context.open_job_dir()
    present = run.series.current()
    if present is None:
        return
    files = [part.file for part in present.parts if part.file not in {*known, present.head}]
    bins = min(len(files), 4 * run.slots) if len(files) > _FILES_HERE else 1
    tasks = [CarryTask(number, place, tuple(files[number::bins])) for number in range(bins)]
    if bins > 1:
        run.wave("proof", partial(carry_task, context), tasks, lambda _: None)
    else:
        carry_task(context, tasks[0], "driver")
    if present.head not in known:
        generations.carry(here, there, present.head)
    generations.remove_older(there, present, known)


def _refuse_another_origin(there: JobDir, here: JobDir, job_dir: str, present: Collection[str]) -> None:
    """What another job directory has left is never replaced: this one may know less. Raises SurveyError.

    One that was removed, and begun anew in its place, is another; and what has a lock is a job directory itself.
    """
    if "_lock" in present:
        raise SurveyError("what is there is a job directory, and is kept")
    origin = f"{job_dir}\n{_first_run(here)}\n"
    found = _left_at(there, _ORIGIN, origin, _ORIGIN in present)
    if found != origin:
        left_by = found.partition("\n")[0]
        since = ", which was begun anew since," if left_by == job_dir else ""
        raise SurveyError(f"what is there was left by the job directory {left_by}{since} and is kept")


def _first_run(here: JobDir) -> str:
    """What tells a job directory from a later one of its name: the run that was the first to leave something."""
    return _left_at(here, _FIRST_RUN, here.run_id)


def _left_at(records: JobDir, name: str, text: str, may_be_there: bool = True) -> str:
    """What the file says; where there is none yet, this text is published as it.

    Read first where it may be there: all runs but a pair's first find it.
    """
    if may_be_there:
        with suppress(NotFound):
            return _text_of(records, name)
    return text if records.publish_for_pair(name, text.encode()) else _text_of(records, name)


def _text_of(records: JobDir, name: str) -> str:
    path = join_path(records.path, name)
    return records.patiently(lambda: records.filesystem.read_bytes(path)).decode("utf-8", "replace")


def carry_task(context: RunContext, task: CarryTask, attempt: str) -> int:
    """Copy files of the ledger; how many. A task function; a file that is there already is the same."""
    for file in task.files:
        generations.carry(context.open_job_dir(), _records_at(context, task.place), file)
    return len(task.files)


def _records_at(context: RunContext, place: Uri) -> JobDir:
    return JobDir(open_filesystem(place, context.stores), place.path, context.run_id, HASTE)
