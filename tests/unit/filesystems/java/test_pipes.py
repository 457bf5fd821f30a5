"""Bytes through a pipe, the other end of which is opened by its number, as Java does."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import pytest

from hdfs2oss.filesystems.java.pipes import End, open_pipe, read_pieces, write_all
from hdfs2oss.model.errors import Unreachable


def never() -> bool:
    return False


def opened(name: str, mode: str, act: Callable[[object], None]) -> threading.Thread:
    """Another thread opens the end by its name, uses and closes it."""

    def run() -> None:
        with open(name, mode, buffering=0) as file:
            ready.set()
            act(file)

    ready = threading.Event()
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(60)
    return thread


def write_whole(data: bytes) -> Callable[[object], None]:
    def write(file) -> None:
        view = memoryview(data)
        while view:
            view = view[file.write(view) :]

    return write


def test_what_was_written_comes_in_pieces_the_last_one_shorter() -> None:
    data = os.urandom(3_000_001)
    reading, writing = open_pipe()
    thread = opened(writing.name, "wb", write_whole(data))
    writing.close()
    pieces = list(read_pieces(reading, len(data), 1_000_000, "read", never))
    thread.join(60)
    reading.close()
    assert [len(piece) for piece in pieces] == [1_000_000] * 3 + [1]
    assert b"".join(pieces) == data


def test_an_end_that_closes_early_gives_what_came() -> None:
    reading, writing = open_pipe()
    thread = opened(writing.name, "wb", write_whole(b"half"))
    writing.close()
    thread.join(60)
    assert list(read_pieces(reading, 10, 4, "read", never)) == [b"half"]
    reading.close()


def test_no_more_comes_than_was_asked_for() -> None:
    reading, writing = open_pipe()
    assert write_all(writing, b"0123456789", "write", never)
    assert list(read_pieces(reading, 6, 4, "read", never)) == [b"0123", b"45"]
    reading.close()
    writing.close()


def test_all_bytes_are_written_however_slowly_they_are_taken() -> None:
    data, taken = os.urandom(5_000_000), []
    reading, writing = open_pipe()

    def take(file) -> None:
        while piece := file.read(10_000):
            taken.append(piece)

    thread = opened(reading.name, "rb", take)
    reading.close()
    assert write_all(writing, data, "write", never)
    writing.close()
    thread.join(60)
    assert b"".join(taken) == data


def test_who_takes_no_more_ends_the_writing() -> None:
    reading, writing = open_pipe()
    thread = opened(reading.name, "rb", lambda file: file.read(1))
    reading.close()
    assert write_all(writing, b"x", "write", never)
    thread.join(60)
    assert not write_all(writing, bytes(10_000_000), "write", never)
    writing.close()


def test_where_the_other_side_has_ended_without_a_word_nobody_waits() -> None:
    reading, writing = open_pipe()
    # Both ends stay open, as a process that was forked meanwhile might hold them.
    assert not list(read_pieces(reading, 10, 4, "read", lambda: True))
    with pytest.raises(Unreachable, match="not a byte"):
        list(read_pieces(reading, 1, 1, "read", never, silence_seconds=0.0))
    assert not write_all(writing, bytes(10_000_000), "write", lambda: True)
    reading.close()
    writing.close()


def test_an_end_is_closed_once() -> None:
    reading, writing = open_pipe()
    reading.close()
    reading.close()
    writing.close()
    assert isinstance(reading, End)
    assert reading.descriptor == -1
