"""The verify: its phases in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from ...commandline.mapping import comparison
from ...commandline.on_record import find_ledger
from ...filesystems.registry import StoreConfig
from ...model.errors import StoreError, SurveyError, WaveEnded
from ...model.uri import Uri
from ...model.verify_options import VerifyOptions
from ...phases.limits import within_limits
from ...phases.roots import CopiedRoots, find_copied_roots
from ...phases.survey import VERIFICATION, survey
from ...phases.verification import verify
from ...records.differences import DifferenceFiles, pair_of
from ...records.jobdir import VERIFY_DIRECTORY
from ...rules.layout import Layout
from ...runners.base import Runner
from ...runs.opening import new_run_id
from ...runs.place import beginning, choose_place, naming
from ...runs.progress import Progress
from ...runs.timeline import Timeline
from ...runs.verification import VerifyReport
from ...tasks.context import RunContext


class VerifyJob:
    """One verify of one pair."""

    def __init__(
        self, options: VerifyOptions, stores: StoreConfig, runner: Runner, progress: Progress, homes: Sequence[Uri]
    ) -> None:
        """`homes` are the places where working files may go, the best first, unless an option names one."""
        self.options = options
        self._stores = stores
        self._runner = runner
        self._progress = progress
        self._homes = homes
        # What is known so far; None before it begins.
        self.report: VerifyReport | None = None
        self.layout: Layout | None = None

    def run(self) -> VerifyReport:
        """Look at the roots, survey, settle what the listings leave open, report. Raises what keeps it from its end."""
        options, stores = self.options, self._stores
        timeline = Timeline(self._progress)
        with timeline.phase("roots"):
            found = find_copied_roots(options, stores)
        layout = self.layout = found.layout
        for line in comparison(layout, found.is_guess):
            self._progress.say(line)
        place = choose_place(options, stores, self._homes, self._runner.shares_disk, say=self._progress.say)
        working = place.parent.join(VERIFY_DIRECTORY)
        report = self.report = self._begin(found, timeline)
        ledger = self._find_ledger(report)
        context = RunContext(options, layout, stores, working, report.run_id, ledger=ledger).filed()
        with naming(working), self._files(context) as files:
            with within_limits(context, self._runner, self._progress) as runner:
                self._compare(context, runner, timeline, report, files)
            if options.output is not None:
                with timeline.phase("report"):
                    files.write_lines(report.pair, files.read(sorted(report.parts)))
                    files.write_report(report.as_dict())
        return report

    def _find_ledger(self, report: VerifyReport) -> Uri | None:
        if self.options.ignore_ledger:
            return None
        place, why = find_ledger(self.options, self._stores, self._homes, self._runner.shares_disk)
        if place is not None:
            self._progress.say(f"Asking the ledger in {place} first (--ignore-ledger asks the stores all the same)")
        report.notices += [why] if why else []
        return place

    def _begin(self, found: CopiedRoots, timeline: Timeline) -> VerifyReport:
        options = self.options
        report = VerifyReport(
            run_id=new_run_id(),
            sources=tuple(str(source) for source in options.sources),
            target=str(options.target),
            pair=pair_of(found.layout),
            layout=found.rules if found.rules != "distcp" else "",
            shown=options.shown,
            accepted=options.accept,
            seed=options.seed,
            output=str(options.output or ""),
            phase_seconds=timeline.seconds,
        )
        if not found.target_exists:
            report.notices.append(f"there is no {options.target}: all of the sources is missing there")
        return report

    def _compare(
        self, context: RunContext, runner: Runner, timeline: Timeline, report: VerifyReport, files: DifferenceFiles
    ) -> None:
        with timeline.phase("survey"):
            survey_report = survey(context, runner, purpose=VERIFICATION)
        report.add_survey(survey_report.counters, survey_report.problems, survey_report.notices)
        missing = survey_report.missing
        extra = [*missing.files, *(piece for several in missing.directories.values() for piece in several)]
        with timeline.phase("verify"):
            try:
                verify(context, runner, [*survey_report.slices, *extra], files.place, report.add_part)
            except WaveEnded as ended:
                raise SurveyError(f"the verify was ended: {ended}", ended.hint) from ended
        report.settle()

    @contextmanager
    def _files(self, context: RunContext) -> Iterator[DifferenceFiles]:
        """Where differences go: to --output, else beside the plan. What is ours goes at the end, however it ends."""
        job_dir = context.open_job_dir()
        files = DifferenceFiles(self.options.output or context.job_dir.join(f"runs/{context.run_id}"), self._stores)
        is_whole = False
        if self.options.output is not None:
            with beginning(self.options.output):
                files.refuse_taken()
        try:
            yield files
            is_whole = True
        finally:
            with suppress(StoreError):
                if not is_whole:
                    files.remove()
            with suppress(StoreError):
                job_dir.filesystem.remove(job_dir.run_path, recursive=True)
