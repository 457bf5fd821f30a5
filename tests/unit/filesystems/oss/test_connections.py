"""Connections to a store: kept, replaced, given up in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from hdfs2oss.filesystems.body import body_of
from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.oss.client import OssClient
from hdfs2oss.filesystems.oss.session import OssSession
from hdfs2oss.model.errors import NotFound, Unreachable
from hdfs2oss.rules.checksum import crc64
from hdfs2oss.rules.retry import RetryPolicy

from .scripted_store import QUICK, Answer, Request, ScriptedStore, error

ONCE = RetryPolicy(attempts=1, throttled_attempts=1)
STORED = Answer(200, headers={"ETag": '"E"'})


def client_of(store: ScriptedStore, session: OssSession, retries: RetryPolicy = ONCE) -> OssClient:
    return OssClient("lake", OssAccess(f"http://127.0.0.1:{store.port}", "id", "secret"), session, retries)


def put(client: OssClient, data: bytes = b"1") -> None:
    client.send("/file", "file", body_of(data))


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """Set at the end, so that no answer is waited for by nobody."""
    event = threading.Event()
    yield event
    event.set()


def test_a_kept_connection_that_the_store_closed_is_replaced_without_a_second_try() -> None:
    hangs_up = STORED._replace(cut=0)
    with ScriptedStore(hangs_up, STORED) as store:
        client = client_of(store, OssSession())
        put(client)
        put(client)
        assert [request.method for request in store.requests] == ["PUT", "PUT"]
        assert store.connections == 2


def test_a_kept_connection_that_breaks_under_a_request_is_replaced_without_a_second_try() -> None:
    """Its end comes too late to be seen before it is taken."""
    with ScriptedStore(STORED, Answer(0), STORED) as store:
        client = client_of(store, OssSession())
        put(client)
        put(client)
        assert (len(store.requests), store.connections) == (3, 2)


def test_a_new_connection_that_breaks_is_an_error_and_not_replaced() -> None:
    with ScriptedStore(Answer(0)) as store, pytest.raises(Unreachable, match="without an answer"):
        put(client_of(store, OssSession()))
    assert len(store.requests) == 1


def test_a_store_that_takes_a_request_and_says_nothing_is_given_up(released: threading.Event) -> None:
    def silent(_: Request) -> Answer:
        released.wait(100)
        return STORED

    with ScriptedStore(silent) as store:
        started = time.monotonic()
        with pytest.raises(Unreachable, match="out of time"):
            put(client_of(store, OssSession(connect_seconds=90, read_seconds=0.2)))
        assert time.monotonic() - started < 60
        released.set()


def test_a_connection_that_was_idle_for_long_is_not_used_again() -> None:
    with ScriptedStore(STORED) as store:
        session = OssSession()
        client = client_of(store, session)
        put(client)
        put(client)
        assert store.connections == 1
        session._idle[0].idle_since -= 41
        put(client)
        assert (store.connections, len(session._idle)) == (2, 1)


def test_no_more_connections_are_kept_than_asked_for() -> None:
    with ScriptedStore(STORED._replace(body=b"unread")) as store:
        session = OssSession(keep=1)
        client = client_of(store, session)
        opened = [client.request("look", "GET", "file") for _ in range(3)]
        for answer in opened:
            answer.read_whole()
        assert (store.connections, len(session._idle)) == (3, 1)


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5 << 19])
def test_a_body_of_any_size_arrives_once_and_whole(size: int) -> None:
    data = bytes(size) + b"end"
    with ScriptedStore(STORED) as store:
        client = client_of(store, OssSession())
        put(client, data)
        # What was sent too much would be taken for the beginning of the next request.
        put(client, data)
        assert store.connections == 1
        assert [crc64(request.body) for request in store.requests] == [crc64(data)] * 2


def test_a_store_that_gave_no_answer_is_not_asked_for_the_next_file() -> None:
    with ScriptedStore(error(500, "InternalError")) as store:
        client = client_of(store, OssSession(), QUICK)
        with pytest.raises(Unreachable, match="InternalError"):
            put(client)
        asked = len(store.requests)
        assert asked == QUICK.attempts
        with pytest.raises(Unreachable, match="not asked again so soon"):
            put(client)
        assert len(store.requests) == asked


def test_the_token_of_temporary_keys_is_sent_and_signed() -> None:
    with ScriptedStore(STORED) as store:
        for signature in ("v1", "v4"):
            access = OssAccess(f"http://127.0.0.1:{store.port}", "id", "secret", "the-token", "cn-hangzhou", signature)
            put(OssClient("lake", access, OssSession(), ONCE))
        tokens = [request.headers.get("x-oss-security-token") for request in store.requests]
    assert tokens == ["the-token", "the-token"]


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize("cut", range(11))
def test_a_body_is_whole_or_no_answer_wherever_it_was_cut(status: int, cut: int) -> None:
    body = b"0123456789"
    with ScriptedStore(Answer(status, body, cut=cut)) as store:
        client = client_of(store, OssSession())
        if cut < len(body):
            with pytest.raises(Unreachable, match="broke off"):
                client.request("look", "GET", "file").read_whole()
        elif status == 200:
            assert client.request("look", "GET", "file").read_whole() == body
        else:
            with pytest.raises(NotFound):
                client.request("look", "GET", "file")


def test_an_answer_whose_body_says_nothing_is_read_all_the_same() -> None:
    said = b"<Result/>"
    with ScriptedStore(Answer(200, said), Answer(200, said), Answer(200, said, cut=3)) as store:
        client = client_of(store, OssSession())
        for _ in range(2):
            client.call("tag", "PUT", "file", {"tagging": ""}, data=b"1")
        assert store.connections == 1
        with pytest.raises(Unreachable, match="broke off"):
            client.call("tag", "PUT", "file", {"tagging": ""}, data=b"1")
