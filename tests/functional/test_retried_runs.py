"""What failed in a run is tried again by itself, and what nobody knows of is not passed over in silence."""

import shlex

import pytest

from hdfs2oss.cli import main
from hdfs2oss.filesystems.local import LocalFileSystem
from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems, seat_filesystem
from hdfs2oss.model.errors import PermissionDenied
from hdfs2oss.model.uri import Uri
from hdfs2oss.runners.local import LocalRunner
from tests.stores.faults import Fault, FlakyFileSystem

TREE = {"a": b"1", "b": b"22", "closed/c": b"333"}
WHOLE = "Next: run the copy itself, which looks at everything again:"


@pytest.fixture
def runner():
    """Faults live in this process, so tasks do too."""
    return LocalRunner(0, pause_seconds=0.0)


@pytest.fixture
def fail_once(copy, local_ends, oss_stores: StoreConfig):
    """`fail_once(*faults, **options)`: a copy with these faults, which are gone behind it; gives its report."""

    def run(*faults: Fault, **options):
        source, target = local_ends
        seat_filesystem(Uri("file", "", "/"), oss_stores, FlakyFileSystem(LocalFileSystem(), *faults))
        try:
            return copy(source.make(TREE), target, **options)
        finally:
            close_filesystems()

    return run


@pytest.fixture
def retry(local_ends, capsys):
    """Run the verb: its exit code, and what it said."""

    def run(*words: str):
        capsys.readouterr()
        code = main(["retry", "--processes", "0", *words, *map(str, local_ends)])
        said = capsys.readouterr()
        return code, said.err + said.out

    return run


CLOSED = Fault("list", "source/closed", PermissionDenied)
BROKEN = Fault("open", "source/b", PermissionDenied)


def test_what_could_not_be_listed_stays_a_failure_and_the_printed_command_brings_it(
    fail_once, retry, local_ends
) -> None:
    target = local_ends[1]
    assert fail_once(CLOSED, BROKEN).exit_code == 8
    for _ in range(2):
        code, text = retry()
        if "cannot be retried" in text:
            break
        assert code == 8, text
        assert "needs the copy itself again" in text or "need the copy itself again" in text
        assert target.read() == {"a": b"1", "b": b"22"}
        lines = text.splitlines()
        line = lines[lines.index(WHOLE) + 1]
    assert code == 2, text
    words = shlex.split(line)
    assert main(words[words.index("copy") :]) == 0
    assert target.read() == TREE


def test_what_only_could_not_be_listed_is_refused(fail_once, retry) -> None:
    assert fail_once(CLOSED).exit_code == 8
    code, text = retry()
    assert code == 2
    assert "directories could not be listed" in text


def test_a_run_that_nothing_failed_in_is_not_retried(fail_once, retry, local_ends) -> None:
    assert fail_once().exit_code == 0
    code, text = retry()
    assert code == 0
    assert "Nothing failed" in text


def test_a_source_that_has_gone_by_then_is_told_and_is_no_failure(fail_once, retry, local_ends) -> None:
    source = local_ends[0]
    assert fail_once(BROKEN).exit_code == 4
    (source / "b").local.unlink()
    code, text = retry()
    assert code == 0, text
    assert "1 of what failed has gone from the source since" in text


def test_a_file_that_came_up_at_the_target_by_then_is_left_alone_as_by_a_plain_copy(
    fail_once, retry, local_ends
) -> None:
    target = local_ends[1]
    assert fail_once(BROKEN).exit_code == 4
    target.make({"b": b"somebody else"})
    code, text = retry()
    assert code == 0, text
    assert target.read()["b"] == b"somebody else"


@pytest.mark.parametrize("options", [{"atomic": True}, {"max_failures": 0}])
def test_a_run_that_is_tried_again_as_a_whole_only_is_refused(fail_once, retry, options) -> None:
    assert fail_once(BROKEN, **options).exit_code == 4
    code, text = retry()
    assert code == 2, text
    assert "Run the copy itself, which looks at everything again:" in text


@pytest.mark.slow
@pytest.mark.parametrize("gone", [["report.json"], ["report.json", "layout.json", "ends/survey.json"]])
def test_a_retry_that_was_killed_is_gone_on_with_by_the_same_retry(fail_once, retry, local_ends, home, gone) -> None:
    target = local_ends[1]
    assert fail_once(BROKEN, Fault("open", "source/closed", PermissionDenied)).exit_code == 4
    (target / "b").make({"in the way": b"1"})
    assert retry()[0] == 4
    newest = sorted((home / ".hdfs2oss").glob("*/runs/*"))[-1]
    for name in gone:
        (newest / name).unlink()
    code, text = retry()
    assert code == 4, text
    assert ("Continuing run" in text) == (len(gone) == 1)
    (target / "b/in the way").local.unlink()
    (target / "b").local.rmdir()
    assert retry()[0] == 0
    assert target.read() == TREE
