"""The listening socket: a thread for each connection, all of them gone after `close`."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import threading
from typing import Any

from hdfs2oss.local_oss.protocol.connection import RESET, Connection
from hdfs2oss.local_oss.protocol.message import Answer
from hdfs2oss.local_oss.protocol.request_log import RequestLog

_JOIN_SECONDS = 5.0


class Listener(socketserver.TCPServer):
    """Accepts connections and remembers them, so that idle ones can be ended too.

    Listens once made; `port` is known then, and `serve_forever` accepts until `shutdown`.
    """

    request_queue_size = 1024

    def __init__(
        self,
        address: tuple[str, int],
        answer: Answer,
        log: RequestLog | None = None,
        tls: ssl.SSLContext | None = None,
        idle_seconds: float = 60.0,
    ) -> None:
        self._answer = answer
        self._log = log
        self._tls = tls
        self._idle_seconds = idle_seconds
        self._open: dict[socket.socket, threading.Thread] = {}
        self._open_lock = threading.Lock()
        super().__init__(address, socketserver.BaseRequestHandler)
        self.port = int(self.server_address[1])

    def server_bind(self) -> None:
        """Bind, to a port that a server before this one may have left a moment ago."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection; the handshake, if any, is left to its thread."""
        client, address = super().get_request()
        if self._tls:
            client = self._tls.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
        return client, address

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own."""
        thread = threading.Thread(target=self._serve, args=(request,), name="oss-connection", daemon=True)
        with self._open_lock:
            self._open[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        """Close a connection that is done."""
        with self._open_lock:
            self._open.pop(request, None)
        with contextlib.suppress(OSError):
            if request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(RESET)) == RESET:
                request.close()  # shutting it down first would end it politely
                return
        super().shutdown_request(request)

    def close(self) -> None:
        """Stop listening, end every connection, and wait for their threads."""
        with contextlib.suppress(OSError):
            # A child forked meanwhile has this socket too; closing ours would leave the port listening.
            self.socket.shutdown(socket.SHUT_RDWR)
        self.server_close()
        with self._open_lock:
            connections = dict(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in connections.values():
            thread.join(_JOIN_SECONDS)

    def _serve(self, client: socket.socket) -> None:
        """All of a connection; a client that goes away is no error."""
        try:
            with contextlib.suppress(OSError):
                Connection(client, self._answer, self._log, self._idle_seconds).serve()
        finally:
            self.shutdown_request(client)
