"""Snapshots of the sandbox's HDFS, for tests: allowed, made, listed. `sandbox.env()` stands in the environment."""

import os
import urllib.request
from dataclasses import replace

from hdfs2oss.filesystems.hdfs.filesystem import HdfsFileSystem
from hdfs2oss.filesystems.registry import open_filesystem
from tests.trees import Place


def with_web(place: Place) -> Place:
    """The same place through stores that know where WebHDFS is."""
    web = {"dfs.namenode.http-address": os.environ["SANDBOX_WEBHDFS"].removeprefix("http://")}
    return replace(place, stores=replace(place.stores, hadoop_conf={**place.stores.hadoop_conf, **web}))


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


def rename(place: Place, path: str, new_path: str) -> None:
    store_of(place).move((place / path).uri.path, (place / new_path).uri.path)
