"""Sending a chunk: a range of a large file, as parts of the file's upload, or into a file of its own to be joined."""

from __future__ import annotations

from ..model.values import CopyItem, CopyResult, Outcome
from ..rules.checksum import compose_crc32c, compose_crc64
from .ends import Ends
from .results import result_of
from .stream import Transfer


def send_chunk(transfer: Transfer, ends: Ends, item: CopyItem) -> CopyResult:
    """Send one, with the version that was read. Raises ReadError, WriteError, VerifyError or SourceChanged."""
    if not transfer.target.capabilities.multipart:
        with transfer.open_source(ends, item) as reader:
            # Chunks are joined only where they are alike in these; the whole gets all the rest.
            kept = transfer.kept(ends, reader).only("rb")
            copied = transfer.copy_range(ends, item, reader, item.offset, item.size, kept)
        return result_of(item, Outcome.CHUNK)._replace(
            bytes_copied=item.size,
            crc64=copied.crc64,
            crc32c=copied.crc32c,
            source_etag=reader.etag or item.etag,
            stored_crc64=reader.crc64,
        )
    with transfer.open_source(ends, item) as reader:
        sent = transfer.send_range(ends, item, reader, item.upload_id)
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
