"""What fails stays a matter of its own file or directory, is counted, and shows in the exit code."""

import functools
import io
import itertools
import json
import os
import threading
from collections.abc import Callable

import pytest

from hdfs2oss.commandline.ending import findings
from hdfs2oss.filesystems.oss.filesystem import OssFileSystem
from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems, seat_filesystem
from hdfs2oss.model.errors import (
    AuthenticationFailed,
    CorruptData,
    Hdfs2ossError,
    PermissionDenied,
    SurveyError,
    Unreachable,
)
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.runners.base import Attempt
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runners.patience import TRIES_HERE
from hdfs2oss.runs.progress import Progress
from hdfs2oss.verbs.copy.job import CopyJob
from tests.stores.faults import Fault, FlakyFileSystem, cut_last_byte

TREE = {"a": b"alpha", "b": b"beta", "d/c": b"gamma", "d/e/f": b"delta"}


@pytest.fixture
def runner():
    """Faults live in this process, so tasks do too."""
    return LocalRunner(0, pause_seconds=0.0)


@pytest.fixture
def break_oss(oss_stores: StoreConfig):
    """Let the bucket fail as told; gives the flaky store."""
    opened: list[OssFileSystem] = []

    def seat(*faults: Fault) -> FlakyFileSystem:
        opened.append(OssFileSystem("lake", oss_stores.oss["lake"], 8))
        flaky = FlakyFileSystem(opened[-1], *faults)
        seat_filesystem(Uri("oss", "lake", "/"), oss_stores, flaky)
        return flaky

    yield seat
    close_filesystems()


Break = Callable[..., FlakyFileSystem]


def without(*paths: str) -> dict[str, bytes]:
    return {path: data for path, data in TREE.items() if path not in paths}


def test_a_file_that_cannot_be_opened_fails_and_the_others_arrive(copy, local_ends, break_files: Break, count) -> None:
    source, target = local_ends
    source.make(TREE)
    break_files(Fault("open", "source/b", PermissionDenied))
    report = copy(source, target)
    assert report.exit_code == 4
    assert target.read() == without("b")
    assert (count(report, "COPY"), count(report, "FAIL"), count(report, "BYTESFAILED")) == (3, 1, 4)
    assert count(report, "BYTESEXPECTED") == count(report, "BYTESCOPIED") == 15
    (failure,) = report.failures
    assert (failure.path, failure.error_class, failure.skippable) == ("b", "ReadError", True)
    assert f"copying {source}/b to {target}/b: reading failed" in failure.message
    assert report.discrepancy == ""


def test_i_goes_on_but_does_not_hide_the_failure(copy, local_ends, break_files: Break) -> None:
    source, target = local_ends
    source.make(TREE)
    break_files(Fault("read", "source/b", PermissionDenied))
    assert copy(source, target, ignore_failures=True).exit_code == 4
    assert target.read() == without("b")


def test_a_read_that_breaks_off_once_is_tried_again(copy, local_ends, break_files: Break, count) -> None:
    source, target = local_ends
    source.make(TREE)
    flaky = break_files(Fault("read", "source/b", Unreachable, times=1))
    report = copy(source, target)
    assert flaky.faults[0].struck == 1
    assert (report.exit_code, count(report, "COPY"), count(report, "FAIL")) == (0, 4, 0)
    assert target.read() == TREE


def test_a_write_that_fails_leaves_no_half_file_and_no_work_file(copy, local_ends, break_files: Break) -> None:
    source, target = local_ends
    source.make({"large": os.urandom(300_000), "small": b"1"})
    break_files(Fault("write", "target/large", PermissionDenied, after=1000))
    report = copy(source, target, part_size_bytes=100 * 1024)
    assert report.exit_code == 4
    assert target.read() == {"small": b"1"}


def test_a_failed_overwrite_leaves_the_old_file_whole(copy, local_ends, break_files: Break) -> None:
    source, target = local_ends
    target.make({"large": b"old"})
    source.make({"large": os.urandom(300_000)})
    break_files(Fault("write", "target/large", PermissionDenied, after=1000))
    assert copy(source, target, overwrite=True, part_size_bytes=100 * 1024).exit_code == 4
    assert target.read() == {"large": b"old"}


@pytest.mark.slow
def test_bytes_lost_on_the_way_to_a_file_are_noticed(copy, local_ends, break_files: Break) -> None:
    source, target = local_ends
    source.make({"large": os.urandom(300_000)})
    break_files(Fault("write", "target/large", damage=cut_last_byte))
    report = copy(source, target, part_size_bytes=100 * 1024)
    assert report.exit_code == 4
    assert report.failures[0].error_class == "VerifyError"
    assert target.read() == {}


def test_a_source_that_ends_early_is_a_failure(copy, local_ends, break_files: Break) -> None:
    source, target = local_ends
    source.make(TREE)
    break_files(Fault("read", "source/b", damage=cut_last_byte))
    report = copy(source, target)
    assert report.exit_code == 4, "a short file must not count as copied"
    assert target.read() == without("b")


def test_a_source_that_goes_between_survey_and_copy_fails(copy, local_ends, break_files: Break) -> None:
    source, target = local_ends
    source.make(TREE)
    gone = source.local / "b"
    break_files(Fault("open", "source/a", times=1, silent=True, meanwhile=gone.unlink))
    report = copy(source, target, threads=1)
    assert (report.exit_code, target.read()) == (4, without("b"))
    assert "the source has gone" in report.failures[0].message


@pytest.mark.parametrize("new_content", [b"beta, but longer", b"BETA"])
def test_a_source_that_changes_while_it_is_read_arrives_as_what_it_is_by_then(
    copy, local_ends, break_files: Break, count, new_content
) -> None:
    source, target = local_ends
    source.make(TREE).settle()
    changed = source.local / "b"
    break_files(Fault("read", "source/b", times=1, silent=True, meanwhile=lambda: changed.write_bytes(new_content)))
    report = copy(source, target)
    assert (report.exit_code, report.discrepancy, target.read()) == (0, "", {**TREE, "b": new_content})
    assert count(report, "FILES_COPIED_AS_CHANGED") == 1
    total = sum(map(len, {**TREE, "b": new_content}.values()))
    assert count(report, "BYTES_LISTED") == count(report, "BYTES_EXPECTED") == count(report, "BYTES_COPIED") == total


def test_a_source_that_keeps_changing_is_an_outcome_of_its_own(copy, local_ends, break_files: Break, count) -> None:
    source, target = local_ends
    source.make(TREE).settle()
    times = itertools.count(1_000_000_000)
    changed = source.local / "b"
    break_files(Fault("read", "source/b", silent=True, meanwhile=lambda: os.utime(changed, (0, next(times)))))
    report = copy(source, target)
    assert report.exit_code == 4
    assert (count(report, "FILES_CHANGED"), count(report, "FILES_FAILED"), count(report, "BYTES_CHANGED")) == (1, 0, 4)
    assert report.failures[0].outcome == "CHANGED"
    assert "changed since it was surveyed" in report.failures[0].message
    assert target.read() == without("b")
    assert report.discrepancy == ""


def test_a_large_file_that_changes_while_it_is_uploaded_arrives_as_what_it_is_by_then(
    copy, upload_ends, break_files: Break, count
) -> None:
    source, target = upload_ends
    sizes = {"parts": 250_000, "chunks": 700_000}
    source.make({name: os.urandom(size) for name, size in sizes.items()}).settle()
    new = {name: os.urandom(size + 50_000) for name, size in sizes.items()}
    faults = [
        Fault(
            "read",
            f"source/{name}",
            times=1,
            silent=True,
            meanwhile=functools.partial((source.local / name).write_bytes, data),
        )
        for name, data in new.items()
    ]
    break_files(*faults)
    report = copy(source, target, part_size_bytes=100 * 1024, chunk_size_bytes=300 * 1024)
    assert (report.exit_code, report.discrepancy, target.read()) == (0, "", new)
    assert (count(report, "FILES_COPIED"), count(report, "FILES_COPIED_AS_CHANGED")) == (2, 2)
    # The one in chunks was planned anew, by its committer.
    assert count(report, "UPLOADS_OUTDATED") == 1
    assert count(report, "BYTES_LISTED") == count(report, "BYTES_COPIED") == sum(map(len, new.values()))


@pytest.mark.slow
def test_a_chunk_that_cannot_be_sent_fails_its_file_once_and_drops_the_upload(
    copy, upload_ends, break_oss: Break, count
) -> None:
    source, target = upload_ends
    source.make({"large": os.urandom(1_000_000), "small": b"1"})
    flaky = break_oss(Fault("part", "target/large", PermissionDenied, skip=1, times=1))
    report = copy(source, target, part_size_bytes=100 * 1024, chunk_size_bytes=200 * 1024)
    assert report.exit_code == 4
    assert (count(report, "FAIL"), count(report, "BYTESFAILED"), count(report, "COPY")) == (1, 1_000_000, 1)
    assert len(report.failures) == 1
    assert report.discrepancy == ""
    assert target.read() == {"small": b"1"}
    assert ("abort", f"{target.uri.path}/large") in flaky.calls


def test_parts_that_cannot_be_completed_leave_the_old_object(copy, upload_ends, break_oss: Break) -> None:
    source, target = upload_ends
    target.make({"large": b"old", "parts": b"old"})
    source.make({"large": os.urandom(500_000), "parts": os.urandom(150_000)})
    break_oss(Fault("complete", "target/", CorruptData))
    report = copy(source, target, overwrite=True, part_size_bytes=100 * 1024, chunk_size_bytes=200 * 1024)
    assert (report.exit_code, report.failed_files) == (4, 2)
    assert target.read() == {"large": b"old", "parts": b"old"}


def test_an_upload_that_cannot_be_opened_fails_its_file_alone(copy, upload_ends, break_oss: Break, count) -> None:
    source, target = upload_ends
    source.make({"large": os.urandom(500_000), "small": b"1"})
    break_oss(Fault("begin", "target/large", PermissionDenied))
    report = copy(source, target, part_size_bytes=100 * 1024, chunk_size_bytes=200 * 1024)
    assert (report.exit_code, count(report, "FAIL"), count(report, "COPY")) == (4, 1, 1)
    assert report.discrepancy == ""
    assert target.read() == {"small": b"1"}


def test_a_directory_that_cannot_be_listed_is_named_and_the_rest_arrives(
    copy, local_ends, break_files: Break, count
) -> None:
    source, target = local_ends
    source.make({**TREE, "z": b"last"})
    break_files(Fault("list", "source/d", PermissionDenied))
    report = copy(source, target)
    assert report.exit_code == 8
    assert target.read() == {"a": b"alpha", "b": b"beta", "z": b"last"}
    assert count(report, "COPY") == 3
    ((place, cause),) = report.problems
    assert place.endswith("/d")
    assert "cannot list" in cause


def test_a_target_directory_that_cannot_be_listed_blocks_what_would_go_there(
    copy, local_ends, break_files: Break
) -> None:
    source, target = local_ends
    target.make({"d/c": b"unknown"})
    source.make({**TREE, "z": b"last"})
    break_files(Fault("list", "target/d", PermissionDenied))
    report = copy(source, target, update=True)
    assert report.exit_code == 8
    assert target.read() == {"a": b"alpha", "b": b"beta", "z": b"last", "d/c": b"unknown"}


def test_a_source_root_that_cannot_be_listed_copies_nothing(copy, local_ends, break_files: Break) -> None:
    source, target = local_ends
    source.make(TREE)
    break_files(Fault("list", "/source", PermissionDenied))
    assert copy(source, target).exit_code == 3
    assert not target.exists()


def test_one_of_two_sources_that_cannot_be_listed_does_not_keep_the_other(copy, local_ends, break_files: Break) -> None:
    source, target = local_ends
    one = (source / "one").make({"x": b"1"})
    two = (source / "two").make({"y": b"2"})
    break_files(Fault("list", "/source/one", PermissionDenied))
    report = copy([one, two], target)
    assert report.exit_code == 8
    assert target.read() == {"two/y": b"2"}


def test_a_target_that_does_not_answer_is_known_before_anything_else(copy, local_ends, break_files: Break) -> None:
    source, target = local_ends
    source.make(TREE)
    break_files(Fault("status", "/target", PermissionDenied))
    with pytest.raises(SurveyError, match="looking at the target"):
        copy(source, target)


def test_a_directory_that_cannot_be_made_is_counted_as_a_failure(copy, local_ends, break_files: Break, count) -> None:
    source, target = local_ends
    source.make({"a": b"1", "empty/": None})
    break_files(Fault("make_directory", "target/empty", PermissionDenied))
    report = copy(source, target)
    assert (report.exit_code, count(report, "DIRECTORIES_FAILED"), count(report, "FILES_FAILED")) == (4, 1, 0)
    assert target.read() == {"a": b"1"}


def test_a_symbolic_link_is_a_failure_with_its_reason(copy, local_ends, runner) -> None:
    source, target = local_ends
    source.make({"a": b"1"})
    (source.local / "link").symlink_to("a")
    report = copy(source, target)
    assert report.exit_code == 4
    assert target.read() == {"a": b"1"}
    assert "symbolic link" in report.failures[0].message


@pytest.mark.slow
def test_a_store_that_has_gone_stops_a_task_long_before_its_last_file(copy, local_ends, break_files: Break) -> None:
    source, target = local_ends
    source.make({f"{number:03d}": b"x" for number in range(60)})
    flaky = break_files(Fault("write", "/target/", Unreachable), Fault("put", "/target/", Unreachable))
    # So many at once as must fail in a row: each is tried three times, with pauses.
    report = copy(source, target, threads=8)
    assert report.failed_files == 60
    assert len([call for call in flaky.calls if call[0] in ("put", "write")]) < 60 * TRIES_HERE
    assert any("files in a row failed" in failure.message for failure in report.failures)


def test_a_store_that_comes_back_costs_no_file(copy, upload_ends, break_oss: Break, count) -> None:
    source, target = upload_ends
    tree = {f"{number:03d}": b"x" for number in range(60)}
    source.make(tree)
    flaky = break_oss(Fault("put", "target/0", Unreachable, times=20))
    report = copy(source, target, threads=2)
    assert (report.exit_code, count(report, "COPY"), flaky.faults[0].struck) == (0, 60, 20)
    assert target.read() == tree


def test_keys_that_expire_end_the_copy_at_once_with_a_report(copy, upload_ends, break_oss: Break, count, home) -> None:
    source, target = upload_ends
    source.make({f"{number:03d}": b"x" for number in range(60)})
    flaky = break_oss(Fault("put", "target/0", AuthenticationFailed))
    report = copy(source, target, threads=2)
    assert (report.exit_code, count(report, "FILES_NOT_TRIED"), report.discrepancy) == (4, 60, "")
    assert "every other file would fail likewise" in report.stopped
    assert len([call for call in flaky.calls if call[0] == "put"]) <= 4
    (written,) = home.rglob("report.json")
    assert json.loads(written.read_text())["stopped"] == report.stopped
    assert f"STOPPED: {report.stopped}" in list(findings(report))


class LateRunner(LocalRunner):
    """Hands reports over at the end of a wave only, as Spark does; before the last task it waits to be told to end."""

    reports_live = False

    def __init__(self) -> None:
        super().__init__(0)
        self.slots = 6
        self.tasks: list[object] = []
        self._ended = threading.Event()
        self._error: Hdfs2ossError | None = None

    def run_wave(self, name, work, tasks, on_report) -> None:
        if name != "copy":
            super().run_wave(name, work, tasks, on_report)
            return
        reports = [work(task, Attempt(f"{number}")) for number, task in enumerate(tasks[:-1])]
        self.tasks = list(tasks)
        self._ended.wait(30)
        if self._error is not None:
            raise self._error
        for report in [*reports, work(tasks[-1], Attempt("last"))]:
            on_report(report)

    def end_wave(self, error: Hdfs2ossError) -> None:
        self._error = error
        self._ended.set()


def test_failures_are_counted_while_a_wave_runs_whose_reports_come_at_its_end(
    local_ends, home, break_files: Break, count
) -> None:
    source, target = local_ends
    source.make({f"bad-{number}": b"x" * 40_000 for number in range(6)})
    break_files(Fault("open", "source/bad", PermissionDenied))
    runner, progress = LateRunner(), Progress(io.StringIO(), pause_seconds=0.05)
    # So slow that each file is a task of its own; none of them is read.
    options = CopyOptions(sources=(source.uri,), target=target.uri, max_failures=2, bandwidth_mb=0.001)
    report = CopyJob(options, target.stores, runner, progress, [Uri("file", "", str(home))]).run()
    progress.end()
    assert len(runner.tasks) == 6
    assert "files have failed, more than 2" in report.stopped
    assert (report.failed_files, count(report, "FILES_NOT_TRIED")) == (5, 1)
    assert (report.exit_code, report.discrepancy) == (4, "")


@pytest.mark.parametrize(("most", "is_ended"), [(2, True), (3, False)])
def test_a_copy_is_ended_when_more_files_have_failed_than_allowed(
    copy, local_ends, break_files: Break, most, is_ended
) -> None:
    source, target = local_ends
    source.make({**TREE, "bad-1": b"1", "bad-2": b"2", "bad-3": b"3"})
    break_files(Fault("open", "source/bad", PermissionDenied))
    report = copy(source, target, max_failures=most)
    assert (report.exit_code, report.failed_files, bool(report.stopped)) == (4, 3, is_ended)
    assert not is_ended or "3 files have failed, more than 2" in report.stopped
    assert not is_ended or "--max-failures" in report.advice
