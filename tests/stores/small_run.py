"""A run without records, for phases: waves in this process, and a report that folds what they told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from hdfs2oss.model.counters import OWN
from hdfs2oss.model.values import CopyTask, PlanSlice, TaskReport
from hdfs2oss.phases.committer import commit
from hdfs2oss.phases.cutter import CutReport, cut
from hdfs2oss.phases.mapper import copy
from hdfs2oss.phases.renewal import renew
from hdfs2oss.phases.survey import survey
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runs.report import Report
from hdfs2oss.runs.sent import Outdated
from hdfs2oss.tasks.context import RunContext


class SmallRun:
    """What waves need of a run."""

    def __init__(self, slots: int = 2) -> None:
        self.runner = LocalRunner(0, pause_seconds=0.0)
        self.slots = slots
        self.course = SimpleNamespace(
            pack=lambda wave, slices, packer=one_each, is_anew=False: [
                task._replace(is_anew=is_anew) for task in packer(slices, slots)
            ],
            end_of=lambda phase: None,
            end=lambda phase, value: None,
        )
        self.report = Report("run", "", "", "")
        self.waves: list[tuple[str, int]] = []

    def wave(self, name: str, work: Any, tasks: Sequence[Any], on_report: Callable[[Any], None]) -> None:
        if tasks:
            self.waves.append((name, len(tasks)))
            self.runner.run_wave(name, work, tasks, on_report)

    def ledger_wave(self, name: str, work: Any, tasks: Sequence[Any], name_of: Any, on_report: Any) -> None:
        self.wave(name, work, tasks, on_report)

    def follow(self, *_: object, **__: object) -> None:
        pass

    def take(self, report: TaskReport) -> None:
        self.report.add_task(report)


def one_each(slices: Sequence[PlanSlice], slots: int) -> list[CopyTask]:
    """Every slice is a task of its own, however little work it is."""
    return [CopyTask(number, (piece,)) for number, piece in enumerate(slices)]


def carry_out(context: RunContext, before_commit: Callable[[], None] = lambda: None) -> SmallRun:
    """Survey, cut, copy, commit; the same once more for large files whose sources changed."""
    run: Any = SmallRun()
    found = survey(context, run.runner)
    run.report.add_survey(found.counters, found.problems)

    def send(slices: list[PlanSlice], large_slices: list[PlanSlice], is_anew: bool) -> list[Outdated]:
        cuts = CutReport()
        cut(context, run, large_slices, cuts, is_anew)
        sent = copy(context, run, slices + cuts.chunks, is_anew)
        before_commit()
        return commit(context, run, cuts.bins, sent.ledger_files(), is_anew)

    outdated = send(found.slices, found.large_slices, False)
    if outdated:
        anew = renew(context, run, outdated)
        send(anew.slices, anew.large_slices, True)
    run.report.check_identities()
    return run


def own(run: SmallRun, name: str) -> int:
    """One of our own counters."""
    return run.report.counters.get(OWN, name)
