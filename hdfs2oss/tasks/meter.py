"""What a task measured about itself: time, memory, and the traffic of its stores."""

from __future__ import annotations

import os
import resource
import socket
import time
from collections.abc import Sequence

from ..filesystems.base import FileSystem
from ..filesystems.pace import BYTES, REQUESTS
from ..model.counters import ATTRIBUTES_FAILED, COPY_MAPPER, FRAMEWORK, OUTPUT_FORMAT, OWN, PROVEN, Counters, Counts
from ..model.values import DIRECTORY, CopyResult, Outcome, TaskReport, Work
from ..records import ledger
from ..rules.causes import counted, examples

# So many failures travel to the driver with a report; all of them are in the ledger.
_MOST_FAILURES = 20
# The time in which a limit of the whole job held a task back.
_HELD_BACK = (("BANDWIDTH_HELD_MILLISECONDS", BYTES), ("REQUESTS_HELD_MILLISECONDS", REQUESTS))


class TaskMeter:
    """Started with a task; `report` gives what happened since. Clients are shared by the tasks of a process,
    which run one after another, so the difference of their traffic is this task's."""

    def __init__(self, stores: Sequence[FileSystem]) -> None:
        self._traffic = {id(store): (store, store.traffic.snapshot()) for store in stores}
        self._held = [(name, throttle, throttle.held_seconds) for name, throttle in _HELD_BACK]
        self._started = time.monotonic()
        self._cpu = time.process_time()
        self.counters = Counters()
        self.host = f"{socket.gethostname()}:{os.getpid()}"

    def count(self, result: CopyResult) -> None:
        """Count one finished file or directory; a chunk, sent or not, is counted with its file, by the committer."""
        self.counters.add(FRAMEWORK, "Map input records")
        if result.is_chunk:
            return
        self._count_renewal(result)
        if result.not_compared:
            self.counters.add(OWN, "FILES_NOT_COMPARED")
        if result.is_deletion:
            self._count_deletion(result)
        elif result.work is Work.ATTRIBUTES and result.kind == DIRECTORY:
            self._count_directory(result)
        elif result.outcome == Outcome.MADE:
            self.counters.add(OWN, "DIRECTORIES_MADE")
        elif result.outcome == Outcome.COPIED:
            self._count_file("COPY", ("BYTESEXPECTED",), "COPIED", result)
            # Of a file that was appended to, its tail.
            self.counters.add(COPY_MAPPER, "BYTESCOPIED", result.bytes_copied)
            if result.proof:
                self.counters.add(OWN, PROVEN[result.proof])
            if result.not_proven:
                self.counters.add(OWN, "FILES_NOT_PROVEN")
            if result.message:
                self.counters.add(OWN, "NOTES_NOT_KEPT")
        elif result.outcome in (Outcome.SKIPPED, Outcome.REFRESHED):
            # The survey planned it; it turned out that no bytes were to be sent.
            self._count_file("SKIP", ("BYTESSKIPPED",), "SKIPPED", result)
            self.counters.add(OWN, "FILES_PLANNED", -1)
            self.counters.add(OWN, "BYTES_PLANNED", -result.source_length)
            if result.outcome == Outcome.REFRESHED:
                self.counters.add(OWN, "FILES_REFRESHED")
        else:
            is_own = result.outcome in (Outcome.CHANGED, Outcome.OPEN)
            what = Outcome(result.outcome).value if is_own else "FAILED"
            self._count_file("FAIL", ("BYTESFAILED",), what, result)

    def counts(self) -> Counts:
        """What was counted so far, and what the stores measured."""
        counters = Counters(self.counters.as_dict())
        for store, before in self._traffic.values():
            now = store.traffic.snapshot()
            counters.add_traffic(store.capabilities.counter_name, {name: now[name] - before[name] for name in now})
        for name, throttle, held_before in self._held:
            held_ms = round(1000 * (throttle.held_seconds - held_before))
            if held_ms:
                counters.add(OWN, name, held_ms)
        return counters.as_dict()

    def report(self, task: str, attempt: str, results: Sequence[CopyResult]) -> TaskReport:
        """The report for the footer of this task's ledger file."""
        seconds = time.monotonic() - self._started
        cpu_seconds = time.process_time() - self._cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        sent = sum(one.bytes_sent for one in results)
        self.counters.add(FRAMEWORK, "Map output records", len(results))
        self.counters.add(FRAMEWORK, "CPU time spent (ms)", round(cpu_seconds * 1000))
        self.counters.add(OUTPUT_FORMAT, "Bytes Written", sent)
        # DistCp's rule: bytes by whole seconds, at least one, summed over the maps.
        self.counters.add(COPY_MAPPER, "BANDWIDTH_IN_BYTES", sent // max(1, int(seconds)))
        failures = [one for one in results if (one.has_failed or one.outcome == Outcome.KEPT) and not one.is_chunk]
        return TaskReport(
            task=task,
            attempt=attempt,
            host=self.host,
            ledger_file=ledger.file_of(task),
            seconds=seconds,
            cpu_seconds=cpu_seconds,
            peak_memory_bytes=peak,
            counters=self.counts(),
            failures=examples(failures, _MOST_FAILURES),
            causes=counted(failures),
            not_proven=next((f"{one.path}: {one.not_proven}" for one in results if one.not_proven), ""),
            not_compared=next((f"{one.path}: {one.not_compared}" for one in results if one.not_compared), ""),
        )

    def _count_directory(self, result: CopyResult) -> None:
        """The attributes of a directory, which has been counted as such before."""
        if result.has_failed:
            self.counters.add(OWN, ATTRIBUTES_FAILED)
        elif result.outcome == Outcome.REFRESHED:
            self.counters.add(OWN, "DIRECTORIES_REFRESHED")
        elif result.outcome == Outcome.MADE:
            self.counters.add(OWN, "DIRECTORIES_CODED")

    def _count_deletion(self, result: CopyResult) -> None:
        name = "UNDELETED" if result.has_failed else result.outcome
        if result.kind == DIRECTORY:
            self.counters.add(OWN, f"DIRECTORIES_{name}")
            return
        self.counters.add(OWN, f"FILES_{name}")
        self.counters.add(OWN, f"BYTES_{name}", result.source_length)
        if result.kept_at:
            self.counters.add(OWN, "FILES_BACKED_UP" if "://" in result.kept_at else "FILES_IN_TRASH")

    def _count_renewal(self, result: CopyResult) -> None:
        """A file that changed is another than the one that was listed, planned and expected."""
        if not result.is_renewed:
            return
        more = result.source_length - result.surveyed_length
        for name in ("LISTED", "PLANNED", "EXPECTED"):
            self.counters.add(OWN, f"BYTES_{name}", more)
        if result.outcome == Outcome.COPIED:
            self.counters.add(OWN, "FILES_COPIED_AS_CHANGED")

    def _count_file(self, name: str, byte_names: tuple[str, ...], own: str, result: CopyResult) -> None:
        if result.kind == DIRECTORY:
            self.counters.add(OWN, f"DIRECTORIES_{own}")
            return
        self.counters.add(COPY_MAPPER, name)
        for byte_name in byte_names:
            self.counters.add(COPY_MAPPER, byte_name, result.source_length)
        self.counters.add(OWN, f"FILES_{own}")
        self.counters.add(OWN, f"BYTES_{own}", result.source_length)
