"""One file, a store it comes from, and a store it goes to, either of which may fail."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from hdfs2oss.filesystems.base import FileSystem
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import CopyItem
from hdfs2oss.rules.throttle import Throttle
from hdfs2oss.transfer.buffers import BufferBudget
from hdfs2oss.transfer.ends import Ends
from hdfs2oss.transfer.proving import Copied
from hdfs2oss.transfer.stream import Transfer, nothing
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import LIKE_HDFS, LIKE_OSS, MemoryFileSystem

PART = 1000


WORK = "/t/.hdfs2oss-work-1"


ENDS = Ends(Uri("hdfs", "nn", "/s/f"), Uri("oss", "b", "/t/f"), WORK)


KINDS = {"small": (LIKE_OSS, 700), "stream": (LIKE_HDFS, 5500), "parts": (LIKE_OSS, 5500), "empty": (LIKE_OSS, 0)}


class Bench:
    """A source with one file, a target that may fail, and the way between them."""

    def __init__(self, kind: str, pool: ThreadPoolExecutor) -> None:
        capabilities, size = KINDS[kind]
        self.data = os.urandom(size)
        self.source_store = MemoryFileSystem(LIKE_HDFS, lambda: 1000)
        self.source_store.place("/s/f", self.data)
        self.target_store = MemoryFileSystem(capabilities, lambda: 2000)
        self.item = CopyItem("f", 0, "COPY", "F", size, 1000, part_size_bytes=PART)
        self._pool = pool

    def copy(self, *faults: Fault, on: str = "target", checkpoint: Callable[[], None] = nothing) -> Copied:
        source: FileSystem = self.source_store
        target: FileSystem = self.target_store
        if on == "source":
            source = FlakyFileSystem(source, *faults)
        else:
            target = FlakyFileSystem(target, *faults)
        transfer = Transfer(source, target, Throttle(None), BufferBudget(3 * PART), self._pool, 2, checkpoint)
        return transfer.copy(ENDS, self.item)

    def assert_nothing_is_left(self, old: dict[str, bytes] | None = None) -> None:
        assert self.target_store.files() == (old or {})
        assert self.target_store.open_uploads() == []
