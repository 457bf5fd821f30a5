"""`hdfs2oss clean`: what dead runs have left goes, and nothing else."""

import os
import re
import time

import oss2
import pytest

from hdfs2oss.cli import main
from hdfs2oss.filesystems.registry import open_filesystem
from hdfs2oss.model.attributes import NOTHING
from tests.acceptance.conftest import Finished

SIZES = ("--part-size", "100K", "--chunk-size", "200K")


@pytest.fixture
def killed(command, make_place, home):
    """A copy of large files, as it is left by a kill before any of them was completed; its target."""
    source, target = make_place("file", "source"), make_place("oss", "target")
    source.make({"one": os.urandom(500_000), "other": os.urandom(500_000)})
    assert command(*SIZES, source, target).code == 0
    # As it was before the commit: an upload each, begun after the run had told of it.
    store = open_filesystem(target.uri, target.stores)
    for name in ("one", "other"):
        store.begin_upload(target.uri.join(name).path, NOTHING)
    (run,) = home.glob(".hdfs2oss/*/runs/*")
    for name in ("report.json", "ledger/commit-00000.parquet"):
        (run / name).unlink()
    return target


def clean(command, *words: object) -> Finished:
    command.capture.readouterr()
    code = main(["clean", *map(str, words)])
    captured = command.capture.readouterr()
    return Finished(code, captured.err + captured.out)


def uploads(target, oss_server) -> list[str]:
    session = oss2.Session()
    session.session.trust_env = False
    bucket = oss2.Bucket(oss2.Auth("test-id", "test-secret"), oss_server.endpoint, "lake", session=session)
    found = oss2.MultipartUploadIterator(bucket, prefix=target.uri.path.lstrip("/"))
    return sorted(upload.key.rpartition("/")[2] for upload in found)


def test_a_dead_runs_uploads_go_and_the_run_is_given_up(command, killed, oss_server, home) -> None:
    open_filesystem(killed.uri, killed.stores).begin_upload(killed.uri.join("somebody's").path, NOTHING)
    done = clean(command, "--older-than", "0s", killed)
    assert done.code == 0
    assert re.search(r"last sign of life .* ago: 2 uploads, 0 work files, .* removed\n", done.text)
    assert "left alone below" in done.text
    assert uploads(killed, oss_server) == ["somebody's"]
    assert '"open": false' in next(home.rglob("report.json")).read_text()
    assert "there is nothing to clean away" in clean(command, "--older-than", "0s", killed).text


def test_a_dry_run_says_what_would_go(command, killed, oss_server, home) -> None:
    before = sorted(home.rglob("*"))
    done = clean(command, "--older-than", "0s", "--dry-run", killed)
    assert (done.code, "2 uploads, 0 work files, 0 snapshots or work directories would be removed" in done.text) == (
        0,
        True,
    )
    assert uploads(killed, oss_server) == ["one", "other"]
    assert sorted(home.rglob("*")) == before


def test_a_run_that_died_a_moment_ago_is_left_alone(command, killed, oss_server) -> None:
    assert "left alone (--older-than)" in clean(command, killed).text
    assert uploads(killed, oss_server) == ["one", "other"]


def test_a_run_that_is_going_on_is_left_alone(command, killed, oss_server, home) -> None:
    """Its lock is fresh, and another machine holds it."""
    (lock,) = home.glob(".hdfs2oss/*/_lock")
    for path in lock.glob("*.released"):
        path.rmdir()
    (record,) = [path for path in lock.iterdir() if path.name.isdigit()]
    record.write_text(re.sub(r'"host": "[^"]*"', '"host": "elsewhere"', record.read_text()))
    done = clean(command, "--older-than", "0s", killed)
    assert (done.code, "left alone, as another run of the same copy is going on" in done.text) == (0, True)
    assert uploads(killed, oss_server) == ["one", "other"]


@pytest.mark.hdfs
def test_records_in_the_home_on_the_default_hdfs_are_found(command, hdfs_place, sandbox, monkeypatch) -> None:
    """That is where those of a copy from HDFS to OSS are, and no source is named here."""
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    source, target = hdfs_place("hdfs", "source"), hdfs_place("oss", "target")
    assert command(source.make({"a": b"1"}), target).code == 0
    done = clean(command, target)
    assert (done.code, "there is nothing to clean away" in done.text) == (0, True), done.text


def test_copies_to_other_targets_are_none_of_its_business(command, killed, make_place, oss_server) -> None:
    done = clean(command, "--older-than", "0s", make_place("oss", "elsewhere"))
    assert (done.code, "There are no records of copies" in done.text) == (0, True)
    assert uploads(killed, oss_server) == ["one", "other"]


@pytest.mark.parametrize(
    ("words", "said"), [((), "name one place"), (("a", "b"), "name one place"), (("--older-than", "2", "a"), "no age")]
)
def test_what_is_not_understood_is_refused(command, words, said) -> None:
    done = clean(command, *words)
    assert (done.code, said in done.text) == (2, True)


def test_working_files_of_a_verify_that_died_go_after_a_week_and_others_stay(command, killed, home) -> None:
    runs = home / ".hdfs2oss/verify/runs"
    for name, days in (("dead", 8), ("young", 6)):
        (runs / name / "plan").mkdir(parents=True)
        file = runs / name / "plan/survey.parquet"
        file.write_bytes(b"1")
        os.utime(file, (time.time() - days * 86400,) * 2)
    assert "would be removed" in clean(command, "--dry-run", "--older-than", "0s", killed).text
    assert sorted(path.name for path in runs.iterdir()) == ["dead", "young"]
    assert "runs/dead: a verify, last sign of life" in clean(command, "--older-than", "0s", killed).text
    assert [path.name for path in runs.iterdir()] == ["young"]
