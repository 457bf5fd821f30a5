"""A store whose answers end early: whole answers are written down from a real server and given again, cut anywhere."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence


class Wire:
    """A server on loopback: one request a connection, answered by what `answer(number, request)` gives."""

    def __init__(self, answer: Callable[[int, bytes], bytes], keeps: bool = False) -> None:
        """With `keeps` a connection is left open after its answer, until the client has gone; see `say`."""
        self._answer = answer
        self._keeps = keeps
        self.sent = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.requests = 0
        self._open: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def say(self, data: bytes) -> None:
        """Send something that nobody asked for behind the answer on the connection that is kept."""
        assert self.sent.wait(10)
        assert self._open is not None
        self._open.sendall(data)

    def __enter__(self) -> Wire:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            # Wakes the thread that waits for the next connection.
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(10)
                request = _read_request(connection)
                answer = self._answer(self.requests, request)
                self.requests += 1
                connection.sendall(answer)
                self._open = connection
                self.sent.set()
                if self._keeps:
                    connection.recv(1)


def record(port: int, page_rows: int = 4) -> tuple[Wire, list[bytes]]:
    """A wire that passes everything on to a real server, and the answers that came back, whole.

    Listings are asked for in pages of a few rows, so that a small tree has several.
    """
    answers: list[bytes] = []

    def forward(_: int, request: bytes) -> bytes:
        head, _, body = request.partition(b"\r\n\r\n")
        head = re.sub(rb"(?<=[?&]max-keys=)\d+", b"%d" % page_rows, head)
        with socket.create_connection(("127.0.0.1", port), 10) as upstream:
            upstream.sendall(head + b"\r\nConnection: close\r\n\r\n" + body)
            answers.append(b"".join(iter(lambda: upstream.recv(65536), b"")))
        return answers[-1]

    return Wire(forward), answers


def replay(answers: Sequence[bytes], number: int, end: int, always: bool) -> Wire:
    """A wire that gives the answers again, number `number` cut to `end` bytes: once, or each time it is asked for."""
    given: Iterator[int] = iter(range(number))

    def answer(_: int, request: bytes) -> bytes:
        nonlocal cut_once
        at = next(given, None)
        if at is not None:
            return answers[at]
        if always or not cut_once:
            cut_once = True
            return answers[number][:end]
        return answers[min(number + next(later, len(answers)), len(answers) - 1)]

    cut_once = False
    later = iter(range(len(answers)))
    return Wire(answer)


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lines = [line.split(b":", 1) for line in head.split(b"\r\n")[1:]]
    length = next((int(value) for name, value in lines if name.lower() == b"content-length"), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
