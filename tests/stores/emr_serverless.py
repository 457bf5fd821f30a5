"""EMR Serverless Spark on loopback: checks signatures (ACS3-HMAC-SHA256), keeps what was submitted, tells states."""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.parse
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler

from tests.stores.loopback import LoopbackService

KEY_ID, SECRET = "LTAI-test", "HUSH-HUSH-HUSH"
JOB = "jr-1"


class ServerlessStub(LoopbackService):
    """`states` are told one after another, the last one for ever; an int among them is the status of a refusal.

    `bodies` are the documents that were submitted, `refused` the requests whose signature was wrong.
    """

    def __init__(self, states: Sequence[str | int] = ("Success",), reason: dict[str, str] | None = None) -> None:
        self.states = list(states)
        self.reason = reason
        self.start_statuses: list[int] = []
        self.bodies: list[dict] = []
        self.headers: list[dict[str, str]] = []
        self.refused = 0
        super().__init__(_handler(self))

    def answer(self, method: str, path: str) -> tuple[int, dict]:
        if method == "POST" and path.endswith("/jobRuns"):
            status = self.start_statuses.pop(0) if self.start_statuses else 200
            return (200, {"jobRunId": JOB, "requestId": "R"}) if status == 200 else (status, _error("Unavailable"))
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if isinstance(state, int):
            return state, _error("Refused")
        run = {"jobRunId": JOB, "state": state, "stateChangeReason": self.reason}
        return 200, {"jobRun": run, "requestId": "R"}


def is_signed(method: str, target: str, headers: dict[str, str], body: bytes) -> bool:
    """Whether the signature is that of the keys above, over all that the rule names; written after the rule alone."""
    algorithm, _, rest = headers.get("authorization", "").partition(" ")
    claims = dict(part.strip().split("=", 1) for part in rest.split(","))
    path, _, query = target.partition("?")
    digest = hashlib.sha256(body).hexdigest()
    named = claims["SignedHeaders"].split(";")
    pairs = sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))
    quoted = "&".join("=".join(urllib.parse.quote(word, safe="") for word in pair) for pair in pairs)
    own = "".join(f"{name}:{headers[name].strip()}\n" for name in named)
    canonical = "\n".join([method, path, quoted, own, ";".join(named), digest])
    text = f"{algorithm}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    expected = hmac.digest(SECRET.encode(), text.encode(), "sha256").hex()
    return (
        algorithm == "ACS3-HMAC-SHA256"
        and claims["Credential"] == KEY_ID
        and headers.get("x-acs-content-sha256") == digest
        and {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-content-sha256"} <= set(named)
        and hmac.compare_digest(expected, claims["Signature"])
    )


def _error(code: str) -> dict:
    return {"code": code, "message": f"the stub says {code}", "requestId": "R"}


def _handler(stub: ServerlessStub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            stub.headers.append(headers)
            if is_signed(self.command, self.path, headers, body):
                if body:
                    stub.bodies.append(json.loads(body))
                status, document = stub.answer(self.command, self.path.partition("?")[0])
            else:
                stub.refused += 1
                status, document = 403, _error("SignatureDoesNotMatch")
            data = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = _answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
