"""PutBucketEncryption, GetBucketEncryption, DeleteBucketEncryption: what objects get whose writer names none.

Nothing is encrypted here; the headers are checked, kept and given back.
"""

from __future__ import annotations

from hdfs2oss.local_oss.attributes import ENCRYPTION_HEADERS, check_encryption_method
from hdfs2oss.local_oss.context import Context
from hdfs2oss.local_oss.errors import OssError, invalid_argument, malformed_xml
from hdfs2oss.local_oss.protocol.message import Request, Response, xml_response
from hdfs2oss.local_oss.protocol.xml import Node, document, parse, text_of
from hdfs2oss.local_oss.store.rows import Bucket

_ELEMENTS = ("SSEAlgorithm", "KMSMasterKeyID", "KMSDataEncryption")


def put_bucket_encryption(context: Context, request: Request) -> Response:
    """Keep the default; key id and data encryption mean something with KMS only."""
    bucket = context.bucket(request)
    root = parse(request.document(context.limits.max_document_bytes), "ServerSideEncryptionRule")
    default = root.find("ApplyServerSideEncryptionByDefault")
    if default is None:
        raise malformed_xml()
    given = [(header, text_of(default, name) or "") for header, name in zip(ENCRYPTION_HEADERS, _ELEMENTS, strict=True)]
    method = given[0][1]
    check_encryption_method(method)
    if method != "KMS" and given[1][1]:
        raise invalid_argument("A key id is for KMS only.", _ELEMENTS[1], given[1][1])
    kept = given if method == "KMS" else given[:1]
    encryption = tuple((header, value) for header, value in kept if value)
    context.store.put_bucket(bucket._replace(encryption=encryption))
    return Response(200)


def get_bucket_encryption(context: Context, request: Request) -> Response:
    """The default, else NoSuchServerSideEncryptionRule."""
    bucket = context.bucket(request)
    if not bucket.encryption:
        raise OssError(
            404,
            "NoSuchServerSideEncryptionRule",
            "The server side encryption configuration does not exist.",
            {"BucketName": bucket.name},
        )
    default = [("ApplyServerSideEncryptionByDefault", encryption_nodes(bucket))]
    return xml_response(document(("ServerSideEncryptionRule", default)))


def delete_bucket_encryption(context: Context, request: Request) -> Response:
    """Forget the default."""
    context.store.put_bucket(context.bucket(request)._replace(encryption=()))
    return Response(204)


def encryption_nodes(bucket: Bucket) -> list[Node]:
    """The default as XML, `None` if there is none."""
    by_header = dict(bucket.encryption)
    nodes: list[Node] = [
        (name, by_header[header])
        for header, name in zip(ENCRYPTION_HEADERS, _ELEMENTS, strict=True)
        if header in by_header
    ]
    return nodes or [("SSEAlgorithm", "None")]
