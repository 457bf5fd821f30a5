"""PutBucketEncryption, GetBucketEncryption, DeleteBucketEncryption: what objects get whose writer names none."""

from __future__ import annotations

from hdfs2oss.local_oss.operation.encryption import (
    ENCRYPTION_ELEMENTS,
    ENCRYPTION_HEADERS,
    check_encryption_method,
    encryption_nodes,
)
from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.protocol.errors import OssError, invalid_argument, malformed_xml
from hdfs2oss.local_oss.protocol.message import Response, xml_response
from hdfs2oss.local_oss.protocol.xml import document, parse, text_of


def put_bucket_encryption(operation: Operation) -> Response:
    """Keep the default; key id and data encryption mean something with KMS only."""
    operation.require_bucket()
    root = parse(operation.document(), "ServerSideEncryptionRule")
    default = root.find("ApplyServerSideEncryptionByDefault")
    if default is None:
        raise malformed_xml()
    named = zip(ENCRYPTION_HEADERS, ENCRYPTION_ELEMENTS, strict=True)
    given = [(header, text_of(default, name) or "") for header, name in named]
    method = given[0][1]
    check_encryption_method(method)
    if method != "KMS" and given[1][1]:
        raise invalid_argument("A key id is for KMS only.", ENCRYPTION_ELEMENTS[1], given[1][1])
    kept = given if method == "KMS" else given[:1]
    encryption = tuple((header, value) for header, value in kept if value)
    operation.change_bucket(lambda bucket: bucket._replace(encryption=encryption))
    return Response(200)


def get_bucket_encryption(operation: Operation) -> Response:
    """The default, else NoSuchServerSideEncryptionRule."""
    bucket = operation.bucket
    if not bucket.encryption:
        raise OssError(
            404,
            "NoSuchServerSideEncryptionRule",
            "The server side encryption configuration does not exist.",
            {"BucketName": bucket.name},
        )
    default = [("ApplyServerSideEncryptionByDefault", encryption_nodes(bucket))]
    return xml_response(document(("ServerSideEncryptionRule", default)))


def delete_bucket_encryption(operation: Operation) -> Response:
    """Forget the default."""
    operation.change_bucket(lambda bucket: bucket._replace(encryption=()))
    return Response(204)
