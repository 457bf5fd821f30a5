"""The admin port: fault rules while the server runs, on loopback only.

| request          | answer                                            |
|------------------|---------------------------------------------------|
| GET /health      | 200 `ok`                                          |
| GET /faults      | the rules in force, each with its `hits`          |
| PUT /faults      | the JSON rules of the body, in place of all others |
| DELETE /faults   | no rules any more                                 |
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from hdfs2oss.local_oss.faults.plan import FaultPlan
from hdfs2oss.local_oss.faults.rule import parse_rules
from hdfs2oss.local_oss.protocol.numbers import natural
from hdfs2oss.model.errors import UsageError

_LOOPBACK = "127.0.0.1"
_MAX_BODY_BYTES = 1024 * 1024
_TIMEOUT_SECONDS = 10


class AdminPort:
    """Listens once made; `port` is known then."""

    def __init__(self, port: int, plan: FaultPlan) -> None:
        self._server = ThreadingHTTPServer((_LOOPBACK, port), _handler_of(plan))
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="oss-admin", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler_of(plan: FaultPlan) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _TIMEOUT_SECONDS

        def do_GET(self) -> None:
            if self.path == "/health":
                self._answer(200, "ok")
            elif self.path == "/faults":
                self._answer(200, json.dumps([asdict(rule) | {"hits": hits} for rule, hits in plan.state()]))
            else:
                self._answer(404, "no such page")

        def do_PUT(self) -> None:
            length = natural(self.headers.get("Content-Length", ""), _MAX_BODY_BYTES)
            if self.path != "/faults" or length is None:
                self._answer(400, "PUT /faults takes a JSON list of rules")
                return
            try:
                plan.replace(parse_rules(self.rfile.read(length)))
            except UsageError as error:
                self._answer(400, str(error))
                return
            self._answer(200, "ok")

        def do_DELETE(self) -> None:
            plan.replace(())
            self._answer(200, "ok")

        def _answer(self, status: int, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the request log is about the other port."""

    return Handler
