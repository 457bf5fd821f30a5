"""Other copiers, each by a file of its own."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import tomllib

from benchmarks import adapter
from benchmarks.command import BenchmarkFailed
from benchmarks.places import Job, Place

ENVIRONMENT = {
    "SANDBOX_HDFS": "hdfs://127.0.0.1:8020",
    "SANDBOX_BUCKET": "lake",
    "OSS_ENDPOINT": "http://127.0.0.1:1",
    "OSS_ACCESS_KEY_ID": "id",
    "OSS_ACCESS_KEY_SECRET": "secret",
}
FACTS = adapter.facts_of(ENVIRONMENT)
TEXT = """
name = "copier"
executable = "no-such-copier"
variable = "BENCH_COPIER"
proof = "length"
copy = ["sync", "{source}", "{target}", "--threads", "{streams}"]
update = ["sync", "--update", "{source}", "{target}"]
[places]
hdfs = "hdfs://{user}@{namenode}{path}/"
oss = "oss://{bucket}/{path}/"
[environment]
KEY = "{access_key_id}:{access_key_secret}"
"""
OUT = Job(Place("hdfs", "/a/b"), Place("oss", "c/d"))


def parsed() -> adapter.Adapter:
    return adapter.parse(tomllib.loads(TEXT))


def test_places_and_streams_stand_in_the_words() -> None:
    facts = {**FACTS, "user": "me"}
    assert parsed().words(OUT, facts) == ("sync", "hdfs://me@127.0.0.1:8020/a/b/", "oss://lake/c/d/", "--threads", "32")
    back = Job(OUT.target, OUT.source)
    assert parsed().words(back, facts)[-1] == "96"


def test_an_update_has_words_of_its_own() -> None:
    assert parsed().words(OUT._replace(is_update=True), FACTS)[:2] == ("sync", "--update")


def test_keys_go_by_the_environment_that_the_file_names() -> None:
    assert parsed().variables(FACTS) == {"KEY": "id:secret"}


def test_the_program_is_where_the_variable_says_before_it_is_looked_for_on_the_path(tmp_path: Path) -> None:
    program = tmp_path / "no-such-copier"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert parsed().program({"PATH": "/nowhere"}) is None
    assert parsed().program({"PATH": str(tmp_path)}) == str(program)
    assert parsed().program({"PATH": str(tmp_path), "BENCH_COPIER": "/elsewhere"}) == "/elsewhere"


def test_a_key_that_is_missing_in_the_file_is_named() -> None:
    with pytest.raises(KeyError, match="proof"):
        adapter.parse(tomllib.loads(TEXT.replace("proof", "prove")))


@pytest.mark.parametrize(
    "path", sorted(Path(adapter.__file__).parent.glob("copiers/*.toml")), ids=lambda path: path.stem
)
def test_every_adapter_has_words_for_both_ways(path: Path) -> None:
    read = adapter.parse(tomllib.loads(path.read_text()))
    for job in (OUT, Job(OUT.target, OUT.source), OUT._replace(is_update=True)):
        assert read.words(job, FACTS)
    read.variables(FACTS)


# Copies between directories of this machine, as its first word says, or fails.
STAND_IN = """#!/bin/sh
set -e
[ "$1" = copy ] || { echo "no such verb: $1"; exit 3; }
mkdir -p "$3" && cp -r "$2/." "$3" && echo "$KEY" > "$3/key"
"""
STAND_INS_TEXT = """
name = "stand-in"
executable = "stand-in"
variable = "BENCH_STAND_IN"
proof = "none"
copy = ["copy", "{source}", "{target}"]
update = ["refresh", "{source}", "{target}"]
[places]
hdfs = "ROOT/hdfs{path}"
oss = "ROOT/{bucket}/{path}"
[environment]
KEY = "{access_key_id} at {endpoint_host}"
"""


def stand_in(tmp_path: Path, monkeypatch):
    program = tmp_path / "stand-in"
    program.write_text(STAND_IN)
    program.chmod(0o755)
    folder = tmp_path / "copiers"
    folder.mkdir()
    (folder / "one.toml").write_text(STAND_INS_TEXT.replace("ROOT", str(tmp_path)))
    monkeypatch.setenv("BENCH_COPIERS", str(folder))
    monkeypatch.setenv("BENCH_STAND_IN", str(program))
    (tool,) = (tool for tool in adapter.copiers() if tool.name == "stand-in")
    return tool


def test_a_copier_that_the_operator_brings_along_is_run_and_measured(tmp_path: Path, monkeypatch) -> None:
    tool = stand_in(tmp_path, monkeypatch)
    (tmp_path / "hdfs" / "a" / "b").mkdir(parents=True)
    (tmp_path / "hdfs" / "a" / "b" / "file").write_bytes(b"0123456789")
    ran = tool.command(SimpleNamespace(env=ENVIRONMENT), OUT).run(60)
    assert (tmp_path / "lake" / "c" / "d" / "file").read_bytes() == b"0123456789"
    assert (tmp_path / "lake" / "c" / "d" / "key").read_text() == "id at 127.0.0.1:1\n"
    assert ran.taken.exit_code == 0
    assert ran.taken.wall_seconds > 0
    assert (tool.missing, tool.proof_in(ran.output)) == ("", "none")


def test_a_copier_that_fails_is_told_with_what_it_said(tmp_path: Path, monkeypatch) -> None:
    tool = stand_in(tmp_path, monkeypatch)
    with pytest.raises(BenchmarkFailed, match="ended with 3:\nno such verb: refresh"):
        tool.command(SimpleNamespace(env=ENVIRONMENT), OUT._replace(is_update=True)).run(60)


def test_a_copier_that_is_not_here_says_so(tmp_path: Path, monkeypatch) -> None:
    stand_in(tmp_path, monkeypatch)
    monkeypatch.delenv("BENCH_STAND_IN")
    (tool,) = (tool for tool in adapter.copiers() if tool.name == "stand-in")
    assert tool.missing == "not found: neither $BENCH_STAND_IN nor stand-in on PATH"
