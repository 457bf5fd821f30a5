"""Uploads as requests name them, and the order in which parts come.

Parts of an upload initiated with `?sequential` come in order, and its whole object gets an MD5.
"""

from __future__ import annotations

import base64
import hashlib

from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.protocol.errors import OssError
from hdfs2oss.local_oss.store.rows import Part, Upload
from hdfs2oss.local_oss.store.uploads import find_parts, find_upload

_BUFFER_BYTES = 1024 * 1024


def named_upload(operation: Operation) -> Upload:
    """The open upload a request names. Raises NoSuchUpload."""
    request = operation.request
    with operation.reading() as opened:
        return find_upload(opened, request.key, request.query["uploadId"])


def parts_of(operation: Operation, upload: Upload, after: int, count: int) -> list[Part]:
    """Up to `count` parts of an upload that is still open, with numbers above `after`. Raises NoSuchUpload."""
    with operation.reading() as opened:
        find_upload(opened, upload.key, upload.upload_id)
        return find_parts(opened, upload, after, count)


def part_number_of(operation: Operation) -> int:
    """The part number of a request, else InvalidArgument."""
    request = operation.request
    if not request.query.get("partNumber"):
        raise OssError(400, "MissingArgument", "Missing required argument.", {"ArgumentName": "partNumber"})
    return request.integer("partNumber", 0, 1, operation.limits.max_parts)


def check_order(operation: Operation, upload: Upload, number: int) -> None:
    """Refuse a part whose predecessor is not there, or whose successor is: PartNotSequential."""
    if not upload.is_sequential:
        return
    parts = parts_of(operation, upload, 0, operation.limits.max_parts)
    last = parts[-1].number if parts else 0
    if number not in (last, last + 1) or not number:
        raise OssError(
            400,
            "PartNotSequential",
            "The specified part number is not sequential.",
            {"PartNumber": str(number)},
        )


def whole_md5(operation: Operation, upload: Upload) -> tuple[list[Part], str]:
    """(the parts, base64 of the MD5 of all their bytes), '' for uploads that are not sequential."""
    if not (upload.is_sequential and operation.is_md5_wanted):
        return [], ""
    parts = parts_of(operation, upload, 0, operation.limits.max_parts)
    digest = hashlib.md5()
    buffer = memoryview(bytearray(_BUFFER_BYTES))
    for part in parts:
        with operation.reading() as opened:
            body = operation.store.bodies.open(opened.connection, part.body, 0, part.size)
        if isinstance(body, bytes):
            digest.update(body)
            continue
        try:
            while count := body.readinto(buffer):
                digest.update(buffer[:count])
        finally:
            body.close()
    return parts, base64.b64encode(digest.digest()).decode()
