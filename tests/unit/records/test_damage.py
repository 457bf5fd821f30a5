"""What runs of a pair remember of target files that they wrote damaged."""

import pytest

from hdfs2oss.model.errors import SurveyError, Unreachable
from hdfs2oss.records.damage import Damaged, forget, recall, remember
from hdfs2oss.records.jobdir import JobDir
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import MemoryFileSystem


def job_dir(store, run: str = "run-1") -> JobDir:
    return JobDir(store, "/jobs/pair", run)


def test_damage_is_known_to_the_next_run_and_once_however_often_it_is_told(memory: MemoryFileSystem) -> None:
    told = {Damaged("d/a b", "E"), Damaged("汉字", "E"), Damaged("d/a b", "F")}
    for one in [*told, *told]:
        remember(job_dir(memory), one)
    assert recall(job_dir(memory, "run-2")) == told
    assert len(memory.files()) == 3


def test_damage_under_an_etag_of_parts_is_forgotten_once_the_file_arrived_under_it(memory: MemoryFileSystem) -> None:
    for etag in ("E", "E-2", "F-2"):
        remember(job_dir(memory), Damaged("a", etag))
        if etag != "F-2":
            forget(job_dir(memory, "run-2"), "a", etag)
    forget(job_dir(memory), "b", "F-2")
    assert recall(job_dir(memory)) == {Damaged("a", "E"), Damaged("a", "F-2")}


def test_a_record_that_cannot_be_removed_stays(memory: MemoryFileSystem) -> None:
    remember(job_dir(memory), Damaged("a", "E-2"))
    forget(job_dir(FlakyFileSystem(memory, Fault("remove"))), "a", "E-2")
    assert recall(job_dir(memory)) == {Damaged("a", "E-2")}


def test_a_pair_without_damage_knows_of_none(memory: MemoryFileSystem) -> None:
    assert recall(job_dir(memory)) == frozenset()


@pytest.mark.parametrize("content", [b'{"version": 2, "path": "a", "etag": "E"}', b"{", b"[]", b'{"version": 1}'])
def test_a_record_that_is_not_understood_is_an_error(memory: MemoryFileSystem, content: bytes) -> None:
    memory.place("/jobs/pair/damaged/x.json", content)
    with pytest.raises(SurveyError, match=r"/jobs/pair/damaged/x\.json"):
        recall(job_dir(memory))


def test_records_that_cannot_be_read_are_not_taken_for_none(memory: MemoryFileSystem) -> None:
    remember(job_dir(memory), Damaged("a", "E"))
    for operation in ("list", "open"):
        with pytest.raises(Unreachable):
            recall(job_dir(FlakyFileSystem(memory, Fault(operation, "damaged"))))
