"""An HTTP proxy on loopback: forwards requests that name a whole URL, and makes tunnels for CONNECT."""

from __future__ import annotations

import base64
import http.client
import http.server
import socket
import threading
import urllib.parse


class HttpProxy:
    """`asked` is what it was asked for, `METHOD target`. With `user` it wants to know who asks; `refuses` all."""

    def __init__(self, user: str = "", refuses: int = 0) -> None:
        self.asked: list[str] = []
        wanted = "Basic " + base64.b64encode(user.encode()).decode() if user else None
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _refused(self) -> bool:
                proxy.asked.append(f"{self.command} {self.path}")
                status = 407 if wanted and self.headers.get("Proxy-Authorization") != wanted else refuses
                if status:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    self.close_connection = True
                return bool(status)

            def do_CONNECT(self) -> None:
                if self._refused():
                    return
                host, _, port = self.path.rpartition(":")
                self.close_connection = True
                with socket.create_connection((host, int(port)), 10) as there:
                    self.send_response(200)
                    self.end_headers()
                    back = threading.Thread(target=_pump, args=(there, self.connection), daemon=True)
                    back.start()
                    _pump(self.connection, there)
                    back.join(10)

            def _forward(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self._refused():
                    return
                parts = urllib.parse.urlsplit(self.path)
                there = http.client.HTTPConnection(parts.netloc, timeout=10)
                headers = {name: value for name, value in self.headers.items() if not name.startswith("Proxy-")}
                there.request(self.command, self.path[len(f"http://{parts.netloc}") :], body, headers)
                answer = there.getresponse()
                data = answer.read()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("transfer-encoding", "connection"):
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)
                there.close()

            do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _forward

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.port = self._server.server_port

    def __enter__(self) -> HttpProxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
