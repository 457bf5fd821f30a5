"""Uploads initiated with `?sequential`: parts come in order, and the whole object gets an MD5."""

from __future__ import annotations

import base64
import hashlib

from hdfs2oss.local_oss.context import Context
from hdfs2oss.local_oss.errors import OssError
from hdfs2oss.local_oss.store.rows import Bucket, Part, Upload

_BUFFER_BYTES = 1024 * 1024


def check_order(context: Context, bucket: Bucket, upload: Upload, number: int) -> None:
    """Refuse a part whose predecessor is not there, or whose successor is: PartNotSequential."""
    if not upload.is_sequential:
        return
    parts = context.uploads.parts(bucket, upload, 0, context.limits.max_parts)
    last = parts[-1].number if parts else 0
    if number not in (last, last + 1) or not number:
        raise OssError(
            400,
            "PartNotSequential",
            "The specified part number is not sequential.",
            {"PartNumber": str(number)},
        )


def whole_md5(context: Context, bucket: Bucket, upload: Upload) -> tuple[list[Part], str]:
    """(the parts, base64 of the MD5 of all their bytes), '' for uploads that are not sequential."""
    if not (upload.is_sequential and context.is_md5_wanted):
        return [], ""
    parts = context.uploads.parts(bucket, upload, 0, context.limits.max_parts)
    digest = hashlib.md5()
    buffer = memoryview(bytearray(_BUFFER_BYTES))
    for part in parts:
        with context.store.index.reading() as connection:
            body = context.store.bodies.open(connection, part.body, 0, part.size)
        if isinstance(body, bytes):
            digest.update(body)
            continue
        try:
            while count := body.readinto(buffer):
                digest.update(buffer[:count])
        finally:
            body.close()
    return parts, base64.b64encode(digest.digest()).decode()
