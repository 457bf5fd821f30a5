"""A server that answers as a test wrote down: for answers that a sound store never gives."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.oss.filesystem import OssFileSystem
from hdfs2oss.rules.retry import RetryPolicy

# As many tries as in earnest, without the waiting.
QUICK = RetryPolicy(attempts=4, base_seconds=0.001, deadline_seconds=5, throttled_attempts=4, throttled_seconds=5)


class Answer(NamedTuple):
    """`cut` ends the connection after so many bytes of the body; status 0 hangs up without an answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = MappingProxyType({})
    cut: int = -1


class Request(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class ScriptedStore:
    """Gives the answers one after another; the last one again and again. `requests` is what arrived."""

    def __init__(self, *answers: Answer | Callable[[Request], Answer]) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []
        self.connections = 0
        store = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                store.connections += 1
                super().setup()

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Request(self.command, self.path, dict(self.headers), body)
                store.requests.append(request)
                entry = store.answers.pop(0) if len(store.answers) > 1 else store.answers[0]
                answer = entry(request) if callable(entry) and not isinstance(entry, Answer) else entry
                if answer.status == 0:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                headers = {"Content-Length": str(len(answer.body)), "x-oss-request-id": "ID", **answer.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer.body if answer.cut < 0 else answer.body[: answer.cut])
                if answer.cut >= 0:
                    self.close_connection = True

            do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _answer

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> ScriptedStore:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return self._server.server_port

    def open(self, retries: RetryPolicy = QUICK) -> OssFileSystem:
        return OssFileSystem("lake", OssAccess(f"http://127.0.0.1:{self.port}", "id", "secret"), retries=retries)


def error(status: int, code: str, message: str = "as scripted", **headers: str) -> Answer:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
    return Answer(status, body, {name.replace("_", "-"): value for name, value in headers.items()})
