"""--dry-run: what the same command would do, and nothing of it."""

import re

import pytest

from tests.trees import age

SOURCE = {"new/a": b"aa", "new/b": b"b", "same": b"s", "newer": b"new!", "empty/": None}
TARGET = {"same": b"s", "newer": b"old", "gone/x": b"x", "gone/y": b"yyy", "also-gone": b"g"}


def made(source, target) -> None:
    source.make(SOURCE)
    target.make(TARGET)


def test_what_would_be_done_is_told_and_not_done(command, ends, home) -> None:
    source, target = ends
    made(source, target)
    source.settle()
    before = target.read()
    done = command("-update", "-delete", "--dry-run", source, target)
    assert done.code == 0, done.text
    assert target.read() == before
    assert "Dry run: nothing was copied, made or deleted. The command would" in done.text
    told = dict(re.findall(r"^  (\w+): (.*)$", done.text, re.MULTILINE))
    assert told["copy"].startswith("2 files (3")
    assert told["overwrite"].startswith("1 file ")
    # Between two HDFS the checksums decide, by those who copy.
    assert told["skip"].startswith("1 file ") or "  compare, and copy if they differ: 1 file " in done.text
    assert "directories" in told["make"]
    assert told["delete"].startswith("3 files (5")
    assert f"COPY {target}/new/a" in done.text
    assert f"DELETE {target}/gone/x" in done.text
    assert f"dry run of the copy from {source} to {target} does succeed !!!" in done.text
    assert list(home.rglob("*.parquet")) == []
    real = command("-update", "-delete", source, target)
    assert (real.code, real["COPY"], real["FILES_DELETED"]) == (0, 3, 3)


def test_a_missing_target_stays_missing(command, local_ends) -> None:
    source, target = local_ends
    source.make({"a": b"a", "d/b": b"b"})
    assert command("--dry-run", source, target).code == 0
    assert not target.exists()


def test_what_would_not_be_kept_is_told(command, local_ends) -> None:
    source, target = local_ends
    source.make({"a": b"a"})
    done = command("-prt", "--dry-run", source, target)
    assert (done.code, done.text.count("it has no replication, so nothing of that is kept")) == (0, 1), done.text


def test_all_of_it_is_listed_in_the_log_directory(command, local_ends, make_place) -> None:
    source, target = local_ends
    log = make_place("file", "log")
    source.make({f"f{number:02}": b"x" for number in range(30)})
    target.make({"a-gone": b""})
    done = command("-update", "-delete", "--dry-run", "-log", log, source, target)
    assert done.code == 0
    assert "... and 11 more" in done.text
    (listing,) = [data for path, data in log.read().items() if path.endswith("plan-00000.txt")]
    assert listing.decode().splitlines() == [
        f"DELETE {target}/a-gone",
        *(f"COPY {target}/f{number:02}" for number in range(30)),
    ]


def test_what_would_fail_is_the_exit_code(command, local_ends) -> None:
    source, target = local_ends
    source.make({"d": b"a file", "ok": b"ok"})
    target.make({"d/x": b"in a directory", "gone": b""})
    done = command("-update", "-delete", "--dry-run", source, target)
    assert done.code == 4
    assert "the target is a directory, the source a file" in done.text
    assert "  refuse: 1 file" in done.text
    assert "NOTHING WOULD BE DELETED: 1 entries failed" in done.text


def test_a_brake_is_the_exit_code(command, local_ends) -> None:
    source, target = local_ends
    made(source, target)
    done = command("-update", "-delete", "--max-delete", "1", "--dry-run", source, target)
    assert done.code == 6
    assert "at most 1 may go" in done.text
    assert f"-update -delete --dry-run --max-delete 4 {source} {target}" in done.text
    assert target.read() == TARGET


def test_plain_copies_skip_what_is_there(command, local_ends) -> None:
    source, target = local_ends
    made(source, target)
    age(source.local, 60)
    done = command("--layout", "contents", "--dry-run", source, target)
    assert done.code == 0
    assert "  skip: 2 files" in done.text
    assert target.read() == TARGET


@pytest.mark.parametrize("other", [("-diff", "a", "b"), ("-xtrack", "/x"), ("--from-snapshot", "s", "--make-snapshot")])
def test_what_a_dry_run_cannot_tell_is_refused(command, local_ends, other) -> None:
    source, target = local_ends
    made(source, target)
    assert command("-update", "--dry-run", *other, source, target).code == 2
