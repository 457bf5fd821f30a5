"""What YARN is asked over HTTP: applications that are there, and one that takes all memory there is."""

import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.sandbox import Sandbox

START_SECONDS = 120.0


def applications(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """What YARN knows of each application, by its id; the newest is the last."""
    found = ask(sandbox, "apps")["apps"] or {"app": []}
    return {one["id"]: one for one in sorted(found["app"], key=lambda one: one["startedTime"])}


def ended(sandbox: Sandbox, application: str, seconds: float = 120.0) -> str:
    """How an application ended, once it has: its final status."""
    deadline = time.monotonic() + seconds
    while (found := applications(sandbox)[application])["state"] not in ("FINISHED", "FAILED", "KILLED"):
        assert time.monotonic() < deadline, found
        time.sleep(0.5)
    return str(found["finalStatus"])


@contextmanager
def full_queue(sandbox: Sandbox, memory: int = 0) -> Iterator[None]:
    """For the block an application that does nothing has this memory of one node: by default all that is free."""
    application = ask(sandbox, "apps/new-application", {})["application-id"]
    before = ask(sandbox, "metrics")["clusterMetrics"]["availableMB"]
    memory = memory or before
    container = {"commands": {"command": "sleep 3600"}}
    words = {
        "application-id": application,
        "application-name": "takes-all",
        "am-container-spec": container,
        "application-type": "SHELL",
        "max-app-attempts": 1,
        "resource": {"memory": memory, "vCores": 1},
    }
    ask(sandbox, "apps?user.name=root", words)
    deadline = time.monotonic() + START_SECONDS
    try:
        while ask(sandbox, "metrics")["clusterMetrics"]["availableMB"] > before - memory:
            assert time.monotonic() < deadline, applications(sandbox)[application]
            time.sleep(0.2)
        yield
    finally:
        ask(sandbox, f"apps/{application}/state?user.name=root", {"state": "KILLED"}, "PUT")
        ended(sandbox, application)


def ask(sandbox: Sandbox, what: str, body: object = None, method: str = "") -> Any:
    """The answer of the ResourceManager."""
    request = urllib.request.Request(
        f"{sandbox.env()['SANDBOX_YARN']}/ws/v1/cluster/{what}",
        json.dumps(body).encode() if body is not None else None,
        {"Content-Type": "application/json", "Accept": "application/json"},
        method=method or ("POST" if body is not None else "GET"),
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or b"{}")
