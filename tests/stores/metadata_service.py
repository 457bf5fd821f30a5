"""The metadata service of an ECS instance, on loopback: it tells keys that a local OSS server issues."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.keys.ram_role import RamRole, fetch_keys
from hdfs2oss.local_oss import LocalOssServer
from tests.stores.loopback import LoopbackService

ROLE = "copier"
_ROLES = "/latest/meta-data/ram/security-credentials/"
_TOKEN = "metadata-token"


class MetadataService(LoopbackService):
    """Serves what `keys` gives; `requests` are the methods and paths that were asked for.

    `is_hardened` answers nobody without a token, `has_token` False knows of none; while `is_down` all get 503.
    """

    def __init__(self, keys: Callable[[], dict[str, str]], is_hardened: bool = False, has_token: bool = True) -> None:
        self.keys = keys
        self.is_hardened = is_hardened
        self.has_token = has_token
        self.is_down = False
        self.token = _TOKEN
        self.requests: list[tuple[str, str]] = []
        super().__init__(_handler(self))

    def role(self, name: str = ROLE, is_hardened: bool = False) -> RamRole:
        return RamRole(name, self.url, is_hardened)

    def answer(self, method: str, path: str, token: str, ttl: str) -> tuple[int, str]:
        self.requests.append((method, path))
        if self.is_down:
            return 503, "down"
        if path == "/latest/api/token":
            return (200, self.token) if method == "PUT" and self.has_token and ttl.isdecimal() else (404, "not found")
        if token != _TOKEN if self.is_hardened else token not in ("", _TOKEN):
            return 403, "forbidden"
        if path == _ROLES:
            return 200, ROLE
        return (200, json.dumps(self.keys())) if path == _ROLES + ROLE else (404, "no such role")


class ShortKeys:
    """Keys of an OSS server that last some seconds; like the real service it gives the same until they are near
    their end. `count` is how many there were."""

    def __init__(self, server: LocalOssServer, seconds: float) -> None:
        self._server = server
        self._seconds = seconds
        self._lock = threading.Lock()
        self._issued = server.issue_keys(seconds)
        self.count = 1

    def __call__(self) -> dict[str, str]:
        with self._lock:
            if self._issued.expires_at - time.time() < self._seconds / 2:
                self._issued = self._server.issue_keys(self._seconds)
                self.count += 1
            return document(self._issued.credentials, self._issued.expires_at)


def document(keys, expires_at: float) -> dict[str, str]:
    """What the service answers; it tells whole seconds."""
    return {
        "AccessKeyId": keys.access_key_id,
        "AccessKeySecret": keys.access_key_secret,
        "SecurityToken": keys.security_token,
        "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(expires_at)),
        "LastUpdated": "2026-01-01T00:00:00Z",
        "Code": "Success",
    }


def _handler(service: MetadataService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            token = self.headers.get("X-aliyun-ecs-metadata-token", "")
            ttl = self.headers.get("X-aliyun-ecs-metadata-token-ttl-seconds", "")
            status, text = service.answer(self.command, self.path, token, ttl)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_PUT = _answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def access_by_role(server: LocalOssServer, role: RamRole) -> OssAccess:
    """A bucket's access as it is at the start of a command: with the keys that the role has then."""
    keys = fetch_keys(role)
    return OssAccess(server.endpoint, *keys[:3], ram_role=role, expiration=keys.expiration, provider=str(role))
