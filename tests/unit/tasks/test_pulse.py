"""What a process keeps to, with no thread and no waiting but where a test says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hdfs2oss.filesystems.pace import BYTES, REQUESTS
from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import FILE, CopyResult, FileAction, Outcome
from hdfs2oss.records.beats import read_beats, this_process
from hdfs2oss.records.limits import Dealt, publish_dealt
from hdfs2oss.rules.sharing import Shares
from hdfs2oss.tasks.pulse import PULSE, Channel, _Keeper, carry_out


@pytest.fixture(autouse=True)
def unlimited() -> Iterator[None]:
    yield
    BYTES.set_rate(None)
    REQUESTS.set_rate(None)
    close_filesystems()


@pytest.fixture
def channel(tmp_path: Path) -> Channel:
    place = Uri("file", "", f"{tmp_path}/jobs")
    return Channel(place, "run", StoreConfig(), "elsewhere-1", 0.01, Dealt(1, Shares(100.0), Shares(10.0)))


def test_a_process_begins_with_what_was_dealt_out_when_its_wave_began(channel: Channel) -> None:
    _Keeper(channel).take(channel.dealt)
    assert (BYTES.rate, REQUESTS.rate) == (100.0, 10.0)


def test_its_own_share_counts_where_there_is_one(channel: Channel) -> None:
    _Keeper(channel).take(Dealt(1, Shares(100.0, {this_process(): 70.0}), Shares()))
    assert (BYTES.rate, REQUESTS.rate) == (70.0, None)


def test_what_was_dealt_out_before_changes_nothing(channel: Channel) -> None:
    keeper = _Keeper(channel)
    keeper.take(Dealt(5, Shares(50.0), Shares()))
    keeper.take(channel.dealt)
    assert BYTES.rate == 50.0


def test_a_smaller_share_counts_at_once_and_a_larger_one_when_all_must_know_theirs(channel: Channel) -> None:
    keeper, job_dir = _Keeper(channel), channel.open_job_dir()
    keeper.take(channel.dealt)
    publish_dealt(job_dir, Dealt(2, Shares(20.0), Shares(40.0)))
    keeper.look()
    assert (BYTES.rate, REQUESTS.rate) == (20.0, 10.0)
    keeper.sleep()
    assert REQUESTS.rate == 10.0


def test_a_larger_share_comes_in_the_end(channel: Channel) -> None:
    keeper = _Keeper(channel)
    keeper.take(channel.dealt)
    keeper.take(Dealt(2, Shares(None), Shares(40.0)), delay_seconds=0.001)
    assert (BYTES.rate, REQUESTS.rate) == (100.0, 10.0)
    while BYTES.rate is not None:
        keeper.sleep()
    assert REQUESTS.rate == 40.0


def test_a_file_that_cannot_be_understood_leaves_the_last_share(channel: Channel) -> None:
    keeper, job_dir = _Keeper(channel), channel.open_job_dir()
    keeper.take(channel.dealt)
    job_dir.replace("shares.json", b"{")
    keeper.look()
    assert BYTES.rate == 100.0


def result(size: int) -> CopyResult:
    return CopyResult("f", 0, FILE, FileAction.COPY, Outcome.COPIED, size, 0)


def test_a_beat_tells_what_is_done_and_what_is_under_way(channel: Channel) -> None:
    assert PULSE.beat() is None
    with PULSE.beating(channel):
        assert PULSE.beat() is None
        PULSE.at("copy-00001")
        BYTES.set_rate(None)
        BYTES.take(500)
        PULSE.done(result(100))
        beat = PULSE.beat()
        assert beat is not None
        assert (beat.task, beat.files, beat.size_bytes) == ("copy-00001", 1, 500)
        PULSE.done(result(9000))
        beat = PULSE.beat()
        assert beat is not None
        assert (beat.files, beat.size_bytes) == (2, 9100)
    assert PULSE.beat() is None


@pytest.mark.slow
def test_a_task_that_lasts_beats_and_leaves_nothing_behind(channel: Channel) -> None:
    job_dir = channel.open_job_dir()
    found: list[str] = []

    def work(task: str, attempt: str) -> str:
        PULSE.at(task)
        while not found:
            found.extend(beat.task for beat in read_beats(job_dir))
        return attempt

    assert carry_out(channel, work, "copy-00001", "a1") == "a1"
    assert found == ["copy-00001"]
    while list(read_beats(job_dir)):
        pass
