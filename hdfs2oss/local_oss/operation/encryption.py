"""What requests and buckets say about encryption. Nothing is encrypted here; it is checked, kept and given back."""

from __future__ import annotations

from hdfs2oss.local_oss.protocol.errors import OssError
from hdfs2oss.local_oss.protocol.message import Request
from hdfs2oss.local_oss.protocol.xml import Node
from hdfs2oss.local_oss.store.rows import Attributes, Bucket

_METHOD = "x-oss-server-side-encryption"
ENCRYPTION_HEADERS = (_METHOD, _METHOD + "-key-id", "x-oss-server-side-data-encryption")
"""Method, key, and the cipher under the key; the latter two mean something with KMS only."""
ENCRYPTION_ELEMENTS = ("SSEAlgorithm", "KMSMasterKeyID", "KMSDataEncryption")
"""The same in XML."""
_METHODS = ("AES256", "KMS", "SM4")
_DEFAULT_KEY_ID = "00000000-0000-4000-8000-000000000000"


def encryption_asked(request: Request) -> dict[str, str]:
    """The encryption headers of a request; key id and data encryption mean something with KMS only."""
    given = {name: request.headers[name] for name in ENCRYPTION_HEADERS if request.headers.get(name)}
    method = given.get(_METHOD)
    if not method:
        return {}
    check_encryption_method(method)
    return given if method == "KMS" else {_METHOD: method}


def check_encryption_method(method: str) -> None:
    """InvalidEncryptionAlgorithmError for one that is not known."""
    if method not in _METHODS:
        raise OssError(
            400,
            "InvalidEncryptionAlgorithmError",
            "The encryption request you specified is not valid. Supported value: AES256/KMS/SM4.",
        )


def encryption_of(request: Request, bucket: Bucket) -> dict[str, str]:
    """The encryption headers an object gets: those of the request, else the bucket's default."""
    given = encryption_asked(request) or dict(bucket.encryption)
    if given.get(_METHOD) == "KMS":
        return {ENCRYPTION_HEADERS[1]: _DEFAULT_KEY_ID} | given
    return given


def encryption_echo(attributes: Attributes) -> dict[str, str]:
    """The encryption headers of an object or upload."""
    return {name: value for name, value in attributes.headers.items() if name.startswith("x-oss-server-side-")}


def encryption_nodes(bucket: Bucket) -> list[Node]:
    """A bucket's default as XML, `None` if there is none."""
    by_header = dict(bucket.encryption)
    nodes: list[Node] = [
        (name, by_header[header])
        for header, name in zip(ENCRYPTION_HEADERS, ENCRYPTION_ELEMENTS, strict=True)
        if header in by_header
    ]
    return nodes or [("SSEAlgorithm", "None")]
