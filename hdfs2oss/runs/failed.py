"""The last run of a pair, and whether what failed in it can be tried again by itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..model.counters import ATTRIBUTES_FAILED, OWN
from ..model.errors import NotFound, UsageError
from ..model.options import CopyOptions
from ..records.course import read_end
from ..records.jobdir import JobDir
from ..records.layout import read_layout
from ..records.past_runs import names_of_runs
from ..rules.layout import Layout
from .report import Report, failed_in
from .unfinished import RECORDS

# What stands in the way of a retry, by option: such a run arrives as a whole, or has a way of its own to go on.
_WHOLE = {"atomic": "-atomic", "diff": "-diff", "rdiff": "-rdiff", "make_snapshot": "--make-snapshot"}


def can_be_retried(report: Report, options: CopyOptions) -> bool:
    """Whether a retry brings all that is left of a run: its failures, nothing unlisted, untried or undeleted."""
    is_to_delete = options.delete or options.xtrack_path is not None
    is_through = not (report.stopped or report.ended_by or report.problems or report.rehearsal)
    is_whole = any(getattr(options, field) for field in _WHOLE)
    return bool(report.failed_files) and is_through and not is_to_delete and not is_whole


class LastRun(NamedTuple):
    """What is on record of it: its run.json, its report.json (None where it came to no end), its layout."""

    run_id: str
    asked: Mapping[str, Any]
    report: Mapping[str, Any] | None
    layout: Layout | None
    is_surveyed: bool

    @property
    def is_open(self) -> bool:
        """Whether it goes on, or was killed, or ended so that it is gone on with."""
        return self.report is None or bool(self.report.get("open"))

    @property
    def retries(self) -> str:
        """The run of which it is the retry; "" for a copy."""
        return str(self.asked.get("options", {}).get("retry_of") or "")

    @property
    def failed(self) -> int:
        """Files and directories that did not arrive as planned, or have not all their attributes."""
        counters = (self.report or {}).get("counters", {})
        return failed_in(counters) + int(counters.get(OWN, {}).get(ATTRIBUTES_FAILED, 0))

    def why_not(self) -> str:
        """Why what failed in it cannot be tried again by itself; "" when it can."""
        report, options = self.report or {}, self.asked.get("options", {})
        for field, word in _WHOLE.items():
            if options.get(field):
                return f"it was a copy with {word}, which is tried again as a whole"
        if report.get("stopped") or report.get("ended_by"):
            return f"it ended early ({report.get('stopped') or report.get('ended_by')}), and not all was tried"
        if self.layout is None or not self.is_surveyed or self.asked.get("records") != RECORDS:
            return "its records are not whole, or those of another version"
        if self.failed:
            return ""
        if report.get("problems"):
            return "no file failed in it, but directories could not be listed, and nobody knows what is in them"
        return f"no file failed in it, and it ended with exit code {report.get('exit_code')} for another reason"


def find_last_run(here: JobDir) -> LastRun:
    """The newest run of the pair that got so far as to say what it was asked; its layout is that of what it retries,
    while it has none. Raises UsageError where there is none, StoreError, SurveyError.
    """
    for name in reversed(names_of_runs(here)):
        of_run = here.of_run(name)
        asked = _read_json(of_run, "run.json")
        if asked is None or name.endswith("-dry"):
            continue
        found = LastRun(name, asked, _read_json(of_run, "report.json"), read_layout(of_run), False)
        if found.layout is None and found.retries:
            found = found._replace(layout=read_layout(here.of_run(found.retries)))
        return found._replace(is_surveyed=read_end(of_run, "survey") is not None)
    raise UsageError(f"there is no run on record in {here.path}", "Run the copy itself.")


def _read_json(job_dir: JobDir, name: str) -> dict[str, Any] | None:
    try:
        value: dict[str, Any] = json.loads(job_dir.read(name))
    except (NotFound, ValueError):
        return None
    return value
