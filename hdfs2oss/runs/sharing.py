"""Limits of a whole job: which hold now, and what each process may have of them. The driver's side of tasks/pulse.py.

    set by hand      limits.json of the run, as long as it is there: changes a running job within 10 s
    by the schedule  the time of day, local to the driver
    as asked         the options of the command that runs, also where it goes on with an earlier run

Every 2 s a thread looks at the file and the clock, and, while a wave runs in other processes, at their beats. It deals
out anew when limits change, when fewer tasks are left than there are slots, and when a process cannot use its share.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from ..filesystems.pace import BYTES, REQUESTS
from ..model.errors import Hdfs2ossError
from ..model.limits import Limits, read_by_hand
from ..model.options import CopyOptions
from ..model.uri import Uri
from ..records.beats import Beat, read_beats, remove_beats
from ..records.jobdir import JobDir
from ..records.limits import BY_HAND, Dealt, Watched, begin, publish_dealt
from ..rules.sharing import Shares, Use, share_out
from ..runners.base import Runner
from .progress import Progress

LOOK_SECONDS = 2.0
# With more processes than so many, each looks less often: together they ask the job directory 400 times a second.
_LOOKS_A_SECOND = 400.0
# A process whose beat has not changed for so many looks is gone, or between two tasks.
_SILENT_LOOKS = 8
# What a process makes of its share is reckoned over so many beats.
_BEATS = 5
# What differs in so many looks one after another is no accident, such as a slot between two tasks.
_LASTING_LOOKS = 2
# Requests that the driver keeps for itself while tasks run: its lock and its records may be on OSS, too.
_RESERVE, _RESERVED_REQUESTS = 0.05, 2.0
# Numbers of a driver are above those of its predecessors.
_NUMBERS_A_DRIVER = 1_000_000


class Sharing:
    """The limits of one run, from `start` to `stop`."""

    def __init__(
        self,
        options: CopyOptions,
        job_dir: JobDir,
        runner: Runner,
        progress: Progress,
        here: Callable[[], Beat | None],
        local_time: Callable[[], time.struct_time] = time.localtime,
    ) -> None:
        """`here` tells of the task that runs in this process, if any."""
        self._options = options
        self._job_dir = job_dir
        self._runner = runner
        self._progress = progress
        self._here = here
        self._local_time = local_time
        self.every_seconds = max(LOOK_SECONDS, runner.slots / _LOOKS_A_SECOND)
        self._by_hand = Watched(job_dir, BY_HAND)
        self._set: object = None
        self._file = BY_HAND
        self._limits = self._in_force()
        self._dealt = Dealt()
        self._is_told = True
        self._differs = 0
        # How many tasks run at once in other processes; 0 while none do.
        self._running = 0
        self._is_here = False
        self._beats: dict[str, deque[Beat]] = {}
        self._silent: dict[str, int] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="limits", daemon=True)

    def start(self, incarnation: int, place: Uri) -> None:
        """From now on limits hold; the job directory is at `place`.

        Raises StoreError where those of an earlier driver cannot be taken back.
        """
        self._file = str(place.join(f"runs/{self._job_dir.run_id}/{BY_HAND}"))
        if incarnation:
            begin(self._job_dir)
            # Of processes that were killed with it.
            remove_beats(self._job_dir)
            self._dealt = Dealt(incarnation * _NUMBERS_A_DRIVER)
        if self._limits.are_any or self._options.bandwidth_schedule:
            self._progress.say(
                f"Limits: {self._told()}. While it runs, hdfs2oss limits changes them, which writes {self._file}"
            )
        self._keep_mine()
        self._thread.start()

    def stop(self) -> None:
        """The run is over: nothing limits this process any more."""
        self._stopped.set()
        self._thread.join(5)
        for throttle in (BYTES, REQUESTS):
            throttle.set_rate(None)
        if self._beats:
            remove_beats(self._job_dir)

    @contextmanager
    def wave(self, tasks: int) -> Iterator[Dealt]:
        """The block is a wave of so many tasks, which is given what they may have."""
        with self._lock:
            self._is_here = self._runner.runs_here(tasks)
            self._running = 0 if self._is_here else min(self._runner.slots, tasks)
            self._beats, self._silent, self._differs = {}, {}, 0
            self._deal(self._shares())
            # It travels with the tasks.
            self._is_told = True
            self._keep_mine()
            dealt = self._dealt
        try:
            yield dealt
        finally:
            with self._lock:
                self._running, self._is_here = 0, False
                self._keep_mine()
            self._progress.tell_running([])

    def look(self) -> None:
        """One look, as the thread takes it every two seconds."""
        changed = self._look_at_limits()
        if changed:
            self._progress.say(f"Limits from now on: {self._told()}")
            self._keep_mine()
        if self._is_here:
            beat = self._here()
            self._progress.tell_running([beat] if beat is not None else [])
        elif self._running:
            self._look_at_tasks(changed)

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            # What cannot be asked now is asked at the next look; the run itself tells what is wrong with its records.
            with suppress(Hdfs2ossError):
                self.look()

    def _look_at_limits(self) -> bool:
        with suppress(Hdfs2ossError):
            is_new, data = self._by_hand.look()
            if is_new:
                self._read(data)
        before, self._limits = self._limits, self._in_force()
        return before != self._limits

    def _read(self, data: bytes | None) -> None:
        try:
            value = json.loads(data) if data is not None else None
            if value is not None:
                read_by_hand(value, Limits())
            self._set = value
        except (ValueError, RecursionError) as error:
            self._progress.say(f"The limits stay as they are: {self._file}: {error}")

    def _in_force(self) -> Limits:
        now = self._local_time()
        asked = self._options.limits_at(now.tm_hour * 60 + now.tm_min)
        return asked if self._set is None else read_by_hand(self._set, asked)

    def _told(self) -> str:
        schedule, now = self._options.schedule, self._local_time()
        if self._set is not None:
            return f"{self._limits.told()}, as set by hand until {BY_HAND} is removed or the run ends"
        if schedule is None:
            return self._limits.told()
        until = schedule.until(now.tm_hour * 60 + now.tm_min)
        return f"{self._limits.told()}, by the schedule until {until} {time.strftime('%Z (UTC%z)', now)}"

    def _keep_mine(self) -> None:
        """What this process may do itself: all of it, but for a little of the requests while others have the rest."""
        total = self._limits.requests_per_second
        BYTES.set_rate(self._limits.bytes_per_second)
        REQUESTS.set_rate(_reserve(total) if total is not None and self._running else total)

    def _look_at_tasks(self, changed: bool) -> None:
        with suppress(Hdfs2ossError):
            self._hear(list(read_beats(self._job_dir)))
        self._progress.tell_running([beats[-1] for beats in self._alive().values()])
        with self._lock:
            if not self._running:
                return
            if self._limits.are_any:
                busy = self._runner.busy_slots()
                self._running = self._running if busy is None else max(1, busy)
            now = self._shares()
            differ = [
                one.differ_from(old)
                for one, old in zip(now, (self._dealt.bandwidth, self._dealt.requests), strict=True)
            ]
            self._differs = self._differs + 1 if any(differ) else 0
            if changed or self._differs >= _LASTING_LOOKS:
                self._deal(now)
            if not self._is_told:
                publish_dealt(self._job_dir, self._dealt)
                self._is_told = True

    def _hear(self, beats: list[Beat]) -> None:
        for beat in beats:
            known = self._beats.setdefault(beat.process, deque(maxlen=_BEATS))
            self._silent[beat.process] = self._silent.get(beat.process, 0) + 1
            if not known or known[-1].at_ms != beat.at_ms:
                known.append(beat)
                self._silent[beat.process] = 0
        for process in set(self._beats) - {beat.process for beat in beats}:
            del self._beats[process], self._silent[process]

    def _alive(self) -> dict[str, deque[Beat]]:
        return {name: beats for name, beats in self._beats.items() if self._silent[name] <= _SILENT_LOOKS}

    def _shares(self) -> tuple[Shares, Shares]:
        total = self._limits.requests_per_second
        rest = total - _reserve(total) if total is not None else None
        alive = self._alive()
        moved = {name: use for name, beats in alive.items() if (use := use_of_bytes(beats)) is not None}
        asked = {name: use for name, beats in alive.items() if (use := use_of_requests(beats)) is not None}
        running = max(1, self._running)
        return share_out(self._limits.bytes_per_second, running, moved), share_out(rest, running, asked)

    def _deal(self, shares: tuple[Shares, Shares]) -> None:
        self._dealt = Dealt(self._dealt.number + 1, *shares)
        self._is_told, self._differs = False, 0


def use_of_bytes(beats: deque[Beat]) -> Use | None:
    """What a process made of its share of the bandwidth; None where nothing can be said yet."""
    first, last = beats[0], beats[-1]
    return _use(last.moved - first.moved, last.moved_held_ms - first.moved_held_ms, last.at_ms - first.at_ms)


def use_of_requests(beats: deque[Beat]) -> Use | None:
    """The same of its share of the requests."""
    first, last = beats[0], beats[-1]
    return _use(last.asked - first.asked, last.asked_held_ms - first.asked_held_ms, last.at_ms - first.at_ms)


def _use(amount: int, held_ms: int, milliseconds: int) -> Use | None:
    if milliseconds <= 0:
        return None
    return Use(1000 * amount / milliseconds, held_ms / milliseconds)


def _reserve(total: float) -> float:
    return max(_RESERVE * total, min(_RESERVED_REQUESTS, total / 2))
