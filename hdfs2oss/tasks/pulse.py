"""The pulse of this process: while a task runs it tells how far that is, and keeps to its share of the job's limits.

    after 1 s, then every 2 s   the shares are read, if they were dealt out anew
    after 2 s, then every 2 s   a beat says how far the task is

Short tasks cost nothing. A share that became smaller counts at once, a larger one only when every process must know its
own, so that all together never exceed the total. What cannot be read or written changes nothing: the last share counts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from ..filesystems.pace import BYTES, REQUESTS
from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.errors import Hdfs2ossError
from ..model.uri import Uri
from ..model.values import CopyResult
from ..records.beats import Beat, BeatFile, this_process
from ..records.jobdir import HASTE, JobDir
from ..records.limits import SHARES, Dealt, Watched, read_dealt
from ..rules.throttle import Throttle
from ..runners.base import Report, Task, TaskFunction

_FIRST_LOOK_SECONDS = 1.0
# By how much longer than from look to look a larger share has to wait.
_MARGIN_SECONDS = 1.0


@dataclass(frozen=True)
class Channel:
    """What a process has to know to take part; travels with every task of a wave.

    `dealt` is what was dealt out when the wave began, `driver` the process that deals; tasks that run in that one have
    all of it, and nobody needs to be told.
    """

    job_dir: Uri
    run_id: str
    stores: StoreConfig = field(repr=False)
    driver: str
    every_seconds: float
    dealt: Dealt

    def open_job_dir(self) -> JobDir:
        """The records of the run, in haste: nobody waits for a beat."""
        return JobDir(open_filesystem(self.job_dir, self.stores), self.job_dir.path, self.run_id, HASTE)


class Pulse:
    """That of one process, which runs one task at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun = threading.Event()
        self._thread: threading.Thread | None = None
        self._channel: Channel | None = None
        self._keeper: _Keeper | None = None
        self._task = ""
        self._files = self._bytes = self._moved_before = 0

    @contextmanager
    def beating(self, channel: Channel) -> Iterator[None]:
        """The block is a task."""
        with self._lock:
            self._channel = channel
            self._begin("")
            is_mine = channel.driver == this_process()
            if not is_mine:
                if self._keeper is None or not self._keeper.serves(channel):
                    self._keeper = _Keeper(channel)
                self._keeper.take(channel.dealt)
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)
                    self._thread.start()
        if not is_mine:
            self._begun.set()
        try:
            yield
        finally:
            with self._lock:
                self._channel = None
                self._begin("")
            self._begun.clear()

    def at(self, task: str) -> None:
        """The task has this name."""
        with self._lock:
            self._begin(task)

    def done(self, result: CopyResult) -> None:
        """One item of the task is done."""
        with self._lock:
            self._files += not result.is_chunk
            self._bytes += result.size if result.is_chunk else result.source_length

    def beat(self) -> Beat | None:
        """How far the task is that runs here; None where none does."""
        with self._lock:
            if self._channel is None or not self._task:
                return None
            moved = BYTES.taken
            # Whole files tell what was skipped, what was read tells of files that are under way.
            size_bytes = max(self._bytes, moved - self._moved_before)
            return Beat(
                this_process(),
                self._task,
                _milliseconds(time.monotonic()),
                self._files,
                max(0, size_bytes),
                max(0, moved),
                _milliseconds(BYTES.held_seconds),
                max(0, REQUESTS.taken),
                _milliseconds(REQUESTS.held_seconds),
            )

    def _begin(self, task: str) -> None:
        self._task, self._files, self._bytes, self._moved_before = task, 0, 0, BYTES.taken

    def _run(self) -> None:
        while True:
            self._begun.wait()
            keeper = self._keeper
            assert keeper is not None
            time.sleep(_FIRST_LOOK_SECONDS)
            while self._begun.is_set() and keeper is self._keeper:
                with suppress(Hdfs2ossError):
                    keeper.look()
                with suppress(Hdfs2ossError):
                    keeper.beat(self.beat())
                keeper.sleep()
            with suppress(Hdfs2ossError):
                keeper.beat(None)


class _Keeper:
    """Reads shares and writes beats of one run."""

    def __init__(self, channel: Channel) -> None:
        self._run = channel.job_dir, channel.run_id
        job_dir = channel.open_job_dir()
        self._watched = Watched(job_dir, SHARES)
        self._file = BeatFile(job_dir)
        self._every_seconds = channel.every_seconds
        self._number = -1
        self._larger: list[tuple[float, Throttle, float | None]] = []
        self._told = ""

    def serves(self, channel: Channel) -> bool:
        """Whether it is of the same run."""
        return self._run == (channel.job_dir, channel.run_id)

    def take(self, dealt: Dealt, delay_seconds: float = 0.0) -> None:
        """Keep to these shares, unless those that are known are newer."""
        if dealt.number <= self._number:
            return
        self._number, self._larger = dealt.number, []
        for throttle, shares in ((BYTES, dealt.bandwidth), (REQUESTS, dealt.requests)):
            rate = shares.for_process(this_process())
            if delay_seconds and _is_larger(rate, throttle.rate):
                self._larger.append((time.monotonic() + delay_seconds, throttle, rate))
            else:
                throttle.set_rate(rate)

    def look(self) -> None:
        """Read what was dealt out. Raises StoreError."""
        is_new, data = self._watched.look()
        if is_new and data is not None:
            with suppress(ValueError):
                self.take(read_dealt(data), self._every_seconds + _MARGIN_SECONDS)

    def beat(self, beat: Beat | None) -> None:
        """Tell of a task, of none when there is none. Raises StoreError."""
        if beat is None:
            self._told = ""
            self._file.remove()
            return
        # A task that was not there at the last look may be a short one.
        if self._told == beat.task:
            self._file.beat(beat)
        self._told = beat.task

    def sleep(self) -> None:
        """Until the next look; what is due meanwhile is done."""
        until = time.monotonic() + self._every_seconds
        while (now := time.monotonic()) < until:
            due = [one for one in self._larger if one[0] <= now]
            for one in due:
                one[1].set_rate(one[2])
                self._larger.remove(one)
            time.sleep(min(0.5, max(0.0, until - now)))


def carry_out(channel: Channel, work: TaskFunction[Task, Report], task: Task, attempt: str) -> Report:
    """A task function around another one: it runs with a pulse."""
    with PULSE.beating(channel):
        return work(task, attempt)


def _is_larger(rate: float | None, than: float | None) -> bool:
    return than is not None and (rate is None or rate > than)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


PULSE = Pulse()
