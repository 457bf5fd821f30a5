"""What a run leaves at its target: ledger and report, which outlive the job directory."""

import shutil
from pathlib import Path

import pytest

from hdfs2oss.cli import main
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.local_oss.faults.rule import Rule
from tests.trees import make_tree, read_tree

TREE = {"a": b"alpha", "d/b": b"beta"}


@pytest.fixture
def server(tmp_path: Path, home: Path, monkeypatch):
    with LocalOssServer(tmp_path / "oss", access_key_id="id", access_key_secret="secret", buckets=["lake"]) as server:
        monkeypatch.setenv("OSS_ACCESS_KEY_ID", "id")
        monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", "secret")
        monkeypatch.setenv("OSS_ENDPOINT", server.endpoint)
        yield server


@pytest.fixture
def run(server: LocalOssServer, tmp_path: Path, capsys):
    """Carry out a command on a source and the target; what it said."""
    make_tree(tmp_path / "source", TREE)

    def call(*words: str, code: int = 0, target: str = "oss://lake") -> str:
        capsys.readouterr()
        assert main([*words, f"file://{tmp_path}/source", target]) == code
        said = capsys.readouterr()
        return said.out + said.err

    return call


COPY = ("copy", "-update", "--processes", "1")


def test_the_ledger_can_be_read_when_the_job_directory_has_gone(run, home: Path) -> None:
    run(*COPY)
    digest = run("ledger", "--digest")
    shutil.rmtree(home / ".hdfs2oss")
    assert run("ledger", "--digest") == digest
    said = run("ledger")
    assert "in oss://lake/.hdfs2oss/proofs/" in said
    assert "exit code 0: 2 copied (9 bytes)" in said
    assert run("ledger", "--digest", "--job-dir", "oss://lake/.hdfs2oss/proofs") == digest
    assert "only the report is here" in run("ledger", "--failed", code=2)


def test_what_is_left_follows_the_ledger_and_takes_part_in_no_copy_or_deletion(run, home: Path, tmp_path: Path) -> None:
    run(*COPY)
    (tmp_path / "source" / "a").unlink()
    make_tree(tmp_path / "source", {"new": b"1"})
    # The target is the root of the bucket, where the proof is.
    assert "FILES_DELETED=1\n" in run(*COPY, "-delete", "--keep-runs", "1")
    digest = run("ledger", "--digest")
    shutil.rmtree(home / ".hdfs2oss")
    assert run("ledger", "--digest") == digest
    assert "Runs: 1 on record" in run("ledger")
    assert main(["copy", "--processes", "1", "oss://lake", f"file://{tmp_path}/back"]) == 0
    assert read_tree(tmp_path / "back") == {"d/b": b"beta", "new": b"1"}


def test_where_it_cannot_be_written_a_note_says_so_and_the_run_is_well(run, server: LocalOssServer) -> None:
    server.plan.replace([Rule("error", key=".hdfs2oss/*", status=403, code="AccessDenied")])
    said = run(*COPY)
    assert "NOTE: ledger and report could not be left at the target, in oss://lake/.hdfs2oss/proofs/" in said
    assert "--proof-dir none" in said


def test_a_head_that_is_left_already_is_not_sent_again(run, server: LocalOssServer, home: Path) -> None:
    run(*COPY)
    # Nothing changes, so the ledger stays as it is; who touches what is left of it is refused.
    server.plan.replace([Rule("error", key=".hdfs2oss/*/ledger/*", status=403, code="AccessDenied")])
    assert "NOTE: " not in run(*COPY)
    server.plan.replace([])
    digest = run("ledger", "--digest")
    shutil.rmtree(home / ".hdfs2oss")
    assert run("ledger", "--digest") == digest


def test_it_goes_where_it_is_told_or_nowhere(run, home: Path, tmp_path: Path) -> None:
    run(*COPY, "--proof-dir", "none")
    shutil.rmtree(home / ".hdfs2oss")
    assert "nothing is on record" in run("ledger", code=2)
    run(*COPY, "--proof-dir", f"file://{tmp_path}/proofs")
    assert "Runs: 1 on record" in run("ledger", "--job-dir", f"file://{tmp_path}/proofs")


def test_what_another_job_directory_left_is_never_replaced(run, home: Path) -> None:
    run(*COPY)
    digest = run("ledger", "--digest")
    shutil.rmtree(home / ".hdfs2oss")
    said = run(*COPY, "--job-dir", f"file://{home}/elsewhere")
    assert f"what is there was left by the job directory file://{home}/.hdfs2oss/" in said
    assert run("ledger", "--digest") == digest


@pytest.mark.slow
def test_what_a_job_directory_left_that_has_gone_is_not_replaced_by_its_successor(run, home: Path, tmp_path) -> None:
    run(*COPY)
    digest = run("ledger", "--digest")
    shutil.rmtree(home / ".hdfs2oss")
    make_tree(tmp_path / "source", {"new": b"1"})
    for _ in range(3):
        said = run(*COPY)
        assert f"was left by the job directory file://{home}/.hdfs2oss/" in said
        assert "which was begun anew since, and is kept" in said
    shutil.rmtree(home / ".hdfs2oss")
    assert run("ledger", "--digest") == digest


def test_a_job_directory_is_never_taken_for_a_place_of_proofs(run, tmp_path: Path) -> None:
    one, other = (f"file://{tmp_path}/{name}" for name in ("one", "other"))
    run(*COPY, "--job-dir", one, "--proof-dir", "none")
    digest = run("ledger", "--digest", "--job-dir", one)
    for number in range(1, 4):
        make_tree(tmp_path / "source", {"a": b"other" * number})
        assert "what is there is a job directory, and is kept" in run(*COPY, "--job-dir", other, "--proof-dir", one)
    assert run("ledger", "--digest", "--job-dir", one) == digest
