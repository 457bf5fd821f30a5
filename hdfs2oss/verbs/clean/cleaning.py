"""Finds the runs that came to no end, by their records, and removes what they left."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TextIO

from ...commandline.clean_command import CleanOrder
from ...commandline.command import CopyCommand
from ...commandline.ending import print_lines
from ...commandline.homes import homes
from ...commandline.places import Places
from ...commandline.request import CopyRequest, resolve
from ...filesystems.hadoop_conf import read_hadoop_conf
from ...filesystems.registry import close_filesystems, open_filesystem
from ...model.errors import BrakeError, NotFound, PermissionDenied, StoreError, SurveyError, UsageError
from ...model.units import format_duration, several
from ...model.uri import Uri
from ...model.values import DIRECTORY
from ...phases.sweeper import clear_away, look_over
from ...records.heartbeat import Heartbeat
from ...records.jobdir import HASTE, VERIFY_DIRECTORY, JobDir, default_base
from ...records.layout import read_layout
from ...records.lock import Lock
from ...records.past_runs import is_settled, names_of_runs
from ...rules.filters import is_own_work
from ...runs.account import give_up
from ...runs.opening import empty_report, new_run_id
from ...runs.unfinished import is_over
from ...tasks.context import RunContext

# A verify that goes on may write nothing for so long.
_VERIFY_SECONDS = 7 * 86400


def clean(command: CopyCommand, order: CleanOrder, environment: Mapping[str, str], out: TextIO) -> int:
    """Clean and tell; 0. Raises SurveyError for a store that cannot be asked."""
    request = resolve(command, environment, read_hadoop_conf(environment))
    try:
        print_lines(_cleaned(request, order), out)
    except StoreError as error:
        raise SurveyError(f"cleaning {request.options.target}: {error}", error.hint) from error
    finally:
        close_filesystems()
    return 0


def _with_default_home(request: CopyRequest) -> CopyRequest:
    """No source is named here: the records of a copy from HDFS are looked for on the default one."""
    with suppress(UsageError):  # no HDFS is the default
        home = Places({}, request.stores.hadoop_conf).resolve(f"/user/{request.user}")
        return request._replace(options=request.options.model_copy(update={"sources": (home,)}))
    return request


def _cleaned(request: CopyRequest, order: CleanOrder) -> Iterator[str]:
    target, found, told = request.options.target, False, False
    for place in _pairs(_with_default_home(request)):
        found = True
        for line in _clean_pair(request, place, order):
            told = True
            yield line
    if found and not told:
        yield f"All runs to {target} that are on record have come to their end: there is nothing to clean away."
    if not found:
        yield f"There are no records of copies to {target}: nothing is known to be theirs (see --job-dir)."
    yield from _clean_verifies(request, order)
    store = open_filesystem(target, request.stores)
    number, oldest_ms = 0, time.time_ns() // 1_000_000
    for upload in store.find_uploads(target.path) if store.capabilities.multipart else ():
        number, oldest_ms = number + 1, min(oldest_ms, upload.begun_ms)
    if number:
        oldest = format_duration(max(0.0, time.time() - oldest_ms / 1000))
        yield (
            f"Open uploads that are left alone below {target}: {number}, the oldest begun {oldest} ago. They are "
            "of runs that go on or are younger, or nothing is known of them here."
        )


def _pairs(request: CopyRequest) -> Iterator[Uri]:
    """The job directories of all copies to the target that are on record."""
    for base in _bases(request):
        store = open_filesystem(base, request.stores)
        with suppress(NotFound, PermissionDenied):
            for row in store.walk(base.path, recursive=False):
                place = base.join(row.path)
                if row.kind == DIRECTORY and not is_own_work(row.path) and _goes_to(request, place):
                    yield place


def _bases(request: CopyRequest) -> list[Uri]:
    options = request.options
    if options.job_dir is not None:
        return [options.job_dir]
    return [default_base(home) for home in homes(options, request.user)]


def _clean_verifies(request: CopyRequest, order: CleanOrder) -> Iterator[str]:
    """Working files of verifies that were killed, whatever they compared: nothing speaks for one that goes on but the
    time of its files, and while it reads it may write none for long.
    """
    oldest_seconds = max(order.older_than_seconds, _VERIFY_SECONDS)
    for base in _bases(request):
        here = _open(request, base.join(VERIFY_DIRECTORY))
        with suppress(NotFound, PermissionDenied):
            for name in names_of_runs(here):
                run = here.of_run(name)
                last_ms = _last_sign_ms(run)
                idle_seconds = max(0.0, time.time() - last_ms / 1000)
                if last_ms and idle_seconds >= oldest_seconds:
                    if not order.dry_run:
                        here.filesystem.remove(run.run_path, recursive=True)
                    what = "would be removed" if order.dry_run else "removed"
                    yield f"{run.run_path}: a verify, last sign of life {format_duration(idle_seconds)} ago: {what}"


def _goes_to(request: CopyRequest, place: Uri) -> bool:
    """Whether the runs of a job directory copy to the target; all of them have one."""
    here = _open(request, place)
    for name in reversed(names_of_runs(here)):
        with suppress(NotFound, ValueError, KeyError):
            return bool(json.loads(here.of_run(name).read("run.json"))["target"] == str(request.options.target))
    return False


def _clean_pair(request: CopyRequest, place: Uri, order: CleanOrder) -> Iterator[str]:
    here = _open(request, place)
    # A dry run makes nothing.
    runs = [name for name in names_of_runs(here) if not name.endswith("-dry")]
    names = [name for name in runs if not is_settled(here.of_run(name))]
    try:
        with _locked(here, bool(names) and not order.dry_run):
            for name in names:
                yield from _clean_run(request, place, here.of_run(name), order)
    except BrakeError as error:
        yield f"{place}: left alone, as {error}"


@contextmanager
def _locked(here: JobDir, is_needed: bool) -> Iterator[None]:
    """The block has the lock of the pair, where it is needed. Raises BrakeError when a run is going on."""
    if not is_needed:
        yield
        return
    lock = Lock(here.filesystem, here.path, here.run_id)
    lock.acquire()
    # Whoever follows it while it is at work removes the same things.
    heartbeat = Heartbeat(lock, lambda: None)
    heartbeat.start()
    try:
        yield
    finally:
        heartbeat.stop()


def _clean_run(request: CopyRequest, place: Uri, job_dir: JobDir, order: CleanOrder) -> Iterator[str]:
    idle_seconds = max(0.0, time.time() - _last_sign_ms(job_dir) / 1000)
    words = f"{place}: run {job_dir.run_id}, last sign of life {format_duration(idle_seconds)} ago"
    layout = read_layout(job_dir)
    if idle_seconds < order.older_than_seconds:
        yield f"{words}: left alone (--older-than)"
        return
    if layout is None:
        yield f"{words}: it had not begun to copy"
        return
    context = RunContext(request.options, layout, request.stores, place, job_dir.run_id)
    if order.dry_run:
        found = look_over(context, job_dir)
    else:
        if not is_over(job_dir):
            report = empty_report(job_dir.run_id, request.options, place)
            for _ in give_up(_open(request, place), report, "its leavings were cleaned away"):
                pass
        found = clear_away(context, job_dir, by="clean", walks=True)
    what = "would be removed" if order.dry_run else "removed"
    yield (
        f"{words}: {several(found.uploads, 'upload')}, {several(found.work_files, 'work file')}, "
        f"{several(found.leavings, 'snapshot or work directory', 'snapshots or work directories')} {what}"
    )
    if found.unknown:
        yield f"{place}: {found.unknown}"


def _last_sign_ms(job_dir: JobDir) -> int:
    """When the records of a run changed last, by the clock of their store."""
    rows = job_dir.filesystem.walk(job_dir.run_path)
    return max((row.mtime_ms for row in rows if row.kind != DIRECTORY), default=0)


def _open(request: CopyRequest, place: Uri) -> JobDir:
    return JobDir(open_filesystem(place, request.stores), place.path, f"{new_run_id()}-clean", HASTE)
