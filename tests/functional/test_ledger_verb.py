"""`hdfs2oss ledger`: what is on record of a copy, as an operator reads it."""

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hdfs2oss.cli import main
from hdfs2oss.rules.checksum import crc32c, crc64
from tests.conftest import KEY_ID, KEY_SECRET
from tests.trees import Place

TREE = {"a": b"alpha", "d/b.gz": b"beta", "d/e/c": b""}
Ask = Callable[..., str]


@pytest.fixture
def ends(upload_ends: tuple[Place, Place], oss_server, home: Path, monkeypatch) -> tuple[Place, Place]:
    monkeypatch.setenv("OSS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", KEY_SECRET)
    monkeypatch.setenv("OSS_ENDPOINT", oss_server.endpoint)
    return upload_ends


@pytest.fixture
def ask(ends: tuple[Place, Place], capsys) -> Ask:
    """What `hdfs2oss ledger [words] SOURCE TARGET` prints."""

    def run(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        assert main(["ledger", *words, *map(str, ends)]) == code
        said = capsys.readouterr()
        return said.err if code else said.out

    return run


@pytest.fixture
def runner(request: pytest.FixtureRequest):
    """Where tasks ran makes no difference to what is on record."""
    return request.getfixturevalue("two_processes")


def test_the_summary_tells_of_files_by_proof_and_of_the_last_runs(ends, ask, copy) -> None:
    source, target = ends
    first = copy(source.make(TREE).settle(), target, update=True)
    second = copy(source, target, update=True)
    lines = ask().splitlines()
    assert lines[0].startswith(f"Ledger of {source} -> {target}, in ")
    assert lines[1:] == [
        "Known: 3 files, 9 bytes (9 B)",
        "  proof transfer             3 files                9 bytes",
        "Runs: 2 on record",
        f"  {first.run_id}  exit code 0: 3 copied (9 bytes)",
        f"  {second.run_id}  exit code 0: 3 skipped (9 bytes)",
    ]


def test_rows_are_picked_by_path_and_proof_and_given_in_each_form(ends, ask, copy) -> None:
    source, target = ends
    report = copy(source.make(TREE).settle(), target, update=True)
    rows = [json.loads(line) for line in ask("--format", "json").splitlines()]
    assert [row["path"] for row in rows] == ["a", "d/b.gz", "d/e/c"]
    assert rows[0]["crc32c"] == f"{crc32c(b'alpha'):08x}"
    assert rows[0]["run"] == report.run_id
    (row,) = csv.DictReader(ask("--path", "*.gz", "--format", "csv").splitlines())
    assert (row["path"], row["source"], row["proof"], row["part_count"]) == (
        "d/b.gz",
        f"{source}/d/b.gz",
        "transfer",
        "0",
    )
    assert [line.split()[0] for line in ask("--path", "d/*").splitlines()] == ["path", "d/b.gz", "d/e/c"]
    assert len(ask("--proof", "transfer").splitlines()) == 4
    assert len(ask("--proof", "end-to-end").splitlines()) == 1


def test_what_failed_is_that_of_the_last_run_or_of_the_one_named(ends, ask, copy) -> None:
    source, target = ends
    target.make({"a/in the way": b"1"})
    first = copy(source.make(TREE).settle(), target, update=True)
    assert first.exit_code == 4
    (row,) = [json.loads(line) for line in ask("--failed", "--format", "json").splitlines()]
    assert (row["path"], row["outcome"], row["error_class"]) == ("a", "FAILED", "TypeConflict")
    second = copy(source, target, update=True, exclude=("/a",))
    assert second.exit_code == 0
    assert len(ask("--failed").splitlines()) == 1
    assert len(ask("--failed", "--run", first.run_id).splitlines()) == 2
    done = csv.DictReader(ask("--run", first.run_id, "--format", "csv").splitlines())
    assert {row["path"]: row["outcome"] for row in done} == {"a": "FAILED", "d/b.gz": "COPIED", "d/e/c": "COPIED"}
    assert "there is no run nonsense on record" in ask("--run", "nonsense", code=2)


def test_the_digest_can_be_made_again_from_the_files_alone(ends, ask, copy) -> None:
    source, target = ends
    copy(source.make(TREE).settle(), target, update=True)
    over64 = over32 = b""
    for path, data in sorted(TREE.items()):
        over64 += f"{path}\0{len(data)}\0{crc64(data):016x}\n".encode()
        over32 += f"{path}\0{len(data)}\0{crc32c(data):08x}\n".encode()
    assert ask("--digest").splitlines() == [
        f"crc64 {hashlib.sha256(over64).hexdigest()} of 3 files, 9 bytes",
        f"crc32c {hashlib.sha256(over32).hexdigest()} of 3 files, 9 bytes",
    ]


def test_the_digest_is_the_same_when_the_files_came_in_another_way(ends, ask, copy) -> None:
    source, target = ends
    copy(source.make(TREE).settle(), target, update=True)
    said = ask("--digest")
    (target / "a").put(b"ALPHA")
    copy(source, target, update=True)
    (source / "a").put(b"alpha")
    copy(source, target, overwrite=True)
    assert ask("--digest") == said


def test_where_nothing_is_on_record_it_says_where_it_looked(ends, ask, home: Path) -> None:
    said = ask(code=2)
    assert "nothing is on record of a copy from" in said
    assert f"file://{home}/.hdfs2oss" in said
    assert "--job-dir" in said
    assert not (home / ".hdfs2oss").exists()


def test_the_records_may_be_where_job_dir_says(ends, ask, copy, make_place) -> None:
    source, target = ends
    place = make_place("file", "records")
    copy(source.make(TREE).settle(), target, update=True, job_dir=place.uri)
    assert "Known: 3 files" in ask("--job-dir", str(place))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--format", "xml"], "option --format: 'xml' is none of table, csv, json"),
        (["--proof", "certain"], "option --proof"),
        (["--digest", "--failed"], "--digest is of all known files"),
        (["--failed", "--proof", "length"], "--proof is about what is known"),
        (["--unknown"], "the option --unknown is not known"),
    ],
)
def test_what_makes_no_sense_is_refused(ask, words, said) -> None:
    assert said in ask(*words, code=2)


def test_a_question_without_a_target_is_refused(capsys) -> None:
    assert main(["ledger", "file:///a"]) == 2
    assert "name its sources and its target" in capsys.readouterr().err


def test_help_is_given(capsys) -> None:
    assert main(["ledger", "--help"]) == 0
    assert "hdfs2oss ledger [options] SOURCE... TARGET" in capsys.readouterr().out
