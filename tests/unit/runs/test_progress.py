import io

import pytest

from hdfs2oss.filesystems.base import Walk
from hdfs2oss.model.values import TaskReport
from hdfs2oss.records import ledger
from hdfs2oss.records.beats import Beat
from hdfs2oss.records.jobdir import JobDir
from hdfs2oss.runs.progress import Progress
from tests.stores.memory import MemoryFileSystem


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def report(number: int, files: int, size: int) -> TaskReport:
    name = f"copy-{number}"
    counters = {"hdfs2oss": {"FILES_COPIED": files, "BYTES_COPIED": size, "DIRECTORIES_MADE": 7}}
    return TaskReport(name, "1", "h", f"{name}.parquet", 1.0, 1.0, 1, counters, ())


def test_the_line_tells_tasks_files_bytes_rate_and_time_left() -> None:
    clock = Clock()
    progress = Progress(io.StringIO(), clock)
    progress.begin("copy", tasks=4, files=100, size_bytes=8 << 20)
    clock.now = 10.0
    progress.task_done(report(1, 25, 2 << 20))
    assert progress.line() == "copy: 1/4 tasks, 25/100 files, 2.0 MiB of 8.0 MiB, 204.8 KiB/s, 30 s left"
    progress.end()


def test_a_task_known_already_is_not_counted_again() -> None:
    progress = Progress(io.StringIO(), Clock())
    progress.begin("copy", tasks=4, files=100, size_bytes=100)
    for _ in range(3):
        progress.task_done(report(1, 25, 50))
    assert progress.line().startswith("copy: 1/4 tasks, 25/100 files, 50 B of 100 B")
    progress.end()


def test_files_whose_checksums_are_equal_are_done_too() -> None:
    progress = Progress(io.StringIO(), Clock())
    progress.begin("copy", tasks=2, files=4, size_bytes=40)
    counts = {"FILES_COPIED": 1, "BYTES_COPIED": 10, "FILES_SKIPPED": 2, "BYTES_SKIPPED": 20}
    progress.task_done(TaskReport("copy-1", "1", "h", "copy-1.parquet", 1.0, 1.0, 1, {"hdfs2oss": counts}, ()))
    assert progress.line().startswith("copy: 1/2 tasks, 3/4 files, 30 B of 40 B")
    progress.end()


def test_a_phase_without_tasks_tells_its_time() -> None:
    clock = Clock()
    progress = Progress(io.StringIO(), clock)
    progress.begin("survey")
    clock.now = 75.0
    assert progress.line() == "survey: 1 m 15 s"
    progress.end()


def test_published_ledger_files_are_found_while_a_wave_runs() -> None:
    job_dir = JobDir(MemoryFileSystem(), "/jobs", "run")
    progress = Progress(io.StringIO(), Clock())
    found: list[str] = []
    progress.begin("copy", 2, 2, 2, job_dir, lambda report: found.append(report.task))
    ledger.publish(job_dir, report(1, 1, 1), [])
    progress._poll()
    progress._poll()
    assert progress.line().startswith("copy: 1/2 tasks, 1/2 files")
    assert found == ["copy-1"]
    progress.end()


class SlowlyListed(MemoryFileSystem):
    """A listing takes so many seconds of the clock."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        super().__init__()
        self.clock, self.seconds, self.listings = clock, seconds, 0

    def walk(self, path: str, after: str = "", until: str = "", recursive: bool = True) -> Walk:
        self.listings += 1
        self.clock.now += self.seconds
        return super().walk(path, after, until, recursive)


@pytest.mark.parametrize(("seconds", "listings"), [(0.0, 1000), (0.04, 1000), (2.0, 25), (100.0, 1)])
def test_a_ledger_that_takes_long_to_list_is_looked_at_less_often(seconds: float, listings: int) -> None:
    clock = Clock()
    store = SlowlyListed(clock, seconds)
    progress = Progress(io.StringIO(), clock, pause_seconds=3600.0)
    job_dir = JobDir(store, "/jobs", "run")
    ledger.publish(job_dir, report(1, 1, 1), [])
    progress.begin("copy", 2, 2, 2, job_dir)
    began = clock.now
    for number in range(1000):
        clock.now = max(clock.now, began + number)
        progress._poll()
    assert store.listings == listings
    if listings > 1:
        assert seconds * store.listings <= 0.051 * (clock.now - began)
    progress.begin("commit", 2, 2, 2, job_dir)
    progress._poll()
    assert store.listings == listings + 1
    progress.end()


def test_ending_twice_is_fine_and_leaves_no_thread() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    progress.begin("roots")
    progress.end()
    progress.end()
    assert stream.getvalue() == ""


def beat(number: int, files: int, size: int) -> Beat:
    return Beat(f"p-{number}", f"copy-{number}", 1, files, size, 0, 0, 0, 0)


def test_what_running_tasks_have_done_shows_and_counts_once_when_they_have_finished() -> None:
    clock = Clock()
    progress = Progress(io.StringIO(), clock)
    progress.begin("copy", tasks=2, files=1, size_bytes=8 << 20)
    clock.now = 1.0
    progress.tell_running([beat(1, 0, 1 << 20), beat(2, 0, 1 << 20)])
    assert progress.line() == "copy: 0/2 tasks, 0/1 file, 2.0 MiB of 8.0 MiB, 2.0 MiB/s, 3.0 s left"
    progress.task_done(report(1, 1, 4 << 20))
    assert "1/2 tasks, 1/1 file, 5.0 MiB of 8.0 MiB" in progress.line()
    progress.end()


def test_a_task_that_is_done_again_never_shows_more_than_there_is() -> None:
    progress = Progress(io.StringIO(), Clock())
    progress.begin("copy", tasks=2, files=1, size_bytes=1 << 20)
    progress.tell_running([beat(1, 5, 1 << 30)])
    assert "0/2 tasks, 1/1 file, 1.0 MiB of 1.0 MiB" in progress.line()
    progress.end()


def test_chunks_that_have_arrived_count_before_their_file_is_completed() -> None:
    progress = Progress(io.StringIO(), Clock())
    progress.begin("copy", tasks=2, files=1, size_bytes=100)
    counters = {"File Output Format Counters": {"Bytes Written": 50}, "hdfs2oss": {}}
    progress.task_done(TaskReport("copy-1", "1", "h", "copy-1.parquet", 1.0, 1.0, 1, counters, ()))
    assert "50 B of 100 B" in progress.line()
    progress.end()


def test_the_rate_is_that_of_the_last_minute() -> None:
    clock = Clock()
    progress = Progress(io.StringIO(), clock)
    progress.begin("copy", tasks=2, files=1, size_bytes=1 << 40)
    for second in range(0, 200, 10):
        clock.now = float(second)
        progress.tell_running([beat(1, 0, min(second, 100) * (10 << 20) + max(0, second - 100) * (1 << 20))])
        line = progress.line()
    assert " 1.0 MiB/s" in line
    progress.end()


def test_what_an_earlier_driver_did_is_no_speed_of_this_one() -> None:
    clock = Clock()
    progress = Progress(io.StringIO(), clock)
    progress.begin("copy", tasks=2, files=2, size_bytes=100 << 20)
    progress.task_done(report(1, 1, 50 << 20))
    progress.count_from_here()
    clock.now = 10.0
    progress.tell_running([beat(2, 0, 10 << 20)])
    assert "60.0 MiB of 100.0 MiB, 1.0 MiB/s, 40 s left" in progress.line()
    progress.end()
