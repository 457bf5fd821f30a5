"""A line that says how far the run is: rewritten each second on a terminal, logged every 10 s otherwise."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import TextIO

from ..model.counters import OUTPUT_FORMAT, OWN
from ..model.errors import Hdfs2ossError
from ..model.units import format_duration, format_size, several
from ..model.values import TaskReport
from ..records import ledger
from ..records.beats import Beat
from ..records.jobdir import JobDir
from .report import ENDED

_TERMINAL_SECONDS = 1.0
_LOG_SECONDS = 10.0
# A listing of the ledger is followed by so many times its own time without one: 5 % go into it, however long it grows.
_REST = 19.0
# Rate and time left are those of so many seconds: a limit that was changed shows.
_RATE_SECONDS = 60.0
# How what only the target had may end, as counters tell it.
_REMOVED = ("DELETED", "KEPT", "GONE", "UNDELETED")
# How what was compared by a verify is counted.
_FILES_VERIFIED = ("FILES_EQUAL_BY_", "FILES_DIFFERING_")
_BYTES_VERIFIED = ("BYTES_EQUAL_BY_", "BYTES_DIFFERING_")


class Progress:
    """Counts finished tasks, files and bytes of the copy phase; prints from a thread of its own.

    What running tasks say of themselves is added for display (`tell_running`), and forgotten when they have finished.

    Where reports come only at the end of a wave (Spark), the ledger files that tasks publish tell it before: they are
    looked for each time before a line is printed, less often once there are so many that listing them takes time.
    """

    def __init__(
        self,
        stream: TextIO = sys.stderr,
        clock: Callable[[], float] = time.monotonic,
        pause_seconds: float | None = None,
    ) -> None:
        """A line each `pause_seconds`, if those are given."""
        self._stream = stream
        self._clock = clock
        self._on_terminal = stream.isatty()
        self._pause_seconds = pause_seconds or (_TERMINAL_SECONDS if self._on_terminal else _LOG_SECONDS)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._job_dir: JobDir | None = None
        self._on_found: Callable[[TaskReport], None] = _nothing
        self._seen: set[str] = set()
        self._rests_until = 0.0
        self._phase = ""
        self._started = clock()
        self._tasks = self._tasks_done = self._files = self._files_done = self._bytes = self._bytes_done = 0
        self._running: list[Beat] = []
        # When how many bytes were done: the first is where rates are reckoned from.
        self._samples: deque[tuple[float, int]] = deque()

    def begin(
        self,
        phase: str,
        tasks: int = 0,
        files: int = 0,
        size_bytes: int = 0,
        job_dir: JobDir | None = None,
        on_found: Callable[[TaskReport], None] | None = None,
    ) -> None:
        """A phase begins; with `job_dir` its ledger is polled for finished tasks, and `on_found` told of each."""
        with self._lock:
            self._phase, self._tasks, self._files, self._bytes = phase, tasks, files, size_bytes
            self._tasks_done = self._files_done = self._bytes_done = 0
            self._started = self._clock()
            self._job_dir = job_dir
            self._on_found = on_found or _nothing
            self._rests_until = 0.0
            self._running = []
            self._samples = deque([(self._started, 0)])
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="progress", daemon=True)
            self._thread.start()

    def task_done(self, report: TaskReport) -> None:
        """A task has finished; one that is known already is not counted again."""
        with self._lock:
            if report.ledger_file in self._seen:
                return
            self._seen.add(report.ledger_file)
            counts = report.counters.get(OWN, {})
            self._tasks_done += 1
            self._files_done += sum(counts.get(f"FILES_{name}", 0) for name in (*ENDED, "SKIPPED", *_REMOVED))
            # Chunks are no files yet: what was written tells of them.
            written = report.counters.get(OUTPUT_FORMAT, {}).get("Bytes Written", 0)
            self._bytes_done += max(counts.get("BYTES_COPIED", 0), written)
            self._bytes_done += sum(counts.get(f"BYTES_{name}", 0) for name in ("SKIPPED", "DELETED"))
            self._files_done += sum(value for name, value in counts.items() if name.startswith(_FILES_VERIFIED))
            self._bytes_done += sum(value for name, value in counts.items() if name.startswith(_BYTES_VERIFIED))

    def tell_running(self, beats: Iterable[Beat]) -> None:
        """How far the tasks are that run now, in place of what was told before."""
        with self._lock:
            self._running = list(beats)

    def count_from_here(self) -> None:
        """What is done by now was so before: rates are reckoned from this moment."""
        with self._lock:
            self._samples = deque([(self._clock(), self._bytes_done)])

    def say(self, text: str) -> None:
        """A line of its own, which stays."""
        self._stream.write(f"\r\x1b[K{text}\n" if self._on_terminal else f"{text}\n")
        self._stream.flush()

    def end(self) -> None:
        """Stop printing, and leave the cursor on a fresh line."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)
            if self._on_terminal:
                self._stream.write("\r\x1b[K")
                self._stream.flush()

    def line(self) -> str:
        """The line as it stands now."""
        with self._lock:
            now = self._clock()
            if not self._tasks:
                return f"{self._phase}: {format_duration(max(now - self._started, 0.001))}"
            running = [beat for beat in self._running if ledger.file_of(beat.task) not in self._seen]
            # A file that was begun again was read twice; only the ledger says what is done.
            files = min(self._files, self._files_done + sum(beat.files for beat in running))
            done = min(max(self._bytes, self._bytes_done), self._bytes_done + sum(beat.size_bytes for beat in running))
            rate = self._rate(now, done)
            return (
                f"{self._phase}: {self._tasks_done}/{several(self._tasks, 'task')}, {max(files, self._files_done)}/"
                f"{several(self._files, 'file')}, {format_size(done)} of {format_size(self._bytes)}, "
                f"{format_size(rate)}/s{self._left(now, done, rate)}"
            )

    def _rate(self, now: float, done: int) -> float:
        self._samples.append((now, done))
        while len(self._samples) > 2 and self._samples[1][0] <= now - _RATE_SECONDS:
            self._samples.popleft()
        began, before = self._samples[0]
        return max(0, done - before) / max(now - began, 0.001)

    def _left(self, now: float, done: int, rate: float) -> str:
        if self._bytes:
            return f", {format_duration((self._bytes - done) / rate)} left" if rate and 0 < done < self._bytes else ""
        share = self._tasks_done / self._tasks
        seconds = now - self._started
        return f", {format_duration(seconds / share - seconds)} left" if 0 < share < 1 else ""

    def _run(self) -> None:
        while not self._stop.wait(self._pause_seconds):
            self._poll()
            text = self.line()
            self._stream.write(f"\r\x1b[K{text}" if self._on_terminal else f"{time.strftime('%H:%M:%S')} {text}\n")
            self._stream.flush()

    def _poll(self) -> None:
        job_dir = self._job_dir
        started = self._clock()
        if job_dir is None or started < self._rests_until:
            return
        try:
            names = job_dir.names("ledger")
            ended = self._clock()
            self._rests_until = ended + _REST * (ended - started)
            for name in names:
                if name not in self._seen:
                    report = ledger.read_report(job_dir, name)
                    self.task_done(report)
                    self._on_found(report)
        except Hdfs2ossError:
            # Display only: the run itself will meet, and report, what is wrong with the job directory.
            return


def _nothing(report: TaskReport) -> None:
    """Nobody wants to be told."""
