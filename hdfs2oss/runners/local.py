"""Tasks in processes of this machine, without a JVM.

A wave of one task runs right here, and so do all with `processes=0`, one by one.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import partial
from typing import TYPE_CHECKING, Any

from ..model.errors import Interrupted, TransferError
from .base import Attempt, Report, Runner, Task, TaskFunction
from .patience import PAUSE_SECONDS, renew_patience, run_patiently
from .signals import left_to_the_driver
from .stop import clear_stop, request_stop

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing.context import BaseContext

_MOST_ATTEMPTS = 3
# What tasks read and write with: loaded once for all workers, where this process has it already.
_STORES = "hdfs2oss.filesystems."


class LocalRunner(Runner):
    """Runs tasks in `processes` processes.

    They are forked from a process of their own that has loaded what tasks need and has done nothing else: never from
    this one, as clients do not survive that.
    """

    def __init__(self, processes: int, pause_seconds: float = PAUSE_SECONDS) -> None:
        """`pause_seconds` pass before a task that found a store gone is tried again."""
        self._pause_seconds = pause_seconds
        self.slots = max(1, processes)
        self._pool: ProcessPoolExecutor | None = None
        self._in_process = processes == 0
        self._cancelled = threading.Event()
        self._attempts = 0
        self._left = 0
        self._forks = True
        clear_stop()
        renew_patience()

    def run_wave(
        self,
        name: str,
        work: TaskFunction[Task, Report],
        tasks: Sequence[Task],
        on_report: Callable[[Report], None],
    ) -> None:
        # Starting a process costs more than it brings when there is nothing to run beside it.
        if self.runs_here(len(tasks)):
            for task in tasks:
                self._raise_if_cancelled()
                on_report(run_patiently(work, task, self._next_attempt(), self._pause_seconds))
            return
        self._run_in_processes(work, tasks, on_report)

    def runs_here(self, tasks: int) -> bool:
        return self._in_process or tasks <= 1

    def busy_slots(self) -> int | None:
        return min(self.slots, self._left)

    def cancel(self) -> None:
        self._cancelled.set()
        request_stop()
        self._kill_workers()

    def describe(self) -> dict[str, int]:
        return {"Launched map tasks": self._attempts}

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=not self._cancelled.is_set(), cancel_futures=True)
            self._pool = None

    def _run_in_processes(
        self,
        work: TaskFunction[Task, Report],
        tasks: Sequence[Task],
        on_report: Callable[[Report], None],
    ) -> None:
        try:
            self._work_off([(task, 1) for task in reversed(tasks)], work, on_report)
        except BaseException:
            # The wave is lost, so nobody waits for what still runs; whatever that was is safe to run again.
            self._kill_workers()
            self.close()
            raise

    def _work_off(
        self,
        waiting: list[tuple[Task, int]],
        work: TaskFunction[Task, Report],
        on_report: Callable[[Report], None],
    ) -> None:
        running: dict[Future[Report], tuple[Task, int]] = {}
        while waiting or running:
            self._raise_if_cancelled()
            while waiting and len(running) < self.slots:
                task, attempt = waiting.pop()
                running[self._submit(work, task)] = (task, attempt)
            self._left = len(waiting) + len(running)
            done, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in done:
                task, attempt = running.pop(future)
                error = future.exception()
                if error is None:
                    on_report(future.result())
                    continue
                self._raise_if_cancelled()
                if not _has_died(error) or attempt == _MOST_ATTEMPTS:
                    raise _last_word(error)
                waiting.append((task, attempt + 1))

    def _submit(self, work: TaskFunction[Task, Report], task: Task) -> Future[Report]:
        """Hand a task to the pool; where a worker has died (killed, out of memory) a new pool takes its place.

        So it does where no worker can be forked any more, as somebody has cleaned up TMPDIR, where the process that
        forks listens: what runs then is killed, and run again.
        """
        from concurrent.futures.process import BrokenProcessPool

        with left_to_the_driver():
            for _ in range(2):
                try:
                    return self._hand_over(work, task)
                except BrokenProcessPool:
                    self.close()
                except OSError:
                    if not self._forks or self._pool is None:
                        raise
                    self._forks = False
                    self._kill_workers()
                    # Nothing is called off: what waited in it is told that it broke.
                    self._pool.shutdown()
                    self._pool = None
            return self._hand_over(work, task)

    def _hand_over(self, work: TaskFunction[Task, Report], task: Task) -> Future[Report]:
        pool = self._open_pool(work)
        return pool.submit(run_patiently, work, task, self._next_attempt(), self._pause_seconds)

    def _open_pool(self, work: TaskFunction[Any, Any]) -> ProcessPoolExecutor:
        if self._pool is None:
            # Not at the top: runs of a single task need no process.
            from concurrent.futures import ProcessPoolExecutor

            self._pool = ProcessPoolExecutor(self.slots, mp_context=self._way_to_start(work), initializer=_start_worker)
        return self._pool

    def _way_to_start(self, work: TaskFunction[Any, Any]) -> BaseContext:
        import multiprocessing

        return _way_to_start(work) if self._forks else multiprocessing.get_context("spawn")

    def _kill_workers(self) -> None:
        pool = self._pool
        processes: dict[int, Any] = getattr(pool, "_processes", None) or {}
        for process in list(processes.values()):
            process.kill()

    def _next_attempt(self) -> Attempt:
        self._attempts += 1
        return Attempt(f"{self._attempts}")

    def _raise_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise Interrupted("the run was cancelled")


def _way_to_start(work: TaskFunction[Any, Any]) -> BaseContext:
    """How worker processes are started: forked as said above; each by itself where that cannot be.

    The process that forks listens on a socket in TMPDIR, which may be too long for that, or not be writable; before
    Python 3.10.9 and in 3.11.0 anybody on the machine could reach that socket (CVE-2022-42919).
    """
    import multiprocessing
    from multiprocessing import forkserver

    if sys.version_info < (3, 10, 9) or sys.version_info[:3] == (3, 11, 0):
        return multiprocessing.get_context("spawn")
    try:
        forkserver.set_forkserver_preload(_loaded_for(work))
        forkserver.ensure_running()
    except OSError:
        return multiprocessing.get_context("spawn")
    return multiprocessing.get_context("forkserver")


def _has_died(error: BaseException) -> bool:
    from concurrent.futures.process import BrokenProcessPool

    return isinstance(error, BrokenProcessPool)


def _loaded_for(work: TaskFunction[Any, Any]) -> list[str]:
    """The modules that a task function needs: its own, and those of stores that were needed so far."""
    function = work.func if isinstance(work, partial) else work
    return [*(name for name in sys.modules if name.startswith(_STORES)), function.__module__]


def _last_word(error: BaseException) -> BaseException:
    """What to raise for a task that has no attempts left."""
    if not _has_died(error):
        return error
    return TransferError(
        f"a worker process died {_MOST_ATTEMPTS} times over the same task",
        "Look for the out-of-memory killer in dmesg; fewer --threads need less memory.",
    )


def _start_worker() -> None:
    """A driver killed outright takes its workers along: nobody would ever read their reports."""
    # What was loaded before is never given back, so nobody need look for garbage in it.
    gc.freeze()
    threading.Thread(target=_leave_with_driver, daemon=True).start()


def _leave_with_driver() -> None:
    """At once: whoever starts the next run removes what it finds, and nothing may come after that."""
    import multiprocessing
    from multiprocessing import connection

    driver = multiprocessing.parent_process()
    if driver is not None:
        connection.wait([driver.sentinel])
    os._exit(1)
