"""A bucket whose temporary keys expire while it is used, and the file that newer ones come in."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.registry import StoreConfig
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.local_oss.faults.rule import Rule

EXPIRES_AFTER = 20


class Renewed:
    """A bucket whose server takes the token `old` for a while only, and a file that names it until `renew`."""

    def __init__(self, folder: Path, server: LocalOssServer) -> None:
        self.server = server
        self._file = folder / "keys"
        self._put("old")
        keys = OssAccess(server.endpoint, "id", "secret", "old", keys_file=str(self._file))
        self.stores = StoreConfig(oss={"lake": keys}, threads=8)
        refusal = {"status": 403, "code": "SecurityTokenExpired", "header": "x-oss-security-token", "value": "old"}
        server.plan.replace([Rule("error", after=EXPIRES_AFTER, **refusal)])  # type: ignore[arg-type]
        self._thread = threading.Thread(target=self._renew, daemon=True)

    def renew_once_expired(self) -> None:
        """Put the new token into the file as soon as the old one was refused."""
        self._thread.start()

    def _renew(self) -> None:
        deadline = time.monotonic() + 60
        while not self.refused and time.monotonic() < deadline:
            time.sleep(0.01)
        self._put("new")

    def _put(self, token: str) -> None:
        beside = self._file.with_suffix(".new")
        beside.write_text(f"access_key_id=id\naccess_key_secret=secret\nsecurity_token={token}\n")
        beside.chmod(0o600)
        os.replace(beside, self._file)

    @property
    def refused(self) -> int:
        return sum(hits for _, hits in self.server.plan.state())
