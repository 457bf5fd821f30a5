"""Runs that came to no end: whether the same command goes on with one, or begins anew."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..model.errors import NotFound, UsageError
from ..model.options import CopyOptions
from ..model.units import format_duration
from ..records.course import read_end
from ..records.jobdir import JobDir
from ..records.layout import read_layout
from ..records.past_runs import names_of_runs
from ..records.planfile import PLAN
from ..rules.layout import Layout

# The records that a driver needs to go on with a run are as this number says.
RECORDS = 1
# Options that say how fast, how patiently and how talkatively: another driver may be told otherwise.
_FREE = frozenset(
    (
        *("maps", "bandwidth_mb", "total_bandwidth_mb", "bandwidth_schedule", "requests_per_second", "threads"),
        *("run_async", "part_size_bytes", "chunk_size_bytes"),
        *("verbose", "dry_run", "fresh", "keep_runs"),
        *("max_failures", "ignore_failures", "max_delete", "allow_empty_source"),
    )
)


class Unfinished(NamedTuple):
    """The newest run of a pair, when it came to no end: it was killed, lost its lock, or its report says so.

    `asked` is its run.json, empty where it left none. `surveyed_ms` is when its survey was through; 0: it was not.
    `plan_files` are those that the survey wrote.
    """

    run_id: str
    asked: Mapping[str, Any]
    layout: Layout | None
    surveyed_ms: int = 0
    plan_files: tuple[str, ...] = ()

    def why_not(self, options: CopyOptions) -> str:
        """Why nobody goes on with it, in words; "" when the command of these options does."""
        before: Mapping[str, Any] = self.asked.get("options", {})
        if options.fresh:
            return "--fresh was given"
        if self.layout is None or not before:
            return "it had not begun to copy"
        if self.asked.get("records") != RECORDS:
            return "another version of hdfs2oss began it"
        for field, word in (("atomic", "-atomic"), ("make_snapshot", "--make-snapshot")):
            if before.get(field):
                return f"what a run with {word} has made by then goes with it"
        return ""

    def differences(self, options: CopyOptions) -> list[str]:
        """The fields that would change what the run means, in the order of the options."""
        before = self.asked["options"]
        now = described(options)
        return [name for name in now if name not in _FREE and now[name] != before.get(name, now[name])]

    def told(self, now_ms: float) -> str:
        """The line for the operator."""
        age = format_duration(max(0.0, (now_ms - self.surveyed_ms) / 1000))
        survey = f"its survey is {age} old" if self.surveyed_ms else "its survey is done again, as it was not through"
        return f"Continuing run {self.run_id}, begun {self.asked['started']}; {survey}; --fresh starts anew."

    def not_looked_at(self) -> str:
        """The line for the end of the run, where its survey was through before."""
        surveyed = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.surveyed_ms / 1000))
        return (
            f"this went on with run {self.run_id}, whose survey is of {surveyed}: what has come to the sources, or "
            "changed there, since then was not looked for. The next run with -update does that."
        )


def described(options: CopyOptions) -> dict[str, Any]:
    """Options as run.json holds them."""
    return options.model_dump(mode="json", exclude={"sources", "target", "job_dir", "log_path"})


def can_be_continued(options: CopyOptions) -> bool:
    """Whether a run with these options leaves anything that another driver could go on with."""
    return not (options.atomic or options.make_snapshot)


class Past(NamedTuple):
    """The runs of a pair on record, the oldest first; the report of the newest one, empty where it left none, and what
    there is to go on with, where it came to no end."""

    runs: tuple[str, ...] = ()
    report: Mapping[str, Any] = {}
    unfinished: Unfinished | None = None


def look_back(here: JobDir, is_given_up: bool) -> Past:
    """The past of the pair of `here`. Raises StoreError, SurveyError.

    A dry run goes on with nothing, and nobody goes on with it. Of a run that `is_given_up` anyway, records that cannot
    be understood are no hindrance.
    """
    runs = tuple(names_of_runs(here))
    names = [name for name in runs if not name.endswith("-dry")]
    if not names:
        return Past(runs)
    job_dir = here.of_run(names[-1])
    report = _read_json(job_dir, "report.json")
    return Past(runs, report or {}, None if _is_end(report) else _what_is_left(job_dir, is_given_up))


def _what_is_left(job_dir: JobDir, is_given_up: bool) -> Unfinished:
    asked = _read_json(job_dir, "run.json") or {}
    if is_given_up:
        return Unfinished(job_dir.run_id, asked, None)
    survey = read_end(job_dir, "survey") or {}
    files = tuple(dict.fromkeys(_plan_files(list(survey.values()))))
    return Unfinished(job_dir.run_id, asked, read_layout(job_dir), survey.get("ended_ms", 0), files)


def is_over(job_dir: JobDir) -> bool:
    """Whether a run came to an end, or was given up."""
    return _is_end(_read_json(job_dir, "report.json"))


def _is_end(report: Mapping[str, Any] | None) -> bool:
    return report is not None and not report.get("open")


class OtherMeaning(UsageError):
    """A run is not finished, and a command of the same pair means another copy.

    `asked` is the run's run.json; `changes` are fields of the options, each with how it was and is, in words.
    """

    def __init__(self, unfinished: Unfinished, changes: Mapping[str, str]) -> None:
        self.asked = unfinished.asked
        self.changes = changes
        super().__init__(
            f"run {unfinished.run_id} of the same source and target, begun {unfinished.asked['started']}, is not "
            f"finished, and this command means another copy: {told_of(changes)}",
            "Give the options as they were then, and the command goes on with it; or give it up with --fresh, "
            "and all is looked at anew.",
        )


def told_of(changes: Mapping[str, str]) -> str:
    """Changes in one line."""
    return "; ".join(f"{name} {change}" for name, change in changes.items())


def refuse_other_meaning(unfinished: Unfinished, options: CopyOptions) -> None:
    """Raise OtherMeaning when these options would make another copy of a run that is not finished."""
    different = unfinished.differences(options)
    if not different:
        return
    before, now = unfinished.asked["options"], described(options)
    raise OtherMeaning(
        unfinished, {name: f"was {_word(before.get(name))}, and is {_word(now[name])}" for name in different}
    )


def survey_end(value: dict[str, Any]) -> dict[str, Any]:
    """The end of a survey as it is put on record: with its time."""
    return {"ended_ms": time.time_ns() // 1_000_000, **value}


def _read_json(job_dir: JobDir, name: str) -> dict[str, Any] | None:
    try:
        value = json.loads(job_dir.read(name))
    except (NotFound, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _plan_files(value: Any) -> Iterator[str]:
    """The files of all slices in the end of a survey: lists, at some depth, that begin with the name of one."""
    if not isinstance(value, list) or not value:
        return
    if isinstance(value[0], str):
        if value[0].startswith(PLAN):
            yield value[0]
        return
    for one in value:
        yield from _plan_files(one)


def _word(value: Any) -> str:
    return "not given" if value in (None, False, "", [], 0) else "given" if value is True else json.dumps(value)
