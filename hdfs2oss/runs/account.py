"""The account of a run that ends badly, or ended so: what its published ledgers hold is folded into a report."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from ..model.counters import OWN
from ..model.errors import Hdfs2ossError
from ..model.values import TaskReport
from ..records import ledger
from ..records.holder import Holder
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


def publish_account(job_dir: JobDir, report: Report) -> bool:
    """Leave report.json and counters.txt of a run; False when the report was there already, and stays."""
    text = "".join(f"{line}\n" for line in report.counters.lines())
    with ThreadPoolExecutor(1) as pool:
        printed = pool.submit(job_dir.publish, "counters.txt", text.encode())
        is_ours = job_dir.publish_json("report.json", report.as_dict())
        printed.result()
    return is_ours


def complete_predecessor(job_dir: JobDir, dead: Holder, report: Report) -> Iterator[str]:
    """Complete the records of the run that held the lock before and never gave it back; the lines to say so.

    A store that does not answer for this is no reason not to begin.
    """
    records = job_dir.of_run(dead.run, HASTE)
    report.ended_by = f"it was killed, or did not answer; run {job_dir.run_id} made this report of its ledgers"
    report.ended_code = Hdfs2ossError.exit_code
    with suppress(Hdfs2ossError):
        fold_ledgers(records, report)
        if not publish_account(records, report):
            return
        known = report.counters.get
        yield (
            f"The run before, {dead.run} on {dead.host}, ended without a report. Its ledgers hold "
            f"{known(OWN, 'FILES_COPIED')} files copied ({known(OWN, 'BYTES_COPIED')} bytes), "
            f"{report.failed_files} failed; its account is in {report.job_dir}/report.json."
        )


def _report_of(job_dir: JobDir, name: str) -> TaskReport | None:
    try:
        return ledger.read_report(job_dir, name)
    except (Hdfs2ossError, ValueError, KeyError, TypeError):
        # Whatever is wrong with one file, the others tell what they hold, and the next run must not fail over it.
        return None
