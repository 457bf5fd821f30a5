"""The account of a run: folded of its published ledgers where it ends badly, ended so, or is gone on with."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from ..model.counters import OWN
from ..model.errors import Hdfs2ossError
from ..model.units import several
from ..model.values import TaskReport
from ..records import ledger
from ..records.jobdir import HASTE, JobDir
from .report import Report

_THREADS = 8
_READ_AT_ONCE = 64


def fold_ledgers(job_dir: JobDir, report: Report, known: Collection[str] = (), seconds: float = math.inf) -> None:
    """Add the reports of all ledger files that are not `known`, as far as the time goes and the store answers."""
    until = time.monotonic() + seconds
    unread = 0
    names = [name for name in job_dir.names("ledger") if name not in known]
    with ThreadPoolExecutor(_THREADS) as pool:
        for start in range(0, len(names), _READ_AT_ONCE):
            several = names[start : start + _READ_AT_ONCE]
            if time.monotonic() > until:
                unread += len(several)
                continue
            for found in pool.map(lambda name: _report_of(job_dir, name), several):
                if found is None:
                    unread += 1
                else:
                    report.add_task(found)
    if unread:
        report.ended_by += f" ({unread} ledger files could not be read, so the counters leave them out)"


def publish_account(job_dir: JobDir, report: Report) -> None:
    """Leave report.json and counters.txt of a run, in place of those of a driver that came to no end."""
    text = "".join(f"{line}\n" for line in report.counters.lines())
    with ThreadPoolExecutor(1) as pool:
        printed = pool.submit(job_dir.replace, "counters.txt", text.encode())
        told = json.dumps(report.as_dict(), indent=2, ensure_ascii=False) + "\n"
        job_dir.replace("report.json", told.encode())
        printed.result()


def give_up(job_dir: JobDir, report: Report, why: str) -> Iterator[str]:
    """Nobody goes on with the run of `report`: its account is made of its ledgers; the lines to say so.

    A store that does not answer for this is no reason not to begin.
    """
    records = job_dir.of_run(report.run_id, HASTE)
    report.ended_by = f"it came to no end; {job_dir.run_id} made this report of its ledgers, as {why}"
    report.ended_code = Hdfs2ossError.exit_code
    with suppress(Hdfs2ossError):
        fold_ledgers(records, report)
        publish_account(records, report)
        known = report.counters.get
        yield (
            f"The run before, {report.run_id}, came to no end, and is not gone on with: {why}. Its ledgers hold "
            f"{several(known(OWN, 'FILES_COPIED'), 'file')} copied ({known(OWN, 'BYTES_COPIED')} bytes), "
            f"{report.failed_files} failed; its account is in {report.job_dir}/report.json."
        )


def read_reports(job_dir: JobDir, names: Sequence[str]) -> Iterator[TaskReport]:
    """The reports of these ledger files, in their order. Raises StoreError."""
    with ThreadPoolExecutor(_THREADS) as pool:
        for start in range(0, len(names), _READ_AT_ONCE):
            yield from pool.map(partial(ledger.read_report, job_dir), names[start : start + _READ_AT_ONCE])


def _report_of(job_dir: JobDir, name: str) -> TaskReport | None:
    try:
        return ledger.read_report(job_dir, name)
    except (Hdfs2ossError, ValueError, KeyError, TypeError):
        # Whatever is wrong with one file, the others tell what they hold, and the next run must not fail over it.
        return None
