"""What arrives on a socket, well-formed or not, and what is answered."""

import contextlib
import socket
import time

import pytest

from hdfs2oss.local_oss import Limits
from local_oss.conftest import BUCKET, signature, started


class Socket:
    """A connection on which a test writes bytes of its own."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.stream = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.socket.close()

    def send(self, *lines, body=b""):
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def answer(self):
        """(status, headers, body) of one answer; status 0 at the end of the connection."""
        line = self.stream.readline()
        if not line:
            return 0, {}, b""
        headers = {}
        while (header := self.stream.readline().strip()) != b"":
            name, _, value = header.partition(b": ")
            headers[name.decode().lower()] = value.decode()
        return int(line.split()[1]), headers, self.stream.read(int(headers.get("content-length", 0)))


def signed(method, path, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named |= signature(method, path, named)
    return [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in named.items())]


PATH = f"/{BUCKET}/wire"


@pytest.fixture
def wire(server):
    with Socket(server.port) as connected:
        yield connected


def test_chunked_body_is_decoded(wire):
    chunks = b"3\r\nabc\r\nA;name=value\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
    wire.send(*signed("PUT", PATH), "Transfer-Encoding: chunked", body=chunks)
    assert wire.answer()[0] == 200
    wire.send(*signed("GET", PATH))
    assert wire.answer()[2] == b"abc0123456789"


@pytest.mark.parametrize("chunks", [b"x\r\nabc\r\n", b"\r\n", b"-1\r\n\r\n", b"2\r\nabc\r\n0\r\n\r\n"])
def test_chunks_that_lie_are_refused_and_nothing_is_stored(wire, server, chunks):
    path = f"/{BUCKET}/lies"
    wire.send(*signed("PUT", path), "Transfer-Encoding: chunked", body=chunks)
    status, headers, body = wire.answer()
    assert (status, headers["connection"]) == (400, "close")
    assert b"<Code>InvalidRequest</Code>" in body
    with Socket(server.port) as another:
        another.send(*signed("HEAD", path))
        assert another.answer()[0] == 404


def test_client_that_asks_first_is_told_to_continue(wire):
    wire.send(*signed("PUT", PATH), "Content-Length: 3", "Expect: 100-continue")
    assert wire.answer()[0] == 100
    wire.socket.sendall(b"abc")
    assert wire.answer()[0] == 200


def test_client_that_asks_first_is_refused_before_it_sends(wire):
    wire.send(f"PUT {PATH} HTTP/1.1", "Host: h", "Content-Length: 1000000000", "Expect: 100-continue")
    status, headers, _ = wire.answer()
    assert (status, headers["connection"]) == (403, "close")
    assert wire.answer()[0] == 0


def test_connection_goes_on_after_a_refused_body(wire):
    wire.send(f"PUT {PATH} HTTP/1.1", "Host: h", "Content-Length: 1000000", body=bytes(1_000_000))
    assert wire.answer()[0] == 403
    wire.send(*signed("PUT", PATH), "Content-Length: 1", body=b"x")
    assert wire.answer()[0] == 200


def test_body_that_breaks_off_is_not_stored(wire, server):
    path = f"/{BUCKET}/broken"
    wire.send(*signed("PUT", path), "Content-Length: 100000", body=b"x" * 99_999)
    wire.socket.shutdown(socket.SHUT_WR)
    status, _, body = wire.answer()
    assert status == 400
    assert b"<Code>IncompleteBody</Code>" in body
    with Socket(server.port) as another:
        another.send(*signed("HEAD", path))
        assert another.answer()[0] == 404


def test_get_that_claims_a_body_and_sends_none_is_answered(wire):
    wire.send(*signed("PUT", PATH), "Content-Length: 1", body=b"x")
    wire.answer()
    wire.send(*signed("GET", PATH), "Content-Length: 9")
    assert wire.answer()[2] == b"x"


def test_put_without_a_length_is_refused(wire):
    wire.send(*signed("PUT", PATH))
    status, _, body = wire.answer()
    assert status == 411
    assert b"MissingContentLength" in body


def test_absolute_target_and_virtual_host_name_the_bucket(wire):
    wire.send(*signed("PUT", PATH), "Content-Length: 1", body=b"v")
    wire.answer()
    authorization = signed("GET", PATH)[2:]
    wire.send(f"GET http://{BUCKET}.oss.local:80/wire HTTP/1.1", "Host: proxy", *authorization)
    assert wire.answer()[2] == b"v"
    wire.send("GET /wire HTTP/1.1", f"Host: {BUCKET}.oss-cn-hangzhou.aliyuncs.com", *authorization)
    assert wire.answer()[2] == b"v"
    wire.send(f"GET http://127.0.0.1{PATH} HTTP/1.1", "Host: proxy", *authorization)
    assert wire.answer()[2] == b"v"


def test_host_of_the_table_is_a_bucket(tmp_path):
    server = started(tmp_path, cnames={"Data.Example.com": BUCKET})
    with Socket(server.port) as wire:
        wire.send(*signed("PUT", PATH), "Content-Length: 1", body=b"c")
        wire.answer()
        for host in ("data.example.com", "DATA.example.COM:80"):
            wire.send("GET /wire HTTP/1.1", f"Host: {host}", *signed("GET", PATH)[2:])
            assert wire.answer()[2] == b"c"
    server.stop()


def test_requests_sent_at_once_are_answered_in_order(wire):
    request = "\r\n".join([*signed("PUT", PATH), "Content-Length: 2", "", ""]).encode()
    wire.socket.sendall(b"".join(request + b"%02d" % number for number in range(10)))
    assert [wire.answer()[0] for _ in range(10)] == [200] * 10


def test_old_client_is_answered_and_left(wire):
    wire.send(*(line.replace("HTTP/1.1", "HTTP/1.0") for line in signed("HEAD", PATH)))
    assert wire.answer()[1]["connection"] == "close"


@pytest.mark.parametrize(
    "lines",
    [
        ["GARBAGE"],
        ["GET / HTTP/2.0"],
        ["GET / SPDY/1"],
        ["GET / HTTP/1.1", "no colon"],
        ["GET / HTTP/1.1", ": no name"],
        ["GET / HTTP/1.1", " folded: line"],
        ["GET / HTTP/1.1", "X: " + "x" * 40_000],
        ["GET /" + "x" * 40_000 + " HTTP/1.1"],
        ["GET / HTTP/1.1", *(f"H{number}: x" for number in range(300))],
        ["GET / HTTP/1.1", *(f"H{number}: {'x' * 30_000}" for number in range(6))],
        ["PUT / HTTP/1.1", "Content-Length: ten"],
        ["PUT / HTTP/1.1", "Content-Length: -5"],
        ["PUT / HTTP/1.1", "Content-Length: 1", "Content-Length: 2"],
        ["PUT / HTTP/1.1", "Content-Length: 1", "Transfer-Encoding: chunked"],
        ["PUT / HTTP/1.1", "Transfer-Encoding: gzip"],
        ["GET /%FF%FE HTTP/1.1"],
        ["GET /b/%ff HTTP/1.1"],
        ["GET *** HTTP/1.1"],
        ["GET ftp://host/path HTTP/1.1"],
        ["GET /?a=%FF HTTP/1.1"],
    ],
    ids=lambda lines: lines[-1][:30],
)
def test_request_that_is_none_gets_an_error_document(server, lines):
    with Socket(server.port) as wire:
        wire.send(*lines)
        status, headers, body = wire.answer()
        assert (status, headers["content-type"]) == (400, "application/xml")
        assert b"<Error>" in body
        assert len(headers["x-oss-request-id"]) == 24


@pytest.mark.parametrize("sent", [b"", b"GET", b"GET / HTTP/1.1\r\nHost: h", b"\x00\xff" * 100, b"\r\n\r\n"])
def test_client_that_goes_away_does_no_harm(server, sent):
    with Socket(server.port) as wire:
        wire.socket.sendall(sent)
    with Socket(server.port) as wire:
        wire.send(*signed("HEAD", f"/{BUCKET}/absent"))
        assert wire.answer()[0] == 404


def test_line_ends_cannot_be_smuggled_into_an_answer(wire):
    wire.send(*signed("PUT", PATH), "Content-Length: 1", body=b"x")
    wire.answer()
    query = "response-content-type=a%0D%0AX-Evil:%20yes"
    authorization = signature("GET", f"{PATH}?response-content-type=a\r\nX-Evil: yes", {})
    wire.send(f"GET {PATH}?{query} HTTP/1.1", "Host: h", *(f"{k}: {v}" for k, v in authorization.items()))
    status, headers, _ = wire.answer()
    assert status == 400
    assert "x-evil" not in headers


def test_many_connections_are_served_at_once(server):
    sockets = [Socket(server.port) for _ in range(100)]
    for each in sockets:
        each.send(*signed("HEAD", f"/{BUCKET}/absent"))
    assert [each.answer()[0] for each in sockets] == [404] * 100
    for each in sockets:
        each.__exit__()


def test_stopping_ends_idle_connections_at_once(tmp_path):
    server = started(tmp_path, limits=Limits(idle_seconds=600))
    with Socket(server.port) as wire:
        wire.send(*signed("HEAD", f"/{BUCKET}/absent"))
        assert wire.answer()[0] == 404
        before = time.monotonic()
        server.stop()
        assert time.monotonic() - before < 60
        assert wire.answer()[0] == 0


IDLE_SECONDS = 0.2


@pytest.fixture(scope="module")
def impatient(tmp_path_factory):
    running = started(tmp_path_factory.mktemp("impatient"), limits=Limits(idle_seconds=IDLE_SECONDS))
    yield running
    running.stop()


def sent_in_time(server, send):
    """A connection on which `send` was done before the server could lose its patience, however busy this machine is."""
    while True:
        began = time.monotonic()
        wire = Socket(server.port)
        with contextlib.suppress(ConnectionError):
            send(wire)
            if time.monotonic() - began < IDLE_SECONDS:
                return wire
        wire.__exit__()


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: h\r\nDate", b"whole"], ids=ascii)
def test_connection_on_which_nothing_comes_is_closed(impatient, sent):
    def send(wire):
        if sent == b"whole":
            wire.send(*signed("HEAD", f"/{BUCKET}/absent"))
        else:
            wire.socket.sendall(sent)

    with sent_in_time(impatient, send) as wire:
        if sent == b"whole":
            assert wire.answer()[0] == 404
        assert wire.answer()[0] == 0


def test_body_that_stops_coming_is_told_so_and_not_stored(impatient):
    def send(wire):
        wire.send(*signed("PUT", PATH), "Content-Length: 100000", body=b"x" * 50_000)

    with sent_in_time(impatient, send) as wire:
        status, _, body = wire.answer()
        assert (status, b"<Code>RequestTimeout</Code>" in body) == (400, True)
        assert wire.answer()[0] == 0
    with sent_in_time(impatient, lambda wire: wire.send(*signed("HEAD", PATH))) as wire:
        assert wire.answer()[0] == 404


def test_connection_that_is_used_now_and_then_stays(impatient):
    """A pause of this machine that is as long as the server's patience proves nothing; then all begins anew."""
    series = 0
    while series < 4:
        series, quiet_since = 0, time.monotonic()
        with Socket(impatient.port) as wire:
            while series < 4:
                time.sleep(0.08)
                try:
                    wire.send(*signed("HEAD", f"/{BUCKET}/absent"))
                    was_in_time = time.monotonic() - quiet_since < IDLE_SECONDS
                    quiet_since = time.monotonic()
                    status = wire.answer()[0]
                except ConnectionError:
                    status = 0
                if not was_in_time:
                    break
                assert status == 404
                series += 1
