"""A kept connection that is encrypted: what TLS holds back behind an answer is not the next answer."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from socket import create_server

import pytest

from hdfs2oss.filesystems.oss.address import Address
from hdfs2oss.filesystems.oss.session import OssSession
from tests.stores.oss_ways import make_certificates

# What http.client reads ahead of what it was asked for, and so throws away with the first answer.
READ_AHEAD_BYTES = 8192


def answer(body: bytes, padding: int = 0) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-Pad: %s\r\n\r\n%s" % (len(body), b"p" * padding, body)


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server whose first answer on each connection has another one behind it, in one record."""
    authority, certificate, key = make_certificates(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    # The client reads up to so many bytes at a time, and finds the stale answer at the beginning of what follows.
    first = answer(b"first", READ_AHEAD_BYTES - len(answer(b"first")))
    assert len(first) == READ_AHEAD_BYTES

    def serve(connection: ssl.SSLSocket) -> None:
        with connection, contextlib.suppress(OSError):
            begun = False
            while connection.recv(65536):
                connection.sendall(answer(b"right") if begun else first + answer(b"stale"))
                begun = True

    def accept(server: ssl.SSLSocket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with context.wrap_socket(create_server(("127.0.0.1", 0)), server_side=True) as server:
        threading.Thread(target=accept, args=(server,), daemon=True).start()
        yield server.getsockname()[1]


def test_an_answer_that_nobody_asked_for_is_not_given_to_the_next_request(port: int) -> None:
    session, address = OssSession(read_seconds=30), Address("https", f"127.0.0.1:{port}", "/")

    def ask() -> bytes:
        return session.exchange(address, "GET", "/k", {}, None).read_whole()

    assert ask() == b"first"
    assert ask() == b"first"
    session.close()
