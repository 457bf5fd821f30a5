"""The -log directory."""

import pytest

from hdfs2oss.filesystems.local import LocalFileSystem
from hdfs2oss.filesystems.registry import seat_filesystem
from hdfs2oss.model.errors import CommitError, PermissionDenied
from tests.stores.faults import Fault, FlakyFileSystem
from tests.trees import Place


@pytest.fixture
def log(make_place) -> Place:
    return make_place("file", "log")


def lines(log: Place) -> list[str]:
    return sorted(line for data in log.read().values() for line in (data or b"").decode().splitlines())


def test_without_v_only_skips_and_failures_have_a_line(copy, ends, log) -> None:
    source, target = ends
    source.make({"a": b"1", "b": b"same"}).settle()
    target.make({"b": b"same"})
    copy(source, target, update=True, log_path=log.uri)
    assert lines(log) == [f"SKIP: {source}/b"]
    assert [path.rpartition("/")[2] for path in log.read()].count("_SUCCESS") == 1


def test_with_v_each_copied_and_each_skipped_file_has_a_line_with_both_ends(copy, ends, log) -> None:
    source, target = ends
    source.make({"a": b"1", "b": b"same", "empty/": None}).settle()
    target.make({"b": b"same"})
    copy(source, target, update=True, log_path=log.uri, verbose=True)
    assert lines(log) == [
        f"FILE_COPIED: source={source}/a, size=1 --> target={target}/a, size=1",
        f"FILE_SKIPPED: source={source}/b, size=4 --> target={target}/b, size=4",
        f"SKIP: {source}/b",
    ]


def test_a_chunked_file_has_its_line_too(copy, ends, log) -> None:
    source, target = ends
    size = 500 * 1024
    source.make({"large": b"x" * size})
    options = {"part_size_bytes": 100 * 1024, "chunk_size_bytes": 200 * 1024}
    copy(source, target, log_path=log.uri, verbose=True, **options)
    assert lines(log) == [f"FILE_COPIED: source={source}/large, size={size} --> target={target}/large, size={size}"]


def test_a_failed_file_has_a_line_with_its_cause(copy, local_ends, log) -> None:
    source, target = local_ends
    target.make({"a/x": b"1"})
    source.make({"a": b"2"})
    copy(source, target, update=True, log_path=log.uri)
    (line,) = lines(log)
    assert line.startswith(f"FAIL: {source}/a - ")
    assert line.endswith("the target is a directory, the source a file")


def test_the_log_may_lie_on_oss(copy, local_ends, make_place) -> None:
    source, target = local_ends
    log = make_place("oss", "log")
    copy(source.make({"a": b"1"}), target, log_path=log.uri, verbose=True)
    assert lines(log) == [f"FILE_COPIED: source={source}/a, size=1 --> target={target}/a, size=1"]


def test_two_runs_do_not_mix_their_files_in_one_log_directory(copy, ends, log) -> None:
    source, target = ends
    first = copy(source.make({"a": b"1"}).settle(), target, update=True, log_path=log.uri, verbose=True)
    second = copy(source, target, update=True, log_path=log.uri)
    assert {first.log_dir, second.log_dir} == {f"{log}/{run.run_id}" for run in (first, second)}
    assert lines(log / first.run_id) == [f"FILE_COPIED: source={source}/a, size=1 --> target={target}/a, size=1"]
    assert lines(log / second.run_id) == [f"SKIP: {source}/a"]
    assert {path.partition("/")[0] for path in log.read()} == {first.run_id, second.run_id}


@pytest.mark.parametrize("name", ["survey-00000-driver", "part-m-copy-00000", "_SUCCESS"])
def test_a_log_file_that_cannot_be_written_is_blamed_on_the_log_directory(
    copy, local_ends, log, oss_stores, name
) -> None:
    source, target = local_ends
    flaky = FlakyFileSystem(LocalFileSystem(), Fault("put", name, PermissionDenied))
    seat_filesystem(log.uri, oss_stores, flaky)
    with pytest.raises(CommitError, match=f"the -log directory {log}/[0-9-]+ cannot be written") as caught:
        copy(source.make({"a": b"1"}), target, log_path=log.uri)
    assert caught.value.exit_code == 5
    assert "job directory" not in f"{caught.value} {caught.value.hint}"
