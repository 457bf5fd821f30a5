"""Short questions to the servers' web ports, without a JVM and past any proxy the environment names."""

import http.client
import json
from typing import Any

from .ports import LOOPBACK

TIMEOUT_SECONDS = 5.0


def request(method: str, port: int, path: str, timeout_seconds: float = TIMEOUT_SECONDS) -> tuple[int, str]:
    """Status and body. OSError or HTTPException while the server is not there yet."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout_seconds)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.read().decode("utf-8", "replace")
    finally:
        connection.close()


def get_json(port: int, path: str) -> dict[str, Any] | None:
    """The answer, or None as long as the server does not give one."""
    try:
        status, body = request("GET", port, path)
        answer = json.loads(body) if status == 200 else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    return answer if isinstance(answer, dict) else None


def bean(port: int, query: str) -> dict[str, Any] | None:
    answer = get_json(port, f"/jmx?qry={query}")
    beans = answer.get("beans") if answer else None
    return beans[0] if beans else None
