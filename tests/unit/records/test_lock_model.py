"""The lock under every kind of bad luck: runs that are paused at any call of the store, for any time.

A stage lets one actor go on at a time, up to its next call of the store or its next sleep. Which one goes on, and
how much time passes before, is chance; what one call of the store does, it does at once.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from functools import partial

import pytest

from hdfs2oss.filesystems.base import FileSystem
from hdfs2oss.model.errors import BrakeError, LockLost
from hdfs2oss.records.fence import look
from hdfs2oss.records.lock import Clock, Lock
from tests.stores.faults import FlakyFileSystem
from tests.stores.memory import LIKE_HDFS, LIKE_OSS, MemoryFileSystem

PAIR = "/jobs/pair"
_DRAMAS = 40


class Actor:
    """One process: it goes on when it is told to, and not before `wakes`."""

    def __init__(self, stage: Stage, body: Callable[[Actor], None]) -> None:
        self.stage = stage
        self.wakes = 0.0
        self.ended = False
        self.error: BaseException | None = None
        self._go = threading.Semaphore(0)
        self._stopped = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(body,), daemon=True)
        self._thread.start()
        self._stopped.acquire()

    def pause(self, seconds: float = 0.0) -> None:
        """Stop here until the stage lets this actor go on."""
        self.wakes = self.stage.now + seconds
        self._stopped.release()
        self._go.acquire()

    def go_on(self) -> None:
        self._go.release()
        self._stopped.acquire()

    def _run(self, body: Callable[[Actor], None]) -> None:
        self.pause()
        try:
            body(self)
        except BaseException as error:  # noqa: BLE001 - raised by the stage
            self.error = error
        self.ended = True
        self._stopped.release()


class Stage:
    """All actors and their clock."""

    def __init__(self, chance: random.Random) -> None:
        self.now = 1000.0
        self.chance = chance
        self.actors: list[Actor] = []

    def enter(self, body: Callable[[Actor], None]) -> None:
        self.actors.append(Actor(self, body))

    def play(self) -> None:
        while there := [actor for actor in self.actors if not actor.ended]:
            ready = [actor for actor in there if actor.wakes <= self.now]
            if ready:
                self.chance.choice(ready).go_on()
            else:
                self.now = min(actor.wakes for actor in there)
        for actor in self.actors:
            if actor.error is not None:
                raise actor.error


class PausingStore(FlakyFileSystem):
    """Its actor may be paused before every call: for a moment, or for longer than anybody waits."""

    def __init__(self, wrapped: FileSystem, actor: Actor) -> None:
        super().__init__(wrapped)
        self._actor = actor

    def strike(self, operation: str, path: str) -> None:
        if operation != "read":  # comes with the opening
            chance = self._actor.stage.chance
            self._actor.pause(chance.choice([20.0, 70.0, 300.0]) if chance.random() < 0.1 else 0.0)


class Drama:
    """Some runs of one pair, each trying again and again to take the lock, publish, and beat."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.stage = Stage(self.chance)
        self.store = MemoryFileSystem(self.chance.choice([LIKE_HDFS, LIKE_OSS]))
        self.published: list[tuple[int, str]] = []
        self.lost = 0
        for number in range(self.chance.choice([2, 3])):
            self.stage.enter(lambda actor, number=number: self._live(actor, number))
        self.stage.play()

    def _live(self, actor: Actor, number: int) -> None:
        for turn in range(4):
            run = f"run-{number}-{turn}"
            # All are processes of one machine, and none of them ever dies: only heartbeats tell.
            lock = Lock(PausingStore(self.store, actor), PAIR, run, Clock(lambda: self.stage.now, actor.pause))
            try:
                lock.acquire()
                self._hold(actor, lock, run)
            except BrakeError:
                actor.pause(self.chance.uniform(0.0, 100.0))
            except LockLost:
                self.lost += 1

    def _hold(self, actor: Actor, lock: Lock, run: str) -> None:
        for _ in range(self.chance.randrange(4)):
            lock.check()
            # The listing of the check was the last call, and nobody has gone on since.
            assert look(self.store, PAIR).newest == lock.number
            self.published.append((lock.number, run))
            actor.pause(self.chance.choice([0.0, 10.0, 100.0]))
            lock.beat()
        if self.chance.random() < 0.7:
            lock.release()


def test_whoever_is_paused_wherever_only_the_newest_publishes_and_no_number_has_two_runs() -> None:
    lost = 0
    for seed in range(_DRAMAS):
        drama = Drama(seed)
        numbers = [number for number, _ in drama.published]
        assert numbers == sorted(numbers), seed
        assert len(set(numbers)) == len(set(drama.published)), seed
        lost += drama.lost
    # Else the chances are such that nothing is ever taken over.
    assert lost > _DRAMAS / 10


def test_a_run_that_beats_in_time_is_never_taken_over() -> None:
    """However long those are paused that would like to, and however wrong their clocks are."""
    for seed in range(_DRAMAS // 4):
        stage, store = Stage(random.Random(seed)), MemoryFileSystem()
        living = Lock(store, PAIR, "living", Clock(lambda stage=stage: stage.now))
        living.acquire()
        refused: list[int] = []
        for number in range(3):
            stage.enter(partial(want, store, refused, number))
        stage.enter(partial(live, living, refused))
        stage.play()
        living.check()
        assert sorted(refused) == [0, 1, 2]


def live(lock: Lock, refused: list[int], actor: Actor) -> None:
    while len(refused) < 3:
        # At the longest for a request that runs out of time, the store pause after it, and the time to the next beat.
        actor.pause(actor.stage.chance.uniform(0.0, 40.0 + 30.0 + 15.0))
        lock.beat()


def want(store: MemoryFileSystem, refused: list[int], number: int, actor: Actor) -> None:
    clock = Clock(lambda: actor.stage.now + 3600.0 * number, actor.pause)
    with pytest.raises(BrakeError):
        Lock(PausingStore(store, actor), PAIR, f"other-{number}", clock).acquire()
    refused.append(number)
