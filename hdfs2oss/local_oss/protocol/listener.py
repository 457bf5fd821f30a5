"""The listening socket: a thread for each connection, all of them gone after `close`."""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import threading
from http.server import ThreadingHTTPServer
from typing import Any

from hdfs2oss.local_oss.application import Application
from hdfs2oss.local_oss.protocol.connection import RESET, Connection
from hdfs2oss.local_oss.request_log import RequestLog

_JOIN_SECONDS = 5.0


class Listener(ThreadingHTTPServer):
    """Accepts connections and remembers them, so that idle ones can be ended too."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(
        self,
        address: tuple[str, int],
        application: Application,
        log: RequestLog | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.application = application
        self.log = log
        self._tls = tls
        self._open: dict[socket.socket, threading.Thread] = {}
        self._open_lock = threading.Lock()
        super().__init__(address, Connection)

    def server_bind(self) -> None:
        """Bind without looking up the host's name, which may ask a name server."""
        socket.socket.setsockopt(self.socket, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "local-oss", self.socket.getsockname()[1]

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection; the handshake, if any, is left to its thread."""
        request, address = super().get_request()
        if self._tls:
            request = self._tls.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
        return request, address

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own."""
        thread = threading.Thread(
            target=self.process_request_thread,
            args=(request, client_address),
            name="oss-connection",
            daemon=True,
        )
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

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error; anything else goes to the thread's excepthook."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, ssl.SSLError)):
            raise

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
