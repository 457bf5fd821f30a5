import pytest

from hdfs2oss.filesystems.local import LocalFileSystem
from hdfs2oss.records.beats import Beat, BeatFile, beat_of, read_beats, remove_beats, this_process
from hdfs2oss.records.jobdir import JobDir
from hdfs2oss.records.limits import BY_HAND, SHARES, Dealt, Watched, begin, publish_dealt, read_dealt, set_by_hand
from hdfs2oss.rules.sharing import Shares
from tests.stores.memory import MemoryFileSystem

BEAT = Beat("node-1-17", "copy-00007", 1000, 3, 1 << 40, 1 << 41, 5, 6, 7)


def job_dir(store: object = None, path: str = "/jobs") -> JobDir:
    return JobDir(store or MemoryFileSystem(), path, "run")  # type: ignore[arg-type]


def test_a_beat_is_read_from_its_name() -> None:
    assert beat_of(BEAT.name()) == BEAT


@pytest.mark.parametrize("name", ["", "a=b", BEAT.name() + "=1", BEAT.name().replace("1000", "x")])
def test_another_name_is_no_beat(name: str) -> None:
    assert beat_of(name) is None


def test_the_name_of_a_process_fits_into_that_of_a_file() -> None:
    assert "=" not in this_process()
    assert "/" not in this_process()


@pytest.mark.parametrize("kind", ["memory", "local"])
def test_a_process_has_one_beat_the_latest_and_in_the_end_none(kind: str, tmp_path: object) -> None:
    here = job_dir() if kind == "memory" else job_dir(LocalFileSystem(), f"{tmp_path}/jobs")
    file = BeatFile(here)
    for at_ms in range(3):
        file.beat(BEAT._replace(at_ms=at_ms))
    assert list(read_beats(here)) == [BEAT._replace(at_ms=2)]
    file.remove()
    assert list(read_beats(here)) == []
    file.remove()


def test_of_a_process_that_left_two_the_latest_counts() -> None:
    here = job_dir()
    for at_ms in (10, 30, 20):
        BeatFile(here).beat(BEAT._replace(at_ms=at_ms))
    assert [beat.at_ms for beat in read_beats(here)] == [30]


def test_where_no_task_ran_for_long_there_are_no_beats() -> None:
    assert list(read_beats(job_dir())) == []
    remove_beats(job_dir())


def test_what_is_dealt_out_is_read_so() -> None:
    here, dealt = job_dir(), Dealt(7, Shares(10.0, {"a": 5.0}), Shares(None))
    watched = Watched(here, SHARES)
    assert watched.look() == (False, None)
    publish_dealt(here, dealt)
    is_new, data = watched.look()
    assert is_new
    assert data is not None
    assert read_dealt(data) == dealt
    assert watched.look() == (False, None)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"number": 1}'])
def test_what_holds_no_shares_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"Expecting|shares"):
        read_dealt(data)


def test_a_driver_that_goes_on_takes_back_what_was_set_before() -> None:
    here = job_dir()
    set_by_hand(here, {"total_bandwidth": 5.0})
    watched = Watched(here, BY_HAND)
    assert watched.look()[0]
    begin(here)
    assert watched.look() == (True, None)
