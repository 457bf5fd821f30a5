"""What happens at one end of a copy while the OSS server holds a request back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.local_oss.faults.rule import Rule


@contextmanager
def meanwhile(server: LocalOssServer, rule: Rule, act: Callable[[], object]) -> Iterator[None]:
    """While the server holds back the request that the rule is about, `act`; then the request goes on, and the rest."""
    done = threading.Event()

    def watch() -> None:
        deadline = time.monotonic() + 60
        while not server.plan.state()[0][1]:
            if time.monotonic() > deadline or done.wait(0.01):
                return
        act()
        acted.append(rule)
        server.plan.stop()

    acted: list[Rule] = []
    server.plan.replace([rule])
    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        server.plan.replace([])
        server.plan.start()
    assert acted, "what was to happen meanwhile did not"


def held(operation: str, key: str) -> Rule:
    return Rule("latency", operation=operation, key=key, seconds=60.0, count=1)
