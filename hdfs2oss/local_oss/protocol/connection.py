"""One client connection: requests one after another, until either side has enough."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import struct
import time
from collections.abc import Callable
from email.utils import formatdate

from hdfs2oss.local_oss.protocol.error_document import error_response
from hdfs2oss.local_oss.protocol.errors import OssError
from hdfs2oss.local_oss.protocol.message import Answer, Request, Response
from hdfs2oss.local_oss.protocol.request_log import RequestLog
from hdfs2oss.local_oss.protocol.shaping import Dropped
from hdfs2oss.local_oss.protocol.sink import Sink
from hdfs2oss.local_oss.protocol.stream import TimedOut, Truncated, stream_of
from hdfs2oss.local_oss.protocol.wire import Head, IncomingBody, body_length, read_head, response_head

_MAX_DRAIN_BYTES = 8 * 1024 * 1024
_LINGER_SECONDS = 2.0
RESET = struct.pack("ii", 1, 0)
"""As SO_LINGER: closing resets the connection."""
_BODYLESS = (204, 304)


class Connection:
    """Reads requests off a client's socket, has them answered, and sends the answers."""

    def __init__(
        self, client: socket.socket, answer: Answer, log: RequestLog | None = None, idle_seconds: float = 60.0
    ) -> None:
        self._socket = client
        self._stream = stream_of(client, idle_seconds)
        self._answer = answer
        self._log = log

    def serve(self) -> None:
        """Answer requests until one of them is the last; the socket is left open, to be closed by its owner."""
        with self._stream:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if isinstance(self._socket, ssl.SSLSocket):
                self._socket.do_handshake()
            while self._serve_next():
                pass

    def _serve_next(self) -> bool:
        """Read one request and answer it; whether another may follow."""
        try:
            head = read_head(self._stream)
            if head is None:
                return False
            body = IncomingBody(self._stream, body_length(head.headers, head.method), self._leave_to_send(head))
        except OssError as error:
            self._refuse(error)
            return False
        except Truncated:
            return False
        return self._serve_request(head, body)

    def _serve_request(self, head: Head, body: IncomingBody) -> bool:
        started = time.monotonic()
        request = Request(head.method, head.target, head.headers, body, request_id=_new_request_id())
        # A GET or HEAD has no body here, whatever its Content-Length says: some clients name one, send none.
        has_doubtful_body = head.method in ("GET", "HEAD") and head.headers.get("content-length", "0") != "0"
        sink = Sink(self._socket)
        response = Response(0)
        if self._log:
            self._log.expect()
        try:
            response = self._answer(request)
            # What comes after a body of no length cannot be told from the next request.
            is_usable = not has_doubtful_body and response.status != 411 and _is_drained(body)
            keep = is_usable and _wants_to_stay(head)
            _send(sink, request, response, keep, started)
        except TimedOut:
            self._refuse(OssError(400, "RequestTimeout", "Nothing came through the connection for too long."))
            return False
        except Truncated:
            self._refuse(OssError(400, "IncompleteBody", "The request body ended before its length."))
            return False
        except Dropped as dropped:
            if dropped.with_reset:
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            return False
        except (OSError, EOFError):
            return False
        finally:
            if self._log:
                self._log.add(request, response, (body.received, sink.body_bytes), time.monotonic() - started)
        if not is_usable:
            self._linger()
        return keep

    def _leave_to_send(self, head: Head) -> Callable[[], None] | None:
        """What tells a client that asked that its body is wanted, once somebody reads it."""
        if head.headers.get("expect", "").lower() != "100-continue" or head.version != "HTTP/1.1":
            return None
        return self._send_leave

    def _send_leave(self) -> None:
        try:
            self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        except OSError:
            raise Truncated from None

    def _refuse(self, error: OssError) -> None:
        """Answer a request that cannot even be read, and give up the connection."""
        request = Request("", "", {}, IncomingBody(self._stream, 0), request_id=_new_request_id())
        with contextlib.suppress(OSError):
            _send(Sink(self._socket), request, error_response(error, request), False, time.monotonic())
            self._linger()

    def _linger(self) -> None:
        """Let the client read the answer: closing on unread bytes would reset the connection under it."""
        deadline = time.monotonic() + _LINGER_SECONDS
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            self._socket.settimeout(_LINGER_SECONDS)
            while time.monotonic() < deadline and self._socket.recv(65536):
                pass


def _new_request_id() -> str:
    return os.urandom(12).hex().upper()


def _is_drained(body: IncomingBody) -> bool:
    if body.is_finished:
        return True
    if body.is_awaited or body.is_broken:
        return False
    try:
        return body.drain(_MAX_DRAIN_BYTES)
    except OssError:
        return False


def _wants_to_stay(head: Head) -> bool:
    wish = head.headers.get("connection", "").lower()
    return wish != "close" if head.version == "HTTP/1.1" else wish == "keep-alive"


def _send(sink: Sink, request: Request, response: Response, keep: bool, started: float) -> None:
    """Send all of an answer; its body, if it is stored, is closed in any case."""
    body = response.body
    head = _head_of(request, response, keep, started)
    sink.head_bytes = len(head)
    if isinstance(body, bytes):
        is_bodyless = request.method == "HEAD" or response.status in _BODYLESS
        sink.write(head if is_bodyless else head + body)
        return
    try:
        sink.write(head)
        if request.method != "HEAD":
            body.send(sink)
    finally:
        body.close()


def _head_of(request: Request, response: Response, keep: bool, started: float) -> bytes:
    length = response.content_length
    if length is None:
        length = len(response.body) if isinstance(response.body, bytes) else response.body.length
    headers = {"Server": "AliyunOSS", "Date": formatdate(usegmt=True)}
    headers |= {"Connection": "keep-alive" if keep else "close", "x-oss-request-id": request.request_id}
    if length is None:
        headers["Transfer-Encoding"] = "chunked"
    elif response.status not in _BODYLESS:
        headers["Content-Length"] = str(length)
    headers |= response.headers
    headers["x-oss-server-time"] = str(int((time.monotonic() - started) * 1000))
    return response_head(response.status, headers)
