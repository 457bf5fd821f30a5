"""Other copiers, each by a file of its own."""

from pathlib import Path

import pytest
import tomllib

from benchmarks import adapter
from benchmarks.places import Job, Place

FACTS = adapter.facts_of(
    {
        "SANDBOX_HDFS": "hdfs://127.0.0.1:8020",
        "SANDBOX_BUCKET": "lake",
        "OSS_ENDPOINT": "http://127.0.0.1:1",
        "OSS_ACCESS_KEY_ID": "id",
        "OSS_ACCESS_KEY_SECRET": "secret",
    }
)
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
