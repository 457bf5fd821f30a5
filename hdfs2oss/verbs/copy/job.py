"""The copy: its roots, its job directory and the lock there; behind that `sequence` goes on.

What comes behind the lock is loaded while it is waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...commandline.loading import load_beside
from ...commandline.mapping import mapping
from ...filesystems.registry import StoreConfig
from ...model.options import CopyOptions
from ...model.uri import Uri
from ...phases.roots import find_roots
from ...phases.support import check_attributes
from ...phases.switch import refuse_unfit_switch
from ...phases.synchroniser import find_span
from ...records.layout import NAME as layout_record
from ...records.layout import publish_layout
from ...records.logdir import make_log_dir
from ...rules.layout import Layout
from ...runners.base import Runner
from ...runs.opening import empty_report, new_run_id
from ...runs.place import choose_place
from ...runs.progress import Progress
from ...runs.report import Report
from ...runs.run import Run, open_run
from ...runs.timeline import Timeline
from ...tasks.context import RunContext

_SEQUENCE = f"{__package__}.sequence"


class CopyJob:
    """One run of one copy."""

    def __init__(
        self,
        options: CopyOptions,
        stores: StoreConfig,
        runner: Runner,
        progress: Progress,
        homes: Sequence[Uri],
        announce: Callable[[str], None] = lambda records: None,
    ) -> None:
        """`homes` are the places where the job directory may go, the best first, unless an option names it.

        `announce` is told where the records of the run are, when it begins.
        """
        self._options = options
        self._stores = stores
        self._runner = runner
        self._progress = progress
        self._homes = homes
        self._announce = announce
        # What is known of the run so far, also of one that ends badly; None before it begins.
        self.report: Report | None = None
        # Where everything goes, once that is known: whoever gives advice after a failure must know it. A retry is given
        # that of the run that it is about, as the rules might find another one by now.
        self.layout: Layout | None = None

    def run(self) -> Report:
        """Look at the roots, survey, cut, copy, commit, delete, report. Raises what keeps the copy from being tried."""
        options, stores = self._options, self._stores
        timeline = Timeline(self._progress)
        with timeline.phase("roots"):
            layout = self.layout = self.layout or find_roots(options, stores)
            notices = check_attributes(options, layout, stores)
            span = find_span(options, layout, stores)
            refuse_unfit_switch(options, layout, stores, self._homes)
        place = choose_place(options, stores, self._homes, self._runner.shares_disk, say=self._progress.say)
        make_log_dir(options.log_path, stores)
        load_beside(_SEQUENCE)
        if options.dry_run:
            self._say_mapping(layout)
            report = self.report = empty_report(f"{new_run_id()}-dry", options, place)
            report.notices += notices
            context = RunContext(options, layout, stores, place, report.run_id).filed()
            from .sequence import rehearse

            rehearse(context, self._runner, timeline, report, self._progress)
            return report
        with open_run(options, stores, place, self._runner, timeline) as run:
            self.report = run.report
            run.report.notices += notices
            self._announce(run.report.job_dir)
            context = self._begin(run, layout, place)
            from .sequence import carry_out

            carry_out(context, run, span, self._homes, self._progress)
        return run.report

    def _begin(self, run: Run, layout: Layout, place: Uri) -> RunContext:
        """What all tasks are given; a run that is gone on with has its layout on record."""
        if run.continued is not None and run.continued.layout is not None:
            # What stands at the target by now is of this run's own making.
            layout = run.continued.layout
        self.layout = layout
        self._say_mapping(layout)
        context = RunContext(self._options, layout, self._stores, place, run.id, run.fence, run.incarnation)
        if run.continued is None:
            run.course.write(publish_layout, context.open_job_dir(), layout)
        filed = context.filed(layout_record)
        if filed is not context:
            # Tasks of the survey read it there.
            run.course.written()
        return filed

    def _say_mapping(self, layout: Layout) -> None:
        for line in mapping(layout, self._options):
            self._progress.say(line)
