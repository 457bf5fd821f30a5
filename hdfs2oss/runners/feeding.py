"""Nothing is dealt out beforehand: what is left of a wave goes to whichever slot is free first."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue

from .base import Task
from .ends import Ended, ends_wave

RunJob = Callable[[Sequence[Task]], list[Ended]]
MakeThread = Callable[[Callable[[], None]], threading.Thread]


def feed(
    jobs: Sequence[Sequence[Task]], at_once: int, run_job: RunJob[Task], make_thread: MakeThread
) -> Iterator[list[Ended]]:
    """What each job comes to, as soon as it ends; at most `at_once` of them are under way, each in a thread.

    None is begun any more once a task has ended the wave, a job has raised, or whoever takes the ends has gone. The
    error of a job is raised at once, while others may still be under way. A single job runs in the caller's thread.
    """
    if min(at_once, len(jobs)) <= 1:
        yield from _one_by_one(jobs, run_job)
        return
    waiting = deque(jobs)
    came: SimpleQueue[list[Ended] | BaseException | None] = SimpleQueue()
    stopped = threading.Event()

    def work() -> None:
        while not stopped.is_set():
            try:
                job = waiting.popleft()
            except IndexError:
                break
            try:
                ended = run_job(job)
            except BaseException as error:  # noqa: BLE001 - it is raised where the ends are taken
                stopped.set()
                came.put(error)
            else:
                if _ends_wave(ended):
                    stopped.set()
                came.put(ended)
        came.put(None)

    threads = [make_thread(work) for _ in range(min(at_once, len(jobs)))]
    for thread in threads:
        thread.start()
    try:
        left = len(threads)
        while left:
            found = came.get()
            if found is None:
                left -= 1
            elif isinstance(found, BaseException):
                raise found
            else:
                yield found
    finally:
        stopped.set()


def _one_by_one(jobs: Sequence[Sequence[Task]], run_job: RunJob[Task]) -> Iterator[list[Ended]]:
    for job in jobs:
        ended = run_job(job)
        yield ended
        if _ends_wave(ended):
            return


def _ends_wave(ended: Sequence[Ended]) -> bool:
    return any(one.failure is not None and ends_wave(one.failure) for one in ended)
