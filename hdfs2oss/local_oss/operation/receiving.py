"""Taking a request's body into the store, with the integrity headers honoured."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from contextlib import contextmanager

from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.protocol.errors import OssError, invalid_argument
from hdfs2oss.local_oss.protocol.message import Request
from hdfs2oss.local_oss.protocol.numbers import natural
from hdfs2oss.local_oss.store.rows import Received


@contextmanager
def received_body(operation: Operation) -> Iterator[Received]:
    """The body of a Put, Append or UploadPart; thrown away if the block fails.

    Raises MissingContentLength, EntityTooLarge, BodyTooLarge, InvalidDigest (Content-MD5) or InvalidCRC64
    (x-oss-hash-crc64ecma).
    """
    request, largest = operation.request, operation.limits.max_put_bytes
    if "content-length" not in request.headers and "transfer-encoding" not in request.headers:
        raise OssError(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
    if request.body.length is not None and request.body.length > largest:
        raise OssError(
            400,
            "EntityTooLarge",
            "Your proposed upload exceeds the maximum allowed size.",
            {"MaxSizeAllowed": str(largest), "ProposedSize": str(request.body.length)},
        )
    digest = content_md5(request)
    wants_md5 = operation.is_md5_wanted or digest is not None
    with operation.store.files.receiving(request.body, wants_md5, largest) as received:
        if digest is not None and received.md5 != digest:
            raise invalid_digest(request)
        _check_crc64(request, received.crc64)
        yield received if operation.is_md5_wanted else received._replace(md5=None)


def content_md5(request: Request) -> bytes | None:
    """The digest a request promises, None if it promises none; InvalidDigest if it is not one."""
    text = request.header("content-md5")
    if not text:
        return None
    try:
        digest = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise invalid_digest(request) from None
    if len(digest) != 16:
        raise invalid_digest(request)
    return digest


def invalid_digest(request: Request) -> OssError:
    """400: the body is not what Content-MD5 says."""
    return OssError(
        400,
        "InvalidDigest",
        "The Content-MD5 you specified was invalid.",
        {"Content-MD5": request.header("content-md5")},
    )


def _check_crc64(request: Request, actual: int) -> None:
    text = request.header("x-oss-hash-crc64ecma")
    if not text:
        return
    promised = natural(text)
    if promised is None:
        raise invalid_argument("x-oss-hash-crc64ecma is not a number.", "x-oss-hash-crc64ecma", text)
    if promised != actual:
        raise OssError(
            400,
            "InvalidCRC64",
            "The CRC64 checksum you specified is not that of the body.",
            {"ClientCRC64": text, "ServerCRC64": str(actual)},
        )
