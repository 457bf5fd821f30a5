"""The cache of Hadoop jars, with a Maven of the test's own."""

import os
from pathlib import Path

import pytest

from tests.sandbox import SandboxError
from tests.sandbox.jars import artefacts_of, fetch_jars, jars_folder

GOOD = """
for argument; do case $argument in -DoutputDirectory=*) folder=${argument#*=};; esac; done
echo jar > "$folder/hadoop-hdfs-3.5.0.jar"
"""
BROKEN = GOOD + 'echo "[ERROR] Could not transfer artifact: connection reset"; exit 1'


@pytest.fixture
def maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An executable `mvn`, first on the PATH, and an empty cache."""
    script = tmp_path / "bin" / "mvn"
    script.parent.mkdir()
    monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    script.touch(mode=0o755)
    return script


def test_jars_are_fetched_once(maven: Path) -> None:
    maven.write_text(f"#!/bin/sh\n{GOOD}")
    said: list[str] = []
    folder = fetch_jars(said.append)
    assert [jar.name for jar in folder.iterdir()] == ["hadoop-hdfs-3.5.0.jar"]
    assert len(said) == 1
    assert "MiB" in said[0]

    maven.write_text("#!/bin/sh\nexit 1\n")
    assert fetch_jars(said.append) == folder
    assert len(said) == 1


def test_a_broken_download_leaves_nothing_and_gives_mavens_words(maven: Path) -> None:
    maven.write_text(f"#!/bin/sh\n{BROKEN}")
    with pytest.raises(SandboxError, match="connection reset"):
        fetch_jars()
    assert [entry.name for entry in jars_folder().parent.iterdir()] == ["lock"]


def test_what_a_killed_download_left_is_swept_away(maven: Path) -> None:
    maven.write_text(f"#!/bin/sh\n{GOOD}")
    left = jars_folder().parent / ".partial-abandoned"
    left.mkdir(parents=True)
    (left / "half.jar").write_text("x")
    folder = fetch_jars()
    assert sorted(entry.name for entry in folder.parent.iterdir()) == [folder.name, "lock"]


@pytest.mark.parametrize(
    ("version", "pom", "profiles"),
    [
        ("", "pom.xml", ()),
        (artefacts_of().version, "pom.xml", ()),
        ("2.7.7", "hdfs.xml", ("hadoop-2",)),
        ("2.10.2", "hdfs.xml", ("client", "hadoop-2")),
        ("3.3.6", "hdfs.xml", ("client",)),
    ],
)
def test_another_version_has_jars_of_its_own(maven: Path, version: str, pom: str, profiles: tuple[str, ...]) -> None:
    maven.write_text(f'#!/bin/sh\n{GOOD}echo "$@" > "$folder/asked"\n')
    asked = (fetch_jars(version=version) / "asked").read_text().split()
    assert f"-Dhadoop.version={version or artefacts_of().version}" in asked
    assert asked[asked.index("-f") + 1].endswith(f"/docker/{pom}")
    assert [one for one in asked if one.startswith("-P")] == ([f"-P{','.join(profiles)}"] if profiles else [])


@pytest.mark.parametrize("version", ["2.10", "three", "2.10.2;", "../3.3.6"])
def test_what_is_no_version_is_refused(version: str) -> None:
    with pytest.raises(SandboxError, match="no version of Hadoop"):
        jars_folder(version)
