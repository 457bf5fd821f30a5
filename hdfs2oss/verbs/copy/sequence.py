"""The phases of a copy in order, once its run holds the lock. This is the only place that knows the order.

It is loaded while the lock is waited for (`job`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from ...model.errors import StoreError, WaveEnded
from ...model.uri import Uri
from ...model.values import PlanSlice
from ...phases.attributes import code_directories, keep_attributes
from ...phases.bequest import announce_proof, leave_proof
from ...phases.committer import commit
from ...phases.compaction import compact, take_in_earlier_runs, touched_by
from ...phases.cutter import CutReport, cut
from ...phases.deletion import delete, may_delete, track
from ...phases.limits import within_limits
from ...phases.mapper import copy
from ...phases.rehearsal import rehearse as tell
from ...phases.renewal import renew
from ...phases.snapshots import standing_still
from ...phases.survey import (
    SurveyReport,
    as_record,
    from_record,
    survey,
    survey_changes,
    survey_differences,
    survey_failures,
    without_excluded,
)
from ...phases.sweeper import clear_up, sweep_dead_runs, tidy
from ...phases.switch import switching
from ...phases.synchroniser import (
    BeginningFinder,
    Kinds,
    Span,
    Synchroniser,
    forget_snapshot,
    note_full_copy,
)
from ...rules.snapshot_diff import Changes
from ...runners.base import Runner
from ...runs.progress import Progress
from ...runs.report import Report
from ...runs.run import Run
from ...runs.sent import Outdated
from ...runs.timeline import Timeline
from ...runs.unfinished import survey_end
from ...tasks.context import RunContext


def carry_out(context: RunContext, run: Run, span: Span | None, homes: Sequence[Uri], progress: Progress) -> None:
    """Survey, cut, copy, commit, delete, and take it into the ledger. `homes` are where job directories may be."""
    announce_proof(context, run, homes)
    log_dir = context.open_log_dir()
    run.report.log_dir = str(log_dir.place or "")
    with within_limits(context, run.runner, progress) as run.runner:
        sweep_dead_runs(context, run)
        take_in_earlier_runs(context, run)
        moved: list[str] = []
        note: Callable[[], None] = partial(note_full_copy, context, run) if not context.options.is_partial else _nothing
        try:
            if span is not None:
                note = _synchronise(context, run, span, moved)
            else:
                _copy_whole(context, run)
        except WaveEnded as ended:
            run.report.stop(ended)
            if context.options.delete:
                run.report.withhold_deletion("the copy was ended early")
        compact(context, run, moved)
        run.settle()
        note()
        leave_proof(context, run, homes)
        if run.report.exit_code == 0:
            log_dir.succeed()


def rehearse(context: RunContext, runner: Runner, timeline: Timeline, report: Report, progress: Progress) -> None:
    """Survey, and tell what was found. No lock is needed where nothing is written; the plan is removed again."""
    report.phase_seconds = timeline.seconds
    report.log_dir = str(context.open_log_dir().place or "")
    job_dir = context.open_job_dir()
    try:
        with within_limits(context, runner, progress) as paced, timeline.phase("survey"):
            found = _survey(context, paced)
        report.add_survey(found.counters, found.problems)
        report.notices += found.notices
        missing = [*found.missing.files, *(one for several in found.missing.directories.values() for one in several)]
        with timeline.phase("rehearsal"):
            directories = [piece for _, piece in found.directories]
            tell(context, report, [*found.slices, *found.large_slices, *directories, *missing])
        if context.options.delete:
            may_delete(context, report)
    finally:
        with suppress(StoreError):
            job_dir.filesystem.remove(job_dir.run_path, recursive=True)


def _survey(context: RunContext, runner: Runner) -> SurveyReport:
    """All of both sides, or what a verify has listed of them, or what failed in an earlier run."""
    if context.options.retry_of:
        return survey_failures(context, runner)
    return survey(context, runner) if context.options.from_diff is None else survey_differences(context, runner)


def _copy_whole(context: RunContext, run: Run) -> None:
    forget_snapshot(context)
    # With -atomic all goes into a work directory; behind the block it stands where `context` says.
    with switching(context, run) as working, standing_still(working, run) as reading:
        _copy(reading, run, _surveyed(run, lambda: _survey_whole(reading, run), []))


def _survey_whole(context: RunContext, run: Run) -> SurveyReport:
    with run.phase("survey"):
        return _survey(context, run.runner)


def _synchronise(context: RunContext, run: Run, span: Span, moved: list[str]) -> Callable[[], None]:
    """Gives what is to be done once the run has settled; `moved` is told what else stands at the target now."""
    with run.phase("compare"):
        synchroniser = Synchroniser(context, run, span, BeginningFinder(context, span).find())

    def look() -> SurveyReport:
        # What follows changes the target.
        run.course.written()
        changes = _synchronised(context, run, span, synchroniser)
        moved.extend(touched_by(changes, context.layout.roots[0].prefix))
        with run.phase("survey"):
            return survey_changes(context, run.runner, changes)

    _copy(context, run, _surveyed(run, look, moved))
    return synchroniser.finish


def _synchronised(context: RunContext, run: Run, span: Span, synchroniser: Synchroniser) -> Changes:
    """What changed between the snapshots, once the target has been renamed and deleted accordingly."""
    with run.phase("compare"):
        kinds = Kinds(span, context.stores)
        changes = without_excluded(context, synchroniser.compare(), kinds.was_directory, kinds.is_directory)
    with run.phase("synchronise"):
        synchroniser.apply(changes)
    return changes


def _surveyed(run: Run, look: Callable[[], SurveyReport], moved: list[str]) -> SurveyReport:
    """What the survey of this run found, under an earlier driver or now; `moved` is on record with it.

    A survey only looks, and writes plans: what is put on record beside it is there before anything comes to the target.
    """
    record = run.course.end_of("survey")
    if record is None:
        record = survey_end({**as_record(look()), "moved": moved})
        run.course.end("survey", record)
    else:
        moved.extend(record["moved"])
        run.tell_old_survey()
    return from_record(record)


def _copy(context: RunContext, run: Run, found: SurveyReport) -> None:
    run.report.add_survey(found.counters, found.problems)
    run.report.notices += found.notices
    run.check_lock()
    try:
        code_directories(context, run, found.directories)
        outdated = _send(context, run, found.slices, found.large_slices)
        if outdated:
            with run.phase("renewal"):
                anew = renew(context, run, outdated)
                run.report.counters.merge(anew.counters)
            _send(context, run, anew.slices, anew.large_slices, is_anew=True)
        with run.phase("commit"):
            run.check_lock()
            tidy(context, run)
    except BaseException as error:
        clear_up(context, keeps_chunks=run.stays_open(error))
        raise
    if context.options.delete:
        delete(context, run, found.missing.files, found.missing.directories)
    # Last of all: what is written into a directory, or deleted, changes its times.
    keep_attributes(context, run, found.directories)
    track(context, run, found.missing.files, found.missing.directories)


def _send(
    context: RunContext,
    run: Run,
    slices: Sequence[PlanSlice],
    large_slices: Sequence[PlanSlice],
    is_anew: bool = False,
) -> list[Outdated]:
    """Cut, copy, commit; the files that are to be planned anew, as their sources changed meanwhile."""
    cuts = CutReport()
    with run.phase("copy"):
        cut(context, run, large_slices, cuts, is_anew)
        run.report.counters.merge(cuts.counters)
        run.report.notices += [one for one in cuts.notices(context.layout.base) if one not in run.report.notices]
        sent = copy(context, run, [*slices, *cuts.chunks], is_anew)
    with run.phase("commit"):
        return commit(context, run, cuts.bins, sent.ledger_files(), is_anew)


def _nothing() -> None:
    """A copy of a part of the source says nothing of the whole."""
