"""Snapshots of a real HDFS: read, made, compared."""

import os
import urllib.request
from dataclasses import replace

import pytest

from hdfs2oss.filesystems.hdfs.filesystem import HdfsFileSystem
from hdfs2oss.filesystems.registry import open_filesystem
from tests.trees import Place

pytestmark = pytest.mark.hdfs


def store_of(place: Place) -> HdfsFileSystem:
    store = open_filesystem(place.uri, place.stores)
    assert isinstance(store, HdfsFileSystem)
    return store


def allow(place: Place) -> Place:
    """What `hdfs dfsadmin -allowSnapshot` does."""
    user = store_of(place).client._user or os.environ.get("HADOOP_USER_NAME") or os.environ.get("USER", "root")
    url = f"{os.environ['SANDBOX_WEBHDFS']}/webhdfs/v1{place.uri.path}?op=ALLOWSNAPSHOT&user.name={user}"
    with urllib.request.urlopen(urllib.request.Request(url, method="PUT")) as answer:
        assert answer.status == 200
    return place


def snapshot(place: Place, name: str) -> None:
    store_of(place).make_snapshot(place.uri.path, name)


def snapshots(place: Place) -> set[str]:
    return {row.path for row in store_of(place).walk(f"{place.uri.path}/.snapshot", recursive=False)}


@pytest.fixture
def places(hdfs_place, command, monkeypatch, sandbox, home):
    """Makes places on the sandbox's stores, which the command line reaches, too."""
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    command.extra = ["--job-dir", f"file://{home}/jobs"]

    def make(scheme: str, name: str) -> Place:
        place = hdfs_place(scheme, name)
        web = {"dfs.namenode.http-address": os.environ["SANDBOX_WEBHDFS"].removeprefix("http://")}
        return replace(place, stores=replace(place.stores, hadoop_conf={**place.stores.hadoop_conf, **web}))

    return make


@pytest.fixture
def lake(places) -> Place:
    """A snapshottable directory."""
    return allow(places("hdfs", "lake").make({}))


def test_a_snapshot_is_copied_whatever_the_source_has_become(command, lake, places) -> None:
    target = places("oss", "target")
    source = (lake / "data").make({"a": b"old", "d/b": b"kept", "d/gone": b"gone", "e/": None})
    snapshot(lake, "s1")
    source.make({"a": b"newer", "new": b"new"})
    store_of(lake).remove((source / "d").uri.path, recursive=True)
    done = command("--from-snapshot", "s1", source, target)
    assert done.code == 0, done.text
    assert target.read() == {"a": b"old", "d/b": b"kept", "d/gone": b"gone", "e/": None}
    refused = command("--from-snapshot", "s7", source, target)
    assert refused.code == 3
    assert f"{lake.uri.path} has the snapshots s1" in refused.text


def test_a_snapshot_is_made_for_a_copy_and_dropped_after_it(command, lake, places) -> None:
    target = places("oss", "target")
    source = (lake / "data").make({"a": b"1"})
    done = command("--from-snapshot", "mine", "--make-snapshot", source, target)
    assert (done.code, done["SNAPSHOTS_MADE"], done["SNAPSHOTS_DROPPED"]) == (0, 1, 1), done.text
    assert target.read() == {"a": b"1"}
    assert snapshots(lake) == set()


def test_where_snapshots_are_not_allowed_the_command_that_allows_them_is_named(command, places) -> None:
    source = places("hdfs", "elsewhere").make({"a": b"1"})
    done = command("--from-snapshot", "mine", "--make-snapshot", source, places("oss", "target"))
    assert done.code == 2
    assert f"hdfs dfsadmin -allowSnapshot {source.uri.path}" in done.text


def test_a_file_that_was_being_written_is_copied_as_long_as_the_snapshot_holds_it(command, lake, places) -> None:
    source, target = (lake / "data").make({"a": b"1"}), places("oss", "target")
    path = (source / "open").uri.path
    native = store_of(lake).client.native()
    with native.create(path) as file:
        file.write(b"x" * 1000)
        file.hsync()
        snapshot(lake, "s1")
        done = command("--from-snapshot", "s1", source, target)
    copied = target.read()
    assert copied["a"] == b"1"
    held = store_of(lake).status(f"{lake.uri.path}/.snapshot/s1/data/open").length
    assert (done.code, len(copied["open"])) == (0, held) if "open" in copied else done.code == 4, done.text
