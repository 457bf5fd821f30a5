"""Removing many objects of a bucket at once, and looking at many of them by ranges."""

import pytest

from hdfs2oss.filesystems.oss.filesystem import OssFileSystem
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.local_oss.faults.rule import Rule
from hdfs2oss.model.errors import AlreadyExists, StoreError


@pytest.fixture(scope="module")
def many() -> list[str]:
    return [f"/many/f{number:05d}" for number in range(2500)]


def fill(store: OssFileSystem, paths: list[str]) -> None:
    for path in paths:
        store.put(path, b"x", "", {})


@pytest.mark.slow
def test_many_files_cost_a_request_for_each_thousand(store: OssFileSystem, many) -> None:
    fill(store, many)
    before = store.traffic.snapshot()
    assert all(one is not None for one in store.look_at_each(many))
    looked = store.traffic.snapshot()
    assert looked["READ_OPS"] - before["READ_OPS"] <= 2500 / 125 * 2
    assert all(one.error is None for one in store.remove_each(many, directories=False))
    assert store.traffic.snapshot()["WRITE_OPS"] - looked["WRITE_OPS"] == 3
    assert list(store.walk("/")) == []


@pytest.mark.slow
def test_files_that_stand_far_apart_are_found_without_listing_what_is_between(store: OssFileSystem, many) -> None:
    fill(store, many)
    wanted = [many[0], "/many/f01000-not-there", many[-1], "/z"]
    found = store.look_at_each(wanted)
    assert [one is not None for one in found] == [True, False, True, False]


def test_an_answer_that_was_lost_is_asked_for_again(server: LocalOssServer, store: OssFileSystem) -> None:
    fill(store, ["/a", "/b"])
    server.plan.replace([Rule("lost-answer", operation="delete_objects", count=1)])
    assert [one.error for one in store.remove_each(["/a", "/b"], directories=False)] == [None, None]
    assert list(store.walk("/")) == []


def test_an_answer_that_is_cut_is_none(server: LocalOssServer, store: OssFileSystem) -> None:
    fill(store, ["/a", "/b"])
    server.plan.replace([Rule("truncate", operation="delete_objects", count=1)])
    assert [one.error for one in store.remove_each(["/a", "/b"], directories=False)] == [None, None]


def test_a_refusal_is_that_of_every_key(server: LocalOssServer, store: OssFileSystem) -> None:
    fill(store, ["/a", "/b"])
    server.plan.replace([Rule("error", operation="delete_objects", status=403, code="AccessDenied")])
    errors = [one.error for one in store.remove_each(["/a", "/b"], directories=False)]
    assert all(isinstance(error, StoreError) and "oss:DeleteObject" in error.hint for error in errors)
    assert [row.path for row in store.walk("/")] == ["a", "b"]


def test_names_that_xml_cannot_carry_are_removed_too(store: OssFileSystem) -> None:
    paths = ["/a\x01b", "/c\rd", "/e\tf", '/g<&>"h', "/ i "]
    fill(store, paths)
    assert [one.error for one in store.remove_each(paths, directories=False)] == [None] * 5
    assert list(store.walk("/")) == []


def test_a_directory_without_a_marker_is_not_there_once_it_is_empty(store: OssFileSystem) -> None:
    fill(store, ["/d/file"])
    assert isinstance(store.remove_each(["/d"], directories=True)[0].error, AlreadyExists)
    store.remove("/d/file")
    assert store.remove_each(["/d"], directories=True)[0].was_there is False


def test_a_marker_that_holds_bytes_is_no_empty_directory(store: OssFileSystem) -> None:
    store._client.call("put", "PUT", "d/", data=b"bytes")
    assert isinstance(store.remove_each(["/d"], directories=True)[0].error, AlreadyExists)
    store._client.call("remove", "DELETE", "d/")
