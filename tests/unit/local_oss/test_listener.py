"""The protocol without an application: a listener asks whatever callable it is given."""

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from hdfs2oss.local_oss.protocol.listener import Listener
from hdfs2oss.local_oss.protocol.message import Request, Response
from hdfs2oss.local_oss.protocol.request_log import RequestLog
from hdfs2oss.local_oss.protocol.shaping import Dropped
from hdfs2oss.local_oss.protocol.stream import Truncated


@contextmanager
def listening(answer: Callable[[Request], Response], log: RequestLog | None = None) -> Iterator[Listener]:
    listener = Listener(("127.0.0.1", 0), answer, log)
    thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield listener
    finally:
        listener.shutdown()
        listener.close()
        thread.join()


def echo(request: Request) -> Response:
    return Response(200, {"X-Method": request.method}, request.document(1 << 20))


def test_any_callable_can_be_asked_and_the_connection_goes_on():
    with listening(echo) as listener:
        connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=60)
        for method, body in (("PUT", b"one"), ("POST", b"two"), ("GET", b"")):
            connection.request(method, "/any/thing", body or None)
            response = connection.getresponse()
            assert (response.status, response.headers["X-Method"], response.read()) == (200, method, body)
        connection.close()


def test_each_answer_bears_the_id_that_its_request_was_given():
    seen = []

    def remember(request: Request) -> Response:
        seen.append(request.request_id)
        return Response()

    with listening(remember) as listener:
        connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=60)
        for _ in range(2):
            connection.request("GET", "/")
            response = connection.getresponse()
            response.read()
            assert response.headers["x-oss-request-id"] == seen[-1]
        connection.close()
    assert len(set(seen)) == 2


@pytest.mark.parametrize(("with_reset", "ending"), [(True, ConnectionResetError), (False, None)])
def test_dropped_ends_the_connection_without_an_answer(with_reset, ending):
    def drop(request: Request) -> Response:
        raise Dropped(with_reset)

    with listening(drop) as listener, socket.create_connection(("127.0.0.1", listener.port), timeout=60) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        if ending:
            with pytest.raises(ending):
                client.recv(1000)
        else:
            assert client.recv(1000) == b""


def test_body_that_breaks_off_is_answered_with_400_and_the_connection_ends():
    def break_off(request: Request) -> Response:
        raise Truncated

    with listening(break_off) as listener, socket.create_connection(("127.0.0.1", listener.port), timeout=60) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: client.recv(65536), b""))
    assert received.startswith(b"HTTP/1.1 400")
    assert b"<Code>IncompleteBody</Code>" in received
    assert received.count(b"HTTP/1.1") == 1


def test_log_has_what_moved_and_0_for_what_got_no_answer(tmp_path: Path):
    def echo_or_drop(request: Request) -> Response:
        if request.target == "/drop":
            raise Dropped
        return echo(request)

    log = RequestLog(tmp_path / "requests")
    with listening(echo_or_drop, log) as listener:
        connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=60)
        connection.request("PUT", "/", b"four")
        assert connection.getresponse().read() == b"four"
        connection.request("GET", "/drop")
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            connection.getresponse()
        connection.close()
    log.close()
    entries = [json.loads(line) for line in (tmp_path / "requests").read_text().splitlines()]
    assert [(entry["status"], entry["bytes_in"], entry["bytes_out"]) for entry in entries] == [(200, 4, 4), (0, 0, 0)]


def test_close_ends_connections_that_are_idle_or_in_the_middle_of_a_request():
    # Servers of other tests may have connections of their own.
    before = set(threading.enumerate())
    with listening(echo) as listener:
        idle = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=60)
        idle.request("GET", "/")
        idle.getresponse().read()
        halfway = socket.create_connection(("127.0.0.1", listener.port), timeout=60)
        halfway.sendall(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf")
    for client in (idle.sock, halfway):
        with suppress(ConnectionResetError):
            while client.recv(1000):
                pass
        client.close()
    assert not [thread for thread in set(threading.enumerate()) - before if thread.name == "oss-connection"]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", listener.port), timeout=60)
