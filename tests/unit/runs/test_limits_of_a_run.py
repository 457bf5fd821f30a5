"""The driver's side of limits, with no thread: each look is taken by the test."""

import io
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from hdfs2oss.filesystems.pace import BYTES, REQUESTS
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.units import MIB
from hdfs2oss.model.uri import Uri
from hdfs2oss.records.beats import Beat, BeatFile, read_beats
from hdfs2oss.records.jobdir import JobDir
from hdfs2oss.records.limits import BY_HAND, SHARES, Dealt, read_dealt, set_by_hand
from hdfs2oss.runners.base import Runner, TaskFunction
from hdfs2oss.runs.progress import Progress
from hdfs2oss.runs.sharing import Sharing
from tests.stores.memory import MemoryFileSystem


class Slots(Runner):
    """Four slots elsewhere, as busy as the test says."""

    slots = 4
    busy: int | None = None
    is_here = False

    def run_wave(
        self, name: str, work: TaskFunction[Any, Any], tasks: Sequence[Any], on_report: Callable[[Any], None]
    ) -> None:
        raise NotImplementedError

    def runs_here(self, tasks: int) -> bool:
        return self.is_here

    def busy_slots(self) -> int | None:
        return self.busy

    def cancel(self) -> None:
        raise NotImplementedError


class Made:
    def __init__(self, **options: Any) -> None:
        self.said = io.StringIO()
        self.progress = Progress(self.said)
        self.runner = Slots()
        self.job_dir = JobDir(MemoryFileSystem(), "/jobs", "run")
        self.now = time.struct_time((2026, 1, 1, 12, 0, 0, 3, 1, 0))
        self.files = [BeatFile(self.job_dir) for _ in range(4)]
        asked = CopyOptions.model_validate({"target": Uri("file", "", "/t"), **options})
        self.sharing = Sharing(asked, self.job_dir, self.runner, self.progress, lambda: None, lambda: self.now)

    def beats(self, at_ms: int, *rates: tuple[float, float]) -> None:
        """Each process has moved so many MiB/s since it began, and was held back for a part of the time."""
        for number, (rate, held) in enumerate(rates):
            moved = int(rate * MIB * at_ms / 1000)
            beat = Beat(f"p-{number}", f"copy-{number}", at_ms, 0, moved, moved, int(held * at_ms), 0, 0)
            self.files[number].beat(beat)

    @property
    def published(self) -> Dealt | None:
        return read_dealt(self.job_dir.read(SHARES)) if self.job_dir.exists(SHARES) else None


@pytest.fixture(autouse=True)
def unlimited() -> Iterator[None]:
    yield
    BYTES.set_rate(None)
    REQUESTS.set_rate(None)


def test_a_wave_begins_with_a_fair_share_for_each_slot_and_nothing_is_published() -> None:
    made = Made(total_bandwidth_mb=40, requests_per_second=100)
    with made.sharing.wave(1000) as dealt:
        assert dealt.bandwidth.each == 10 * MIB
        assert dealt.requests.each == pytest.approx(95 / 4)
        assert REQUESTS.rate == 5.0
        made.sharing.look()
        assert made.published is None
    assert REQUESTS.rate == 100


def test_a_wave_of_fewer_tasks_than_slots_has_larger_shares() -> None:
    made = Made(total_bandwidth_mb=40)
    with made.sharing.wave(2) as dealt:
        assert dealt.bandwidth.each == 20 * MIB


def test_few_requests_leave_the_driver_enough_for_its_lock() -> None:
    made = Made(requests_per_second=3)
    with made.sharing.wave(4) as dealt:
        assert REQUESTS.rate == 1.5
        assert dealt.requests.each == 1.5 / 4


def test_a_task_in_this_process_has_all() -> None:
    made = Made(total_bandwidth_mb=40, requests_per_second=10)
    made.runner.is_here = True
    with made.sharing.wave(1):
        assert (BYTES.rate, REQUESTS.rate) == (40 * MIB, 10)


def test_what_is_set_by_hand_is_published_at_the_next_look() -> None:
    made = Made(total_bandwidth_mb=40)
    with made.sharing.wave(100) as before:
        set_by_hand(made.job_dir, {"total_bandwidth": 20})
        made.sharing.look()
        now = made.published
        assert now is not None
        assert now.number > before.number
        assert now.bandwidth.each == 5 * MIB
        made.job_dir.filesystem.remove(f"{made.job_dir.run_path}/{BY_HAND}")
        made.sharing.look()
        assert made.published is not None
        assert made.published.bandwidth.each == 10 * MIB
    assert (
        "20 MiB/s for the whole job, as set by hand until limits.json is removed or the run ends"
        in made.said.getvalue()
    )


def test_what_is_set_by_hand_and_cannot_be_understood_changes_nothing_and_is_said_once() -> None:
    made = Made(total_bandwidth_mb=40)
    with made.sharing.wave(100):
        garbage = (b'{"total_bandwidth": "much"}', b'{"total_ban', b"\xff\xfe\x00", b"[" * 200_000, b"1" * 5000)
        for number, data in enumerate(garbage, 1):
            made.job_dir.replace(BY_HAND, data)
            made.sharing.look()
            made.sharing.look()
            assert made.published is None
            assert made.said.getvalue().count("limits stay as they are") == number


def test_what_is_set_by_hand_outranks_the_schedule() -> None:
    made = Made(bandwidth_schedule="08:00,40 19:00,off")
    with made.sharing.wave(100) as dealt:
        assert dealt.bandwidth.each == 10 * MIB
        set_by_hand(made.job_dir, {"total_bandwidth": 4})
        made.sharing.look()
        made.now = time.struct_time((2026, 1, 1, 19, 0, 0, 3, 1, 0))
        made.sharing.look()
        assert made.published is not None
        assert made.published.bandwidth.each == MIB


def test_the_schedule_changes_a_running_wave() -> None:
    made = Made(bandwidth_schedule="08:00,40 19:00,off")
    with made.sharing.wave(100):
        made.now = time.struct_time((2026, 1, 1, 19, 0, 0, 3, 1, 0))
        made.sharing.look()
        assert made.published is not None
        assert made.published.bandwidth.each is None
    assert "by the schedule until 08:00" in made.said.getvalue()


def test_when_fewer_tasks_are_left_than_slots_the_others_have_more_but_not_for_a_moment_only() -> None:
    made = Made(total_bandwidth_mb=40)
    with made.sharing.wave(100):
        for busy in (4, 3, 4, 3):
            made.runner.busy = busy
            made.sharing.look()
            assert made.published is None
        made.sharing.look()
        assert made.published is not None
        assert made.published.bandwidth.each == pytest.approx(40 * MIB / 3)


def test_what_a_task_cannot_use_goes_to_the_others() -> None:
    made = Made(total_bandwidth_mb=40)
    with made.sharing.wave(100):
        for at_ms in (2000, 4000, 6000):
            made.beats(at_ms, (1.0, 0.0), *[(10.0, 0.8)] * 3)
            made.sharing.look()
        assert made.published is not None
        shares = made.published.bandwidth
        assert shares.for_process("p-0") == pytest.approx(1.25 * MIB)
        assert shares.for_process("p-1") == pytest.approx((40 - 1.25) / 3 * MIB)
        number = made.published.number
        made.beats(8000, (1.0, 0.0), *[(10.0, 0.8)] * 3)
        made.sharing.look()
        assert made.published.number == number


def test_a_process_whose_beat_stands_still_is_no_longer_counted_on() -> None:
    made = Made(total_bandwidth_mb=40)
    made.progress.begin("copy", 4, 4, 1 << 40)
    with made.sharing.wave(100):
        made.beats(2000, *[(10.0, 0.8)] * 4)
        made.sharing.look()
        assert "80.0 MiB of" in made.progress.line()
        for number in range(12):
            made.beats(4000 + number, *[(10.0, 0.8)] * 3)
            made.sharing.look()
        assert "120.3 MiB of" in made.progress.line()
    assert "0 B of" in made.progress.line()
    made.progress.end()


def test_limits_of_a_driver_that_goes_on_outrank_those_of_the_one_before() -> None:
    before, after = Made(total_bandwidth_mb=40), Made(total_bandwidth_mb=40)
    set_by_hand(after.job_dir, {"total_bandwidth": 1})
    # A process that was killed with the driver before.
    after.beats(2000, (1, 0.0))
    after.sharing.start(1, Uri("file", "", "/jobs"))
    after.sharing.stop()
    assert list(read_beats(after.job_dir)) == []
    with before.sharing.wave(4) as old, after.sharing.wave(4) as new:
        assert new.number > old.number + 1000
    assert not after.job_dir.exists(BY_HAND)


def test_where_nothing_is_limited_nothing_is_said_or_published() -> None:
    made = Made()
    made.sharing.start(0, Uri("file", "", "/jobs"))
    with made.sharing.wave(100) as dealt:
        made.sharing.look()
        assert dealt.bandwidth.for_process("p-1") is None
    made.sharing.stop()
    assert made.published is None
    assert made.said.getvalue() == ""
