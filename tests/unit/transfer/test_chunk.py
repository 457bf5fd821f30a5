"""Chunks of a large file: each is the planned version of its source, or none at all."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from hdfs2oss.model.errors import SourceChanged, WriteError
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import CopyItem, CopyResult
from hdfs2oss.rules.checksum import crc32c, crc64
from hdfs2oss.rules.throttle import Throttle
from hdfs2oss.transfer.buffers import BufferBudget
from hdfs2oss.transfer.chunk import SentParts, send_chunk
from hdfs2oss.transfer.ends import Ends
from hdfs2oss.transfer.stream import Transfer
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import LIKE_HDFS, LIKE_OSS, MemoryFileSystem

PART, LENGTH = 1000, 9500
ENDS = Ends(Uri("hdfs", "nn", "/s/f"), Uri("oss", "b", "/t/f"), "/t/.hdfs2oss-work-1", "/t/.hdfs2oss-work-1-chunk")
DATA = os.urandom(LENGTH)


class Bench:
    def __init__(self, capabilities=LIKE_OSS) -> None:
        self.source = MemoryFileSystem(LIKE_HDFS)
        # As on HDFS: no ETag, so that only a look tells one version from another.
        self.source.place("/s/f", DATA, mtime_ms=1000, etag="")
        self.target = MemoryFileSystem(capabilities)
        upload_id = self.target.begin_upload("/t/f") if capabilities.multipart else ""
        self.item = CopyItem("f", 0, "COPY", "F", LENGTH, 1000, part_size_bytes=PART)
        self.item = self.item._replace(offset=4000, size=3500, first_part=5, upload_id=upload_id)
        self.earlier = SentParts()

    def send(self, *source_faults: Fault, target_faults: tuple[Fault, ...] = ()) -> CopyResult:
        source, target = FlakyFileSystem(self.source, *source_faults), FlakyFileSystem(self.target, *target_faults)
        with ThreadPoolExecutor(2) as pool:
            transfer = Transfer(source, target, Throttle(None), BufferBudget(1 << 25), pool, 2)
            return send_chunk(transfer, ENDS, self.item, self.earlier)


@pytest.mark.parametrize("capabilities", [LIKE_OSS, LIKE_HDFS], ids=["part of an upload", "file of its own"])
def test_a_chunk_has_the_sums_of_its_range(capabilities) -> None:
    sent = Bench(capabilities).send()
    assert (sent.bytes_copied, sent.crc64, sent.crc32c) == (3500, crc64(DATA[4000:7500]), crc32c(DATA[4000:7500]))
    assert [part.number for part in sent.parts] == ([5, 6, 7, 8] if capabilities.multipart else [])


@pytest.mark.parametrize("capabilities", [LIKE_OSS, LIKE_HDFS], ids=["part of an upload", "file of its own"])
def test_a_source_that_is_replaced_while_a_chunk_of_it_is_read_is_told(capabilities) -> None:
    bench = Bench(capabilities)

    def replace() -> None:
        bench.source.place("/s/f", os.urandom(LENGTH), mtime_ms=2000, etag="")

    with pytest.raises(SourceChanged):
        bench.send(Fault("read", times=1, silent=True, meanwhile=replace))
    assert bench.target.files() == {}


def test_a_source_that_was_replaced_between_two_tries_is_never_mixed_with_itself() -> None:
    bench = Bench()
    with pytest.raises(WriteError):
        bench.send(target_faults=(Fault("part", skip=2),))
    bench.source.place("/s/f", os.urandom(LENGTH), mtime_ms=2000, etag="")
    with pytest.raises(SourceChanged):
        bench.send()
