"""The S3 dialect that copiers without native OSS speak: other header names and signature, the same operations.

Requests signed the S3 way are translated on their way in, and the headers of their answers on the way out.
XML is left as it is: its clients read it. Ranges follow S3, where one that reaches past the end is cut.
"""

from __future__ import annotations

from hdfs2oss.local_oss.protocol.errors import not_served
from hdfs2oss.local_oss.protocol.message import Request, Response
from hdfs2oss.local_oss.signatures.aws4 import ALGORITHM

_THEIRS, _OURS = "x-amz-", "x-oss-"
_CLASSES = {
    "STANDARD": "Standard",
    "STANDARD_IA": "IA",
    "GLACIER": "Archive",
    "DEEP_ARCHIVE": "ColdArchive",
}
_CLASSES_BACK = {ours: theirs for theirs, ours in _CLASSES.items()}
_ACLS = ("private", "public-read", "public-read-write")
_OF_THE_SIGNATURE = ("x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "x-amz-user-agent")
_CHECKSUMS = ("x-amz-checksum-", "x-amz-sdk-")
_STREAMED = "STREAMING-"


def is_s3(request: Request) -> bool:
    """Whether a request is signed the S3 way."""
    return request.header("authorization").startswith(ALGORITHM + " ")


def translate_request(request: Request) -> None:
    """Make an S3 request, once verified, one of OSS. Raises OssError for bodies in signed chunks."""
    if request.header("x-amz-content-sha256").startswith(_STREAMED):
        raise not_served("bodies in signed chunks; tell the client to sign whole requests")
    headers = {"x-oss-range-behavior": "standard"}
    for name, value in request.headers.items():
        if name in _OF_THE_SIGNATURE or name.startswith(_CHECKSUMS):
            continue
        if name == "x-amz-acl":
            headers["x-oss-object-acl" if request.key else "x-oss-acl"] = value if value in _ACLS else "private"
        elif name == "x-amz-storage-class":
            headers["x-oss-storage-class"] = _CLASSES.get(value, value)
        else:
            headers[_OURS + name.removeprefix(_THEIRS) if name.startswith(_THEIRS) else name] = value
    request.headers = headers


def translate_response(response: Response) -> None:
    """Give the answer's headers the names that S3 clients look for."""
    headers = {}
    for name, value in response.headers.items():
        if name == "x-oss-storage-class":
            value = _CLASSES_BACK.get(value, value)
        headers[_THEIRS + name.removeprefix(_OURS) if name.startswith(_OURS) else name] = value
    response.headers = headers
