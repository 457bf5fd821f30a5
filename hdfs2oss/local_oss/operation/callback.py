"""Callbacks: what the service calls once an object is written. This server calls nobody.

It answers what the service does when it cannot reach the URL: the object is stored, the status is 203.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from hdfs2oss.local_oss.protocol.error_document import error_response
from hdfs2oss.local_oss.protocol.errors import OssError, invalid_argument
from hdfs2oss.local_oss.protocol.message import Request, Response


def wants_callback(request: Request) -> bool:
    """Whether somebody is to be called once this is written; InvalidArgument if nobody can say who or with what."""
    callback = _fields_of(request, "callback")
    if callback is None:
        return False
    url = callback.get("callbackUrl")
    if not isinstance(url, str) or not url.strip():
        raise invalid_argument("The callback names no callbackUrl.", "callback")
    _fields_of(request, "callback-var")
    return True


def callback_failed(request: Request, written: Response) -> Response:
    """203 in place of the answer to a write that was done; its headers stay."""
    message = "The object is stored. The local OSS server calls nobody, so the callback was not made."
    return error_response(OssError(203, "CallbackFailed", message, headers=_without_type(written)), request)


def _without_type(written: Response) -> dict[str, str]:
    return {name: value for name, value in written.headers.items() if name != "Content-Type"}


def _fields_of(request: Request, name: str) -> dict[str, Any] | None:
    """The JSON object that a header or the query gives in base64, None if neither does."""
    text = request.headers.get(f"x-oss-{name}", request.query.get(name))
    if text is None:
        return None
    try:
        fields = json.loads(base64.b64decode(text, validate=True))
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise invalid_argument(f"The {name} is not a JSON object in base64.", name, text)
    return fields
