"""What is asked of WebHDFS, and what its answers, cut anywhere, are taken for."""

from __future__ import annotations

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hdfs2oss.filesystems.hdfs.questions import (
    Policies,
    checksum_of,
    default_block_size,
    is_being_written,
    policy_of,
    unjoinable,
)
from hdfs2oss.filesystems.hdfs.webhdfs import Unanswered, WebAddress, WebHdfs, web_addresses
from hdfs2oss.model.errors import AuthenticationFailed, NotFound, PermissionDenied, StoreError, Throttled, Unreachable
from hdfs2oss.rules.filesum import FileChecksum
from tests.unit.filesystems.oss.scripted_store import QUICK, Answer, Request, ScriptedStore

ROOT = {"FileStatus": {"type": "DIRECTORY"}}
POLICY = "XOR-2-1-1024k"
XOR = {"FileStatus": {"type": "DIRECTORY", "ecPolicy": POLICY}}
OPEN = {"LocatedBlocks": {"fileLength": 512, "isUnderConstruction": True, "isLastBlockComplete": True}}


def ok(value: object) -> Answer:
    return Answer(200, json.dumps(value).encode())


def refused(status: int, name: str) -> Answer:
    return Answer(status, json.dumps({"RemoteException": {"exception": name, "message": "as scripted"}}).encode())


MISSING = refused(404, "FileNotFoundException")
STANDBY = refused(403, "StandbyException")


def web(*stores: ScriptedStore) -> WebHdfs:
    return WebHdfs([WebAddress("127.0.0.1", store.port) for store in stores], "me", QUICK)


@pytest.mark.parametrize(("answer", "policy"), [(ok(ROOT), ""), (ok(XOR), "XOR-2-1-1024k"), (MISSING, None)])
def test_a_policy_is_read_off_the_status_of_the_directory(answer: Answer, policy: str | None) -> None:
    with ScriptedStore(answer) as store:
        assert policy_of(web(store), "/a b/ä#?") == policy
    assert store.requests[0].path == "/webhdfs/v1/a%20b/%C3%A4%23%3F?op=GETFILESTATUS&user.name=me"


def test_a_directory_that_is_there_is_asked_about_once_and_a_new_one_takes_after_the_one_above() -> None:
    with ScriptedStore(ok(XOR), MISSING, MISSING, ok(ROOT), MISSING, MISSING, ok(XOR)) as store:
        policies = Policies(web(store))
        told = f"the directory /x has the erasure-coding policy {POLICY}"
        assert [policies.wrong_for("/x") for _ in range(2)] == [told] * 2
        assert policies.wrong_for("/d/new/er") == ""
        assert policies.wrong_for("/x/new") == told
        assert policies.wrong_for("/d/new") == ""
        assert policies.wrong_for("/d/new") == "the directory /d/new has the erasure-coding policy " + POLICY
    assert [one.path.partition("?")[0].removeprefix("/webhdfs/v1") for one in store.requests] == [
        "/x",
        "/d/new/er",
        "/d/new",
        "/d",
        "/x/new",
        "/d/new",
        "/d/new",
    ]


def test_a_directory_that_is_to_be_written_into_is_made_and_asked_about_once_however_many_come() -> None:
    made: list[str] = []
    with ScriptedStore(MISSING, ok(ROOT), ok(ROOT)) as store:
        policies, come = Policies(web(store)), threading.Barrier(8)

        def write() -> None:
            come.wait(60)
            assert policies.wrong_for("/d", made.append) == ""

        with ThreadPoolExecutor(8) as pool:
            for one in [pool.submit(write) for _ in range(8)]:
                one.result()
    assert (made, len(store.requests)) == (["/d"], 3)


def test_a_directory_that_nobody_else_makes_takes_after_the_one_above_once_it_is_made() -> None:
    made: list[str] = []
    with ScriptedStore(MISSING, ok(ROOT), ok(XOR)) as store:
        policies = Policies(web(store))
        assert [policies.wrong_for("/d/ours", made.append, is_ours=True) for _ in range(2)] == ["", ""]
        assert POLICY in policies.wrong_for("/d/theirs", made.append)
    assert (made, len(store.requests)) == (["/d/ours"], 3)


def test_no_directory_is_made_below_a_policy_that_would_be_written_wrongly() -> None:
    made: list[str] = []
    with ScriptedStore(MISSING, ok(XOR)) as store:
        assert POLICY in Policies(web(store)).wrong_for("/x/new", made.append)
    assert made == []


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([ok(ROOT)], ""),
        ([ok({"FileStatus": {"type": "DIRECTORY", "ecPolicy": "REPLICATION"}})], ""),
        ([ok(XOR)], f"the directory /d/new has the erasure-coding policy {POLICY}"),
        ([MISSING, ok(XOR)], f"the directory /d has the erasure-coding policy {POLICY}"),
        (
            [ok({"FileStatus": {"type": "DIRECTORY", "encBit": True}})],
            "the directory /d/new lies in an encryption zone",
        ),
        ([MISSING, MISSING, MISSING], ""),
    ],
)
def test_files_are_not_joined_where_concat_refuses_to(answers: list[Answer], why: str) -> None:
    with ScriptedStore(*answers) as store:
        assert unjoinable(web(store), "/d/new") == why


@pytest.mark.parametrize(
    ("answer", "size"),
    [(ok({"FsServerDefaults": {"blockSize": 4096}}), 4096), (refused(400, "IllegalArgumentException"), 0)],
)
def test_the_block_size_of_new_files_is_what_the_namenode_says(answer: Answer, size: int) -> None:
    with ScriptedStore(answer) as store:
        assert default_block_size(web(store)) == size


def test_a_file_is_being_written_when_its_blocks_say_so() -> None:
    closed = {"LocatedBlocks": {**OPEN["LocatedBlocks"], "isUnderConstruction": False}}
    with ScriptedStore(ok(OPEN), ok(closed), MISSING) as store:
        asked = web(store)
        assert [is_being_written(asked, "/f") for _ in range(3)] == [True, False, False]


@pytest.mark.parametrize(
    "answer", [ok({}), ok([]), ok({"LocatedBlocks": {}}), ok({"FileStatus": 1}), Answer(200, b"<html>")]
)
def test_an_answer_that_does_not_say_it_is_no_answer(answer: Answer) -> None:
    with ScriptedStore(answer) as store:
        for question in (is_being_written, policy_of):
            with pytest.raises(Unreachable):
                question(web(store), "/f")


def test_the_standby_is_passed_over_and_the_active_one_asked_first_from_then_on() -> None:
    with ScriptedStore(STANDBY) as standby, ScriptedStore(ok(XOR)) as active:
        asked = web(standby, active)
        assert [policy_of(asked, "/d"), policy_of(asked, "/d")] == ["XOR-2-1-1024k"] * 2
        assert (len(standby.requests), len(active.requests)) == (1, 2)


@pytest.mark.parametrize(
    "answer", [refused(401, "AuthenticationException"), Answer(404, b"<html>"), Answer(0), STANDBY]
)
def test_where_nobody_answers_the_reason_is_told_and_asked_for_once(answer: Answer) -> None:
    with ScriptedStore(answer) as store:
        asked = web(store)
        assert "cannot ask WebHDFS at http://127.0.0.1:" in asked.silent_because()
        assert asked.silent_because() == asked.silent_because()
        assert len(store.requests) == 1


def test_a_configuration_that_names_nobody_is_a_reason_too() -> None:
    assert "dfs.namenode.http-address" in WebHdfs([], "me").silent_because()


def test_a_question_that_fails_after_one_was_answered_is_an_error() -> None:
    with ScriptedStore(ok(ROOT), Answer(503, b"busy")) as store:
        asked = web(store)
        assert asked.silent_because() == ""
        with pytest.raises(StoreError):
            policy_of(asked, "/d")


def test_a_checksum_is_an_algorithm_and_the_md5_in_it() -> None:
    told = {"algorithm": "MD5-of-8MD5-of-512CRC32C", "bytes": "00000200" + "0" * 15 + "8" + "f9" * 16 + "0" * 8}
    with ScriptedStore(ok({"FileChecksum": told})) as store:
        assert checksum_of(web(store), "/f") == FileChecksum("MD5-of-8MD5-of-512CRC32C", "f9" * 16)


@pytest.mark.parametrize("told", [{}, {"algorithm": "MD5-of-8MD5-of-512CRC32C"}, {"bytes": "00" * 28, "length": 28}])
def test_an_answer_without_a_checksum_is_none(told: dict[str, str]) -> None:
    with ScriptedStore(ok({"FileChecksum": told})) as store, pytest.raises(Unreachable):
        checksum_of(web(store), "/f")


def test_an_answer_cut_at_any_byte_is_never_one_without_a_policy() -> None:
    body = json.dumps(XOR).encode()
    whole = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    whole += b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for end in range(len(whole)):
                connection, _ = server.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(whole[:end])

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        asked = WebHdfs([WebAddress("127.0.0.1", server.getsockname()[1])], "me", QUICK._replace(attempts=1))
        for end in range(len(whole)):
            try:
                assert policy_of(asked, "/d") == "XOR-2-1-1024k", end
            except StoreError:
                continue
        thread.join(5)


EMPTY = Answer(200)


def test_a_change_names_its_method_and_parameters_even_twice_the_same() -> None:
    with ScriptedStore(EMPTY, ok({"boolean": True})) as store:
        assert web(store).change("POST", "/d/f", "CONCAT", {"sources": "/d/a b,/d/c"}) == {}
        asked = [("xattr.name", "user.a"), ("xattr.name", "user.b")]
        assert web(store).get("/d", "GETXATTRS", asked) == {"boolean": True}
    assert [(one.method, one.path) for one in store.requests] == [
        ("POST", "/webhdfs/v1/d/f?op=CONCAT&sources=%2Fd%2Fa%20b%2C%2Fd%2Fc&user.name=me"),
        ("GET", "/webhdfs/v1/d?op=GETXATTRS&xattr.name=user.a&xattr.name=user.b&user.name=me"),
    ]


def test_nothing_is_an_answer_to_a_change_and_none_to_a_question() -> None:
    with ScriptedStore(EMPTY) as store:
        with pytest.raises(Unreachable):
            web(store).get("/d", "GETXATTRS")
        assert len(store.requests) == QUICK.attempts
        assert web(store).change("POST", "/d", "CONCAT") == {}


def test_what_is_no_answer_to_a_change_leaves_it_open_whether_it_was_made() -> None:
    with ScriptedStore(Answer(502, b"<html>")) as store, pytest.raises(Unanswered):
        web(store).change("POST", "/d", "CONCAT")
    assert len(store.requests) == 1


def test_a_datanode_that_the_namenode_names_is_asked() -> None:
    with ScriptedStore(ok({"FileChecksum": {"length": 28}})) as node:
        place = f"http://127.0.0.1:{node.port}/webhdfs/v1/f?op=GETFILECHECKSUM&namenoderpcaddress=nn:8020"
        with ScriptedStore(Answer(307, b"", {"Location": place})) as store:
            assert web(store).get("/f", "GETFILECHECKSUM") == {"FileChecksum": {"length": 28}}
    assert node.requests[0].path == "/webhdfs/v1/f?op=GETFILECHECKSUM&namenoderpcaddress=nn:8020"


def test_who_is_sent_round_in_circles_gives_up() -> None:
    def onwards(request: Request) -> Answer:
        return Answer(307, b"", {"Location": f"http://{request.headers['Host']}/again?op=X"})

    with ScriptedStore(onwards) as store, pytest.raises(StoreError, match="on and on"):
        web(store).get("/f", "GETFILECHECKSUM")


@pytest.mark.parametrize(
    ("status", "name", "kind"),
    [
        (404, "FileNotFoundException", NotFound),
        (403, "AccessControlException", PermissionDenied),
        (403, "SafeModeException", Throttled),
        (403, "SnapshotException", StoreError),
    ],
)
def test_the_exception_of_the_namenode_is_one_of_ours(status: int, name: str, kind: type[StoreError]) -> None:
    with ScriptedStore(refused(status, name)) as store, pytest.raises(StoreError, match=name) as caught:
        web(store).change("PUT", "/d", "CREATESNAPSHOT")
    assert type(caught.value) is kind


@pytest.mark.parametrize("unanswered", [Answer(0), Answer(200, b"{", {"Content-Length": "40"}, cut=1)])
def test_a_change_without_an_answer_is_sent_again_only_where_that_does_no_harm(unanswered: Answer) -> None:
    with ScriptedStore(unanswered, EMPTY) as store:
        assert web(store).change("PUT", "/d", "SETXATTR", may_repeat=True) == {}
    with ScriptedStore(unanswered, EMPTY) as store, pytest.raises(Unanswered):
        web(store).change("PUT", "/d", "CREATESNAPSHOT")
    assert len(store.requests) == 1


def test_a_change_goes_to_the_next_namenode_when_the_first_one_cannot_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with ScriptedStore(EMPTY) as store:
        nodes = [WebAddress("127.0.0.1", port), WebAddress("127.0.0.1", store.port)]
        assert WebHdfs(nodes, "me", QUICK).change("PUT", "/d", "CREATESNAPSHOT") == {}


HA = {
    "dfs.ha.namenodes.lake": "nn1, nn2",
    "dfs.namenode.rpc-address.lake.nn1": "one:8020",
    "dfs.namenode.rpc-address.lake.nn2": "two:8020",
    "dfs.namenode.http-address.lake.nn1": "0.0.0.0:9870",
    "dfs.namenode.http-address.lake.nn2": "two-web:50070",
    "dfs.namenode.https-address.lake.nn1": "one:9871",
}


@pytest.mark.parametrize(
    ("authority", "conf", "expected"),
    [
        ("lake", HA, ["http://one:9870", "http://two-web:50070"]),
        ("two:8020", HA, ["http://two-web:50070"]),
        ("lake", {**HA, "dfs.http.policy": "HTTPS_ONLY"}, ["https://one:9871"]),
        ("nn:8020", {"fs.defaultFS": "hdfs://nn:8020", "dfs.namenode.http-address": "0.0.0.0:80"}, ["http://nn:80"]),
        ("nn:8020", {"fs.defaultFS": "hdfs://nn:8020/"}, ["http://nn:9870", "http://nn:50070"]),
        (
            "nn:8020",
            {"fs.defaultFS": "hdfs://nn:8020", "dfs.http.policy": "HTTPS_ONLY"},
            ["https://nn:9871", "https://nn:50470"],
        ),
        ("nn:8020", {"dfs.namenode.rpc-address": "nn:8020", "dfs.namenode.http-address": "web:80"}, ["http://web:80"]),
        ("other:8020", HA, []),
        ("other:8020", {"fs.defaultFS": "hdfs://nn:8020", "dfs.namenode.http-address": "nn:80"}, []),
    ],
)
def test_addresses_come_from_the_configuration(authority: str, conf: dict[str, str], expected: list[str]) -> None:
    assert [str(one) for one in web_addresses(authority, conf)] == expected


def test_who_asks_is_shown_to_the_namenode_and_not_to_the_datanode_it_sends_to() -> None:
    asked: list[str] = []

    def prove(host: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
        asked.append(host)
        return {"Authorization": "Negotiate abc"}, [("delegation", "xyz")]

    with ScriptedStore(ok({"there": 1})) as datanode:
        location = f"http://localhost:{datanode.port}/webhdfs/v1/a?op=X&delegation=of-the-namenode"
        with ScriptedStore(Answer(307, headers={"Location": location})) as namenode:
            address = WebAddress("127.0.0.1", namenode.port)
            assert WebHdfs([address], "", QUICK, prove).get("/a", "X") == {"there": 1}
    assert namenode.requests[0].path == "/webhdfs/v1/a?op=X&delegation=xyz"
    assert namenode.requests[0].headers["Authorization"] == "Negotiate abc"
    assert datanode.requests[0].path == "/webhdfs/v1/a?op=X&delegation=of-the-namenode"
    assert "Authorization" not in datanode.requests[0].headers
    assert asked == ["127.0.0.1"]


def test_who_is_not_taken_is_told_so_at_once_and_nobody_can_be_asked() -> None:
    with ScriptedStore(Answer(401, b"<html>Authentication required</html>")) as store:
        found = web(store)
        with pytest.raises(AuthenticationFailed, match=r"status 401 .* it does not take who asks"):
            found.get("/a", "GETFILESTATUS")
        assert "it does not take who asks" in found.silent_because()
    assert len(store.requests) == 2


@pytest.mark.parametrize(
    "place", ["http://127.0.0.1:{}/x y", "http://127.0.0.1:99999/x", "http://[x/x", "http://127.0.0.1:{}/\u00e9"]
)
def test_an_address_that_is_none_is_not_followed_and_its_token_not_repeated(place: str) -> None:
    refused = pytest.raises(StoreError, match="passed on to what is no address")
    with ScriptedStore() as other:
        answer = Answer(307, b"", {"Location": f"{place.format(other.port)}?delegation=HUSH"})
        with ScriptedStore(answer) as store, refused as caught:
            web(store).get("/a", "GETFILECHECKSUM")
    assert "HUSH" not in str(caught.value)


def test_who_asks_is_shown_to_the_namenode_and_to_nobody_that_it_names() -> None:
    with ScriptedStore(ok(ROOT)) as other:
        answer = Answer(307, b"", {"Location": f"http://127.0.0.1:{other.port}/x?delegation=theirs"})
        with ScriptedStore(answer) as store:
            asked = WebHdfs(
                [WebAddress("127.0.0.1", store.port)],
                "",
                QUICK,
                lambda host: ({"Authorization": "Negotiate HUSH"}, [("delegation", "HUSH")]),
            )
            assert asked.get("/a", "GETFILECHECKSUM") == ROOT
    assert "HUSH" in store.requests[0].path
    assert other.requests[0].path == "/x?delegation=theirs"
    assert "HUSH" not in str(dict(other.requests[0].headers))
