"""An error as an answer: the XML document, or for HEAD a header."""

from __future__ import annotations

import base64

from hdfs2oss.local_oss.protocol.error_numbers import number_of
from hdfs2oss.local_oss.protocol.errors import OssError
from hdfs2oss.local_oss.protocol.message import Request, Response
from hdfs2oss.local_oss.protocol.xml import Node, document, printable


def error_response(error: OssError, request: Request) -> Response:
    """The error document; for HEAD, which has no body, it goes into the header x-oss-err."""
    nodes: list[Node] = [
        ("Code", error.code),
        ("Message", error.message),
        ("RequestId", request.request_id),
        ("HostId", request.header("host", "127.0.0.1")),
    ]
    nodes += [(name, printable(value)) for name, value in error.details.items()]
    number = error.number or number_of(error.code, request.operation, error.status)
    nodes.append(("EC", number))
    headers = {"Content-Type": "application/xml", "x-oss-ec": number} | error.headers
    body = document(("Error", nodes))
    if request.method == "HEAD":
        headers["x-oss-err"] = base64.b64encode(body).decode()
        return Response(error.status, headers, content_length=0, code=error.code)
    return Response(error.status, headers, body, code=error.code)
