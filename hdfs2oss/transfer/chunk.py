"""Sending a chunk: a range of a large file, as parts of the file's upload, or into a file of its own to be joined."""

from __future__ import annotations

from ..model.values import CopyItem, CopyResult, Outcome
from ..rules.checksum import compose_crc32c, compose_crc64
from .ends import Ends
from .parts import SentPart
from .results import result_of
from .stream import Transfer


class SentParts:
    """The parts of a chunk that arrived in earlier tries of this task, with the version of the source they are from.

    They were read here, so their checksums are those of the source; that it is still what was planned is looked at
    when the chunk is complete.
    """

    def __init__(self) -> None:
        self._version = ""
        self._parts: dict[int, SentPart] = {}

    def of(self, version: str) -> dict[int, SentPart]:
        """Those of this version (an ETag, "" where there are none), to be added to."""
        if version != self._version:
            self._version, self._parts = version, {}
        return self._parts


def send_chunk(transfer: Transfer, ends: Ends, item: CopyItem, earlier: SentParts) -> CopyResult:
    """Send one, with the version that was read. Raises ReadError, WriteError, VerifyError or SourceChanged."""
    if not transfer.target.capabilities.multipart:
        with transfer.open_source(ends, item) as reader:
            # Chunks are joined only where they are alike in these; the whole gets all the rest.
            kept = transfer.kept(ends, reader).only("rb")._replace(block_size_bytes=item.part_size_bytes)
            copied = transfer.copy_range(ends, item, reader, kept)
        return result_of(item, Outcome.CHUNK)._replace(
            bytes_copied=item.size,
            crc64=copied.crc64,
            crc32c=copied.crc32c,
            source_etag=reader.etag or item.etag,
            stored_crc64=reader.crc64,
        )
    with transfer.open_source(ends, item) as reader:
        sent = transfer.send_range(ends, item, reader, item.upload_id, earlier.of(reader.etag))
        transfer.refuse_changed_source(ends, item, reader.etag)
    parts = tuple(one.part for one in sent)
    return result_of(item, Outcome.CHUNK)._replace(
        bytes_copied=item.size,
        crc64=compose_crc64((part.crc64, part.length) for part in parts),
        crc32c=compose_crc32c((one.crc32c, one.part.length) for one in sent),
        parts=parts,
        part_count=len(parts),
        source_etag=reader.etag or item.etag,
        stored_crc64=reader.crc64,
    )
