"""From a retry to its exit code: the run that it is about, its options, and what is printed at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import suppress
from typing import Any, NamedTuple

from pydantic import ValidationError

from ...commandline.advice import failures_on_record, needs_update
from ...commandline.again import continuing_lines, copy_lines, retry_lines
from ...commandline.command import CopyCommand
from ...commandline.ending import print_lines
from ...commandline.homes import homes
from ...commandline.invocation import Invocation, invocation
from ...commandline.on_record import open_records
from ...commandline.request import CopyRequest, resolve
from ...commandline.retry_command import FREE
from ...commandline.session import Screen, close, hadoop_conf, make_runner, perform
from ...filesystems.registry import open_filesystem
from ...model.errors import StoreError, SurveyError, UsageError
from ...model.options import CopyOptions
from ...model.uri import Uri
from ...rules.layout import Layout
from ...runners.signals import arrived
from ...runs.failed import LastRun, find_last_run
from ...runs.progress import Progress
from .job import CopyJob
from .launch import CopyPerformance

# What a retry does not do, whatever the run was told.
_LEFT_OUT = {
    "delete": False,
    "xtrack_path": None,
    "max_delete": "",
    "allow_empty_source": False,
    "backup_dir": None,
    "from_diff": None,
    "run_async": False,
    "dry_run": False,
    "fresh": False,
    "verbose": False,
}
_NEXT = "run this, which tries again what failed:"
_GO_ON = "Next: run this, which goes on where the run ended:"
_WHOLE = "run the copy itself, which looks at everything again:"


class Typed(NamedTuple):
    """What the operator typed, and what it is resolved to."""

    command: CopyCommand
    started: Invocation
    request: CopyRequest


def launch(command: CopyCommand, entry: str, environment: MutableMapping[str, str], screen: Screen) -> int:
    """Carry out a retry and give its exit code."""
    runner = make_runner(command, entry)
    progress = Progress(screen.messages)
    try:
        request = resolve(command, environment, hadoop_conf(runner, environment))
        typed = Typed(command, invocation(entry, sys.argv, environment), request)
        print_lines(request.notes, screen.messages)
        try:
            place, here = open_records(request)
            last = find_last_run(here)
            if not _is_due(last, typed):
                print_lines([f"Nothing failed in run {last.run_id}: there is nothing to retry."], screen.out)
                return 0
            layout = _layout_now(last, request)
        except StoreError as error:
            raise SurveyError(f"the records cannot be read: {error}", error.hint) from error
        options = retry_options(last, request, place)
        print_lines([f"Retrying what failed in run {options.retry_of}."], screen.messages)
        job = CopyJob(options, request.stores, runner, progress, homes(options, request.user))
        job.layout = layout
        return perform(CopyPerformance(options, job, lambda: _advice(job, last, typed)), runner, progress, screen)
    finally:
        close(runner, progress)


def retry_options(last: LastRun, request: CopyRequest, place: Uri) -> CopyOptions:
    """What the run was told, but for what a retry leaves out, and what this command says of how it runs.

    Its records are where those of the run are. Raises UsageError for options that cannot be understood.
    """
    told = {name: getattr(request.options, name) for name in request.options.model_fields_set & FREE}
    retry_of = last.retries if last.is_open else last.run_id
    return _options_of(last, request, {**_LEFT_OUT, **told, "job_dir": place.parent, "retry_of": retry_of})


def _options_of(last: LastRun, request: CopyRequest, others: Mapping[str, Any]) -> CopyOptions:
    places = {"sources": request.options.sources, "target": request.options.target}
    try:
        return CopyOptions(**{**last.asked["options"], "verbose": False, **places, **others})
    except (ValidationError, KeyError) as error:
        raise UsageError(
            f"what run {last.run_id} was told cannot be understood; it may be a newer version's",
            "Run the copy itself.",
        ) from error


def _is_due(last: LastRun, typed: Typed) -> bool:
    """Whether something failed that can be tried again; False when nothing failed.

    Raises UsageError where a retry would not be right, with the command that is.
    """
    name = f"run {last.run_id} of these places"
    if last.is_open and last.retries and last.layout is not None:
        return True
    if last.is_open:
        lines = continuing_lines(typed.command, typed.started, last.asked, "Run this, which goes on with it:")
        raise UsageError(
            f"{name} is not finished: it goes on, or was killed, and what failed in it is not known yet", _hint(lines)
        )
    if last.report is not None and last.report.get("success"):
        return False
    reason = last.why_not()
    if reason:
        raise UsageError(f"{name} cannot be retried: {reason}", _hint(_whole_copy(last, typed, _WHOLE.capitalize())))
    return True


def _whole_copy(last: LastRun, typed: Typed, what: str) -> Iterator[str]:
    """The command that lays out the same tree again, and looks at all of it."""
    update = False
    with suppress(UsageError):
        then = _options_of(last, typed.request, {})
        update = last.layout is not None and needs_update(last.layout, then)
    return copy_lines(typed.command, typed.started, last.asked, what, *(["-update"] if update else []))


def _layout_now(last: LastRun, request: CopyRequest) -> Layout:
    """That of the run; whether its base stands there is as it is now. Raises StoreError."""
    assert last.layout is not None
    base = last.layout.base
    return last.layout._replace(base_exists=open_filesystem(base, request.stores).status(base.path) is not None)


def _advice(job: CopyJob, last: LastRun, typed: Typed) -> Iterator[str]:
    """How to go on after a retry that did not bring everything."""
    report = job.report
    again = f"Next: {'' if arrived() else 'mend the cause and '}{_NEXT}"
    if report is None:
        yield from retry_lines(typed.command, typed.started, again)
        return
    if report.failed_files:
        yield from failures_on_record(typed.command, typed.started)
    if report.is_open or bool(arrived() and report.can_go_on):
        yield from retry_lines(typed.command, typed.started, _GO_ON)
    elif report.problems or report.stopped or report.ended_by:
        yield from _whole_copy(last, typed, f"Next: {_WHOLE}")
    else:
        yield from retry_lines(typed.command, typed.started, again)


def _hint(lines: Iterable[str]) -> str:
    return "\n".join(lines)
