"""What a driver takes over from another, and what it puts on record before it begins."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from hdfs2oss.model.errors import LockLost, PermissionDenied
from hdfs2oss.model.values import PlanSlice
from hdfs2oss.records import course as records
from hdfs2oss.records.jobdir import JobDir
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runs.course import Course
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import MemoryFileSystem

SLICES = [PlanSlice("plan/a", number, 10, 100, 0.1) for number in range(40)]


def course_of(store, slots: int, incarnation: int = 0) -> Course:
    runner = LocalRunner(0)
    runner.slots = slots
    return Course(JobDir(store, "/jobs/pair", "run-1"), runner, incarnation, ThreadPoolExecutor(1))


def test_another_driver_packs_as_the_first_one_did(memory: MemoryFileSystem) -> None:
    first = course_of(memory, 1)
    tasks = first.pack("copy", SLICES)
    first.written()
    assert course_of(memory, 8, 1).pack("copy", SLICES) == tasks
    assert course_of(memory, 8, 2).pack("copy", SLICES) == tasks
    assert course_of(MemoryFileSystem(), 8).pack("copy", SLICES) != tasks


def test_bins_of_slices_that_nobody_speaks_for_are_not_taken_over(memory: MemoryFileSystem) -> None:
    """A driver died before the end of its survey was on record, and the next one surveys again."""
    course_of(memory, 1).pack("copy", SLICES)
    mine = [piece._replace(file="plan/r1") for piece in SLICES[:3]]
    second = course_of(memory, 1, 1)
    tasks = second.pack("copy", mine)
    assert {piece for task in tasks for piece in task.slices} == set(mine)
    second.written()
    assert course_of(memory, 9, 2).pack("copy", mine) == tasks


def test_nothing_is_put_on_record_for_a_wave_of_nothing(memory: MemoryFileSystem) -> None:
    course = course_of(memory, 1)
    assert course.pack("copy", []) == []
    course.written()
    assert memory.files() == {}


def test_the_end_of_a_phase_is_known_to_the_next_driver(memory: MemoryFileSystem) -> None:
    first = course_of(memory, 1)
    assert first.end_of("cut") is None
    first.end("cut", {"chunks": 3})
    first.written()
    second = course_of(memory, 1, 1)
    found = second.end_of("cut")
    assert found is not None
    assert found["chunks"] == 3
    assert (second.ended, second.end_of("survey")) == ({"cut"}, None)


def test_a_record_that_cannot_be_written_keeps_the_wave_from_beginning(memory: MemoryFileSystem) -> None:
    course = course_of(FlakyFileSystem(memory, Fault("create", "tasks/copy", PermissionDenied)), 1)
    course.pack("copy", SLICES)
    with pytest.raises(PermissionDenied):
        course.written()


def test_a_driver_that_finds_the_record_of_another_one_has_lost_the_run(memory: MemoryFileSystem) -> None:
    job_dir = JobDir(memory, "/jobs/pair", "run-1")
    records.publish_end(job_dir, "survey", {"a": 1})
    records.publish_end(job_dir, "survey", {"a": 1})
    with pytest.raises(LockLost, match="another driver goes on with the run run-1"):
        records.publish_end(job_dir, "survey", {"a": 2})


def test_ledgers_are_found_in_one_listing(memory: MemoryFileSystem) -> None:
    for number in range(3):
        memory.place(f"/jobs/pair/runs/run-1/ledger/copy-{number}.parquet", b"")
    store = FlakyFileSystem(memory)
    course = course_of(store, 1, 1)
    assert [len(course.finished) for _ in range(5)] == [3] * 5
    assert sum(operation == "list" for operation, _ in store.calls) == 1
    assert course_of(memory, 1).finished == frozenset()


@pytest.fixture
def memory() -> MemoryFileSystem:
    return MemoryFileSystem()
