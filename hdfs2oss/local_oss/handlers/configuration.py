"""Configurations of a bucket that are kept and given back as they came, and have no further effect.

| query name      | document                          | what GET says if there is none       |
|-----------------|-----------------------------------|--------------------------------------|
| lifecycle       | LifecycleConfiguration            | 404 NoSuchLifecycle                  |
| cors            | CORSConfiguration                 | 404 NoSuchCORSConfiguration          |
| website         | WebsiteConfiguration              | 404 NoSuchWebsiteConfiguration       |
| policy          | JSON                              | 404 NoSuchBucketPolicy               |
| tagging         | Tagging                           | an empty set                         |
| logging         | BucketLoggingStatus               | an empty status                      |
| referer         | RefererConfiguration              | empty referers allowed               |
| requestPayment  | RequestPaymentConfiguration       | the owner pays                       |
"""

from __future__ import annotations

import json
from typing import NamedTuple

from hdfs2oss.local_oss.operation.operation import Handler, Operation
from hdfs2oss.local_oss.protocol.errors import OssError, malformed_xml
from hdfs2oss.local_oss.protocol.message import Response, xml_response
from hdfs2oss.local_oss.protocol.xml import Node, document, parse


class Kind(NamedTuple):
    """A kind of configuration: its root element ('' for JSON), and what stands for a missing one."""

    root: str
    missing_code: str = ""
    missing: Node = ("", "")


KINDS = {
    "lifecycle": Kind("LifecycleConfiguration", "NoSuchLifecycle"),
    "cors": Kind("CORSConfiguration", "NoSuchCORSConfiguration"),
    "website": Kind("WebsiteConfiguration", "NoSuchWebsiteConfiguration"),
    "policy": Kind("", "NoSuchBucketPolicy"),
    "tagging": Kind("Tagging", missing=("Tagging", [("TagSet", "")])),
    "logging": Kind("BucketLoggingStatus", missing=("BucketLoggingStatus", "")),
    "referer": Kind(
        "RefererConfiguration",
        missing=("RefererConfiguration", [("AllowEmptyReferer", True), ("RefererList", "")]),
    ),
    "requestPayment": Kind(
        "RequestPaymentConfiguration", missing=("RequestPaymentConfiguration", [("Payer", "BucketOwner")])
    ),
}


def putting(name: str) -> Handler:
    """The operation that keeps a configuration of this name."""

    def put_bucket_configuration(operation: Operation) -> Response:
        bucket = operation.bucket
        body = operation.document()
        if KINDS[name].root:
            parse(body, KINDS[name].root)
        else:
            _check_json(body)
        operation.store.configure(bucket, name, body)
        return Response(200)

    return put_bucket_configuration


def getting(name: str) -> Handler:
    """The operation that gives it back."""

    def get_bucket_configuration(operation: Operation) -> Response:
        kept = operation.store.configuration(operation.bucket, name)
        kind = KINDS[name]
        if kept is not None:
            return xml_response(kept) if kind.root else Response(200, {"Content-Type": "application/json"}, kept)
        if kind.missing_code:
            details = {"BucketName": operation.bucket.name}
            raise OssError(404, kind.missing_code, f"The bucket has no {name} configuration.", details)
        return xml_response(document(kind.missing))

    return get_bucket_configuration


def deleting(name: str) -> Handler:
    """The operation that forgets it, if it is there."""

    def delete_bucket_configuration(operation: Operation) -> Response:
        operation.store.configure(operation.bucket, name, None)
        return Response(204)

    return delete_bucket_configuration


def _check_json(body: bytes) -> None:
    try:
        is_object = isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        is_object = False
    if not is_object:
        raise malformed_xml()
