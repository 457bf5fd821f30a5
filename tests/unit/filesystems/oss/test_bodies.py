"""What is sent: read as it goes out, and again for each try."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from hdfs2oss.filesystems.body import PIECE_BYTES, Body, body_of
from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.oss.client import OssClient
from hdfs2oss.filesystems.oss.session import OssSession, _send_all
from hdfs2oss.model.errors import CorruptData, ReadError, Unreachable
from hdfs2oss.rules.checksum import crc64
from hdfs2oss.rules.retry import RetryPolicy

from .scripted_store import Answer, ScriptedStore, error

ONCE = RetryPolicy(attempts=1, throttled_attempts=1)
DATA = bytes(range(256)) * 8
STORED = Answer(200, headers={"x-oss-hash-crc64ecma": str(crc64(DATA)), "ETag": '"E"'})


def test_a_body_in_memory_goes_out_in_pieces_that_stay_in_the_cache() -> None:
    data = bytes(2 * PIECE_BYTES + 1)
    assert [len(piece) for piece in body_of(data).pieces()] == [PIECE_BYTES, PIECE_BYTES, 1]
    assert body_of(data).whole() == data


def test_a_body_is_asked_for_its_bytes_again_for_each_try() -> None:
    asked: list[int] = []

    def pieces() -> Iterator[bytes]:
        asked.append(len(asked))
        yield DATA[:1000]
        yield DATA[1000:]

    with ScriptedStore(error(500, "InternalError"), STORED) as store:
        part = store.open().put_part("/file", "U", 7, Body(len(DATA), pieces))
    assert [request.body for request in store.requests] == [DATA, DATA]
    assert (len(asked), part.crc64, part.length) == (2, crc64(DATA), len(DATA))


def test_a_body_that_cannot_be_read_to_its_end_is_not_sent_again_and_its_error_is_the_error() -> None:
    def pieces() -> Iterator[bytes]:
        yield DATA[:1000]
        raise ReadError("the source has gone")

    session = OssSession()
    with ScriptedStore(STORED) as store:
        client = OssClient("lake", OssAccess(f"http://127.0.0.1:{store.port}", "id", "secret"), session)
        with pytest.raises(ReadError, match=r"^the source has gone$"):
            client.send("/file", "file", Body(len(DATA), pieces))
        # Its connection is not taken for another request, whose head would be part of the body.
        client.send("/file", "file", body_of(DATA))
        # When the store notices the end of the first one is its own affair.
        assert [request.body for request in store.requests if len(request.body) != 1000] == [DATA]
        assert store.connections == 2


def test_an_answer_that_comes_before_all_was_sent_is_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer_at_once() -> None:
            connection, _ = server.accept()
            connection.recv(10)
            connection.sendall(b'HTTP/1.1 200 OK\r\nETag: "E"\r\nContent-Length: 0\r\n\r\n')
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()

        thread = threading.Thread(target=answer_at_once)
        thread.start()
        access = OssAccess(f"http://127.0.0.1:{server.getsockname()[1]}", "id", "secret")
        with pytest.raises(Unreachable):
            OssClient("lake", access, OssSession(), ONCE).send("/file", "file", body_of(bytes(64 << 20)))
        thread.join()


def test_a_small_body_of_several_pieces_goes_out_whole() -> None:
    with ScriptedStore(STORED) as store:
        store.open().put_part("/file", "U", 7, Body(len(DATA), lambda: iter((DATA[:1000], DATA[1000:]))))
    assert [request.body for request in store.requests] == [DATA]


@pytest.mark.parametrize("piece_bytes", [1000, 65_536, PIECE_BYTES, 3 * PIECE_BYTES])
def test_a_body_of_many_pieces_arrives_once_and_whole(piece_bytes: int) -> None:
    data = bytes(range(251)) * 40_000
    pieces = [data[start : start + piece_bytes] for start in range(0, len(data), piece_bytes)]
    with ScriptedStore(Answer(200, headers={"ETag": '"E"'})) as store:
        opened = store.open()
        for _ in range(2):
            opened.put_part("/file", "U", 7, Body(len(data), lambda: iter(pieces)))
        assert [request.body == data for request in store.requests] == [True, True]
        assert store.connections == 1


def test_what_was_read_is_what_must_be_stored_whatever_became_of_it_in_between() -> None:
    damaged = b"?" + DATA[1:]
    stored = Answer(200, headers={"x-oss-hash-crc64ecma": str(crc64(damaged)), "ETag": '"E"'})
    with ScriptedStore(stored) as store, pytest.raises(CorruptData, match="arrived as other bytes"):
        store.open().put_part("/file", "U", 7, Body(len(DATA), lambda: iter([damaged]), crc64(DATA)))
    with ScriptedStore(STORED) as store:
        part = store.open().put_part("/file", "U", 7, Body(len(DATA), lambda: iter([DATA]), crc64(DATA)))
        assert part.crc64 == crc64(DATA)


@pytest.mark.parametrize("taken", range(10))
def test_what_a_socket_does_not_take_at_once_is_sent_after_it(taken: int) -> None:
    class Narrow:
        def __init__(self) -> None:
            self.got = b""

        def sendmsg(self, pieces: list[bytes]) -> int:
            self.got = b"".join(pieces)[:taken]
            return len(self.got)

        def sendall(self, piece: bytes) -> None:
            self.got += piece

    wire = Narrow()
    _send_all(wire, [b"012", b"345", b"678"])  # type: ignore[arg-type]
    assert wire.got == b"012345678"
