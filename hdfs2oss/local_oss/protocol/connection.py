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
from http.server import BaseHTTPRequestHandler
from io import BufferedReader
from typing import TYPE_CHECKING, Any, cast

from hdfs2oss.local_oss.errors import OssError
from hdfs2oss.local_oss.protocol.error_document import error_response
from hdfs2oss.local_oss.protocol.message import Request, Response
from hdfs2oss.local_oss.protocol.shaping import Dropped
from hdfs2oss.local_oss.protocol.sink import Sink
from hdfs2oss.local_oss.protocol.wire import Head, IncomingBody, Truncated, body_length, read_head, response_head

if TYPE_CHECKING:
    from hdfs2oss.local_oss.protocol.listener import Listener

_MAX_DRAIN_BYTES = 8 * 1024 * 1024
_LINGER_SECONDS = 2.0
RESET = struct.pack("ii", 1, 0)
"""As SO_LINGER: closing resets the connection."""
_BODYLESS = (204, 304)


class Connection(BaseHTTPRequestHandler):
    """Reads requests off a socket, hands them to the application, and sends the answers."""

    disable_nagle_algorithm = True
    rbufsize = 256 * 1024
    _head_bytes = 0

    def setup(self) -> None:
        """Make sure the socket blocks, which sendfile needs."""
        super().setup()
        self.connection.settimeout(None)
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.do_handshake()

    def handle_one_request(self) -> None:
        """Read one request and answer it."""
        self.close_connection = True
        stream = cast(BufferedReader, self.rfile)
        try:
            head = read_head(stream)
            if head is None:
                return
            body = IncomingBody(stream, self._body_length(head), self._leave_to_send(head))
        except OssError as error:
            self._refuse(error)
            return
        except (Truncated, ConnectionError):
            return
        self._serve(head, body)

    def _serve(self, head: Head, body: IncomingBody) -> None:
        started = time.monotonic()
        request = Request(head.method, head.target, head.headers, body, request_id=os.urandom(12).hex().upper())
        # A GET or HEAD has no body here, whatever its Content-Length says: some clients name one, send none.
        has_doubtful_body = head.method in ("GET", "HEAD") and head.headers.get("content-length", "0") != "0"
        listener = cast("Listener", self.server)
        sink = Sink(self.connection)
        response = Response(0)
        try:
            response = listener.application.answer(request)
            is_usable = not has_doubtful_body and self._is_drained(body)
            keep = is_usable and self._wants_to_stay(head)
            self._send(sink, request, response, keep, started)
        except Truncated:
            self._refuse(OssError(400, "IncompleteBody", "The request body ended before its length."))
            return
        except Dropped as dropped:
            if dropped.with_reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            return
        except (OSError, EOFError):
            return
        finally:
            if listener.log:
                moved = (body.received, max(0, sink.sent - self._head_bytes))
                listener.log.write(_entry(request, response, moved, time.monotonic() - started))
        self.close_connection = not keep
        if not is_usable:
            self._linger()

    def _body_length(self, head: Head) -> int | None:
        return 0 if head.method in ("GET", "HEAD") else body_length(head.headers, head.method)

    def _leave_to_send(self, head: Head) -> Callable[[], None] | None:
        """What tells a client that asked that its body is wanted, once somebody reads it."""
        if head.headers.get("expect", "").lower() != "100-continue" or head.version != "HTTP/1.1":
            return None
        return lambda: self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _is_drained(self, body: IncomingBody) -> bool:
        if body.is_finished:
            return True
        if body.is_awaited or body.is_broken:
            return False
        try:
            return body.drain(_MAX_DRAIN_BYTES)
        except OssError:
            return False

    def _wants_to_stay(self, head: Head) -> bool:
        wish = head.headers.get("connection", "").lower()
        return wish != "close" if head.version == "HTTP/1.1" else wish == "keep-alive"

    def _send(self, sink: Sink, request: Request, response: Response, keep: bool, started: float) -> None:
        body = response.body
        length = response.content_length
        if length is None:
            length = len(body) if isinstance(body, bytes) else body.length
        headers = {"Server": "AliyunOSS", "Date": formatdate(usegmt=True)}
        headers |= {"Connection": "keep-alive" if keep else "close", "x-oss-request-id": request.request_id}
        if length is None:
            headers["Transfer-Encoding"] = "chunked"
        elif response.status not in _BODYLESS:
            headers["Content-Length"] = str(length)
        headers |= response.headers
        headers["x-oss-server-time"] = str(int((time.monotonic() - started) * 1000))
        head = response_head(response.status, headers)
        self._head_bytes = len(head)
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

    def _refuse(self, error: OssError) -> None:
        """Answer a request that cannot even be read, and give up the connection."""
        request_id = os.urandom(12).hex().upper()
        request = Request("", "", {}, IncomingBody(cast(BufferedReader, self.rfile), 0), request_id=request_id)
        with contextlib.suppress(OSError):
            self._send(Sink(self.connection), request, error_response(error, request), False, time.monotonic())
            self._linger()

    def _linger(self) -> None:
        """Let the client read the answer: closing on unread bytes would reset the connection under it."""
        deadline = time.monotonic() + _LINGER_SECONDS
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_LINGER_SECONDS)
            while time.monotonic() < deadline and self.connection.recv(65536):
                pass


def _entry(request: Request, response: Response, moved: tuple[int, int], seconds: float) -> dict[str, Any]:
    """A request as the log shows it. Status 0: it got no answer."""
    return {
        "time": round(time.time(), 3),
        "method": request.method,
        "bucket": request.bucket,
        "key": request.key,
        "operation": request.operation,
        "query": request.query,
        "status": response.status,
        "code": response.code,
        "bytes": moved[0] or moved[1],
        "bytes_in": moved[0],
        "bytes_out": moved[1],
        "ms": round(seconds * 1000, 1),
        "request_id": request.request_id,
        "faults": request.faults,
    }
