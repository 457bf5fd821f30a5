"""Compression on the fly: a whole object of text, for a client that accepts gzip."""

from __future__ import annotations

from hdfs2oss.local_oss.protocol.message import Request, Response
from hdfs2oss.local_oss.protocol.shaping import GzipBody

_MIN_BYTES = 1024
_TYPES = (
    "text/cache-manifest",
    "text/xml",
    "text/plain",
    "text/css",
    "text/html",
    "application/javascript",
    "application/x-javascript",
    "application/rss+xml",
    "application/json",
    "text/json",
)


def compressed(request: Request, response: Response, size: int) -> Response:
    """The same answer, compressed if the client asked for that and the service would do it."""
    headers = response.headers
    is_wanted = "gzip" in request.header("accept-encoding").lower()
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if is_wanted and size >= _MIN_BYTES and kind in _TYPES and "Content-Encoding" not in headers:
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        headers.pop("Accept-Ranges", None)
        response.body = GzipBody(response.body)
    return response
