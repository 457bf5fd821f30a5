"""Which path WebHDFS is asked about, whatever its servers make of escapes."""

from __future__ import annotations

import json

import pytest

from hdfs2oss.model.errors import NotFound, StoreError
from tests.unit.filesystems.hdfs.test_webhdfs import EMPTY, MISSING, ROOT, STANDBY, ok, refused, web
from tests.unit.filesystems.oss.scripted_store import Answer, ScriptedStore

# What a server says of a path whose escapes it undoes twice, and cannot.
TWICE = Answer(
    400,
    json.dumps(
        {
            "RemoteException": {
                "exception": "IllegalArgumentException",
                "message": "URLDecoder: Incomplete trailing escape (%) pattern",
            }
        }
    ).encode(),
)


@pytest.mark.parametrize(
    ("told", "sent"),
    [
        (TWICE, "/a%252Bb%2520%2525"),
        (MISSING, "/a%2Bb%20%25"),
        (ok(ROOT), "/a%2Bb%20%25"),
        (refused(403, "AccessControlException"), "/a%2Bb%20%25"),
    ],
)
def test_a_path_is_escaped_as_often_as_the_server_undoes_that_which_is_found_out_once(told: Answer, sent: str) -> None:
    with ScriptedStore(told, ok(ROOT), ok(ROOT)) as store:
        asked = web(store)
        for _ in range(2):
            asked.get("/a+b %", "GETFILESTATUS")
    paths = [request.path.partition("?")[0].removeprefix("/webhdfs/v1") for request in store.requests]
    assert paths == ["/%25", sent, sent]


def test_a_change_is_read_once_by_all_servers() -> None:
    with ScriptedStore(EMPTY, EMPTY, EMPTY) as store:
        for method in ("PUT", "POST", "DELETE"):
            web(store).change(method, "/a+b", "X")  # type: ignore[arg-type]
    assert {request.path.partition("?")[0] for request in store.requests} == {"/webhdfs/v1/a%2Bb"}


def test_of_paths_that_are_the_same_either_way_nothing_is_found_out() -> None:
    with ScriptedStore(ok(ROOT)) as store:
        web(store).get("/a b;ä", "GETFILESTATUS")
    assert [request.path.partition("?")[0] for request in store.requests] == ["/webhdfs/v1/a%20b%3B%C3%A4"]


@pytest.mark.parametrize("unclear", [refused(400, "IllegalArgumentException"), refused(403, "StandbyException")])
def test_where_nobody_says_how_paths_are_read_none_is_asked_for_that_might_be_taken_for_another(unclear) -> None:
    with ScriptedStore(lambda request: unclear) as store, pytest.raises(StoreError):
        web(store).get("/a+b", "GETFILESTATUS")
    assert {request.path.partition("?")[0] for request in store.requests} == {"/webhdfs/v1/%25"}


def test_each_namenode_is_asked_how_it_reads_paths() -> None:
    with ScriptedStore(STANDBY) as one, ScriptedStore(TWICE, ok(ROOT)) as other:
        web(one, other).get("/a+b", "GETFILESTATUS")
    assert [request.path.partition("?")[0] for request in other.requests] == [
        "/webhdfs/v1/%25",
        "/webhdfs/v1/a%252Bb",
    ]


def test_a_datanode_is_asked_for_the_path_as_the_namenode_was_whatever_that_makes_of_it() -> None:
    with ScriptedStore(ok(ROOT)) as datanode:
        # As those up to 2.6 write it, whose DataNodes end a path at a semicolon.
        location = f"http://127.0.0.1:{datanode.port}/webhdfs/v1/a;b c?op=GETFILECHECKSUM&offset=0".replace(" ", "%20")
        with ScriptedStore(Answer(307, b"", {"Location": location})) as store:
            assert web(store).get("/a;b c", "GETFILECHECKSUM") == ROOT
    assert datanode.requests[0].path == "/webhdfs/v1/a%3Bb%20c?op=GETFILECHECKSUM&offset=0"


def test_of_an_exception_its_words_are_told_and_not_where_it_came_from() -> None:
    message = "Path is not a file:\n /d/\n\tat org.apache.Foo.bar(Foo.java:69)\n\tat org.apache.Foo.baz(Foo.java:1)"
    told = json.dumps({"RemoteException": {"exception": "FileNotFoundException", "message": message}}).encode()
    with ScriptedStore(Answer(404, told)) as store, pytest.raises(NotFound, match=r"Path is not a file: /d/$"):
        web(store).get("/d", "GETFILECHECKSUM")
