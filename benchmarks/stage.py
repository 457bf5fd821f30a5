"""The servers of a run: one HDFS, one OSS server and, where it is wanted, YARN, all of a sandbox."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import oss2
from hdfs_native import Client

from tests.sandbox import Sandbox
from tests.sandbox.state import STATE_ROOT

from .arrival import Arrival
from .gauges import Gauges
from .places import Place

_NAME = "bench"


class Stage:
    """What a run works on; `node_manager` is a process id, 0 without YARN."""

    def __init__(self, sandbox: Sandbox, log: Path) -> None:
        services = {service.name: service for service in sandbox.status()}
        self.env = sandbox.env()
        self.node_manager = services["nodemanager"].pid or 0 if "nodemanager" in services else 0
        self.client = Client(self.env["SANDBOX_HDFS"])
        self.bucket = _bucket(self.env)
        self.gauges = Gauges(services["namenode"].ports["namenode-http"], log)
        self.arrival = Arrival(self.client, self.bucket)

    def clear(self, place: Place) -> None:
        """Remove what lies there."""
        if place.store == "hdfs":
            with suppress(FileNotFoundError):
                self.client.delete(place.path, True)
            return
        keys: list[str] = []
        for one in oss2.ObjectIteratorV2(self.bucket, prefix=f"{place.path}/", max_keys=1000):
            keys.append(one.key)
            if len(keys) == 1000:
                self.bucket.batch_delete_objects(keys)
                keys = []
        if keys:
            self.bucket.batch_delete_objects(keys)


@contextmanager
def staged(with_yarn: bool, *options: str) -> Iterator[Stage]:
    """The servers, from scratch; they are gone afterwards, whatever happened. `options` are the OSS server's."""
    log = STATE_ROOT / _NAME / "requests.log"
    # ETags by MD5 would make the server the bottleneck of every tool.
    os.environ["SANDBOX_OSS_OPTIONS"] = " ".join(("--etag fast --s3", f"--request-log {log}", *options))
    sandbox = Sandbox(_NAME, yarn=with_yarn, say=print)
    sandbox.down()
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch()
        sandbox.up()
        yield Stage(sandbox, log)
    finally:
        sandbox.down()
        shutil.rmtree(STATE_ROOT / _NAME, ignore_errors=True)


def _bucket(env: dict[str, str]) -> oss2.Bucket:
    session = oss2.Session()
    session.session.trust_env = False
    keys = oss2.Auth(env["OSS_ACCESS_KEY_ID"], env["OSS_ACCESS_KEY_SECRET"])
    return oss2.Bucket(keys, env["OSS_ENDPOINT"], env["SANDBOX_BUCKET"], session=session)
