"""Answers that are errors: HTTP status, code and message as the service words them.

Those with a function here are given in several places; the others are worded where they are raised.

These are protocol values on their way to a client, not errors of the copier, hence a tree of their own.
"""

from __future__ import annotations

from collections.abc import Mapping


class OssError(Exception):
    """An error answer.

    `details` are further elements of the XML body (BucketName, StringToSign, ...), `headers` further
    response headers, `number` the fine error number, where code and operation do not tell it (`error_numbers`).
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        number: str = "",
    ) -> None:
        super().__init__(status, code, message)
        self.status = status
        self.code = code
        self.message = message
        self.details = dict(details or {})
        self.headers = dict(headers or {})
        self.number = number


def invalid_argument(message: str, name: str = "", value: str = "") -> OssError:
    """400: a parameter or header that cannot mean anything."""
    details = {"ArgumentName": name, "ArgumentValue": value} if name else {}
    return OssError(400, "InvalidArgument", message, details)


def not_served(what: str) -> OssError:
    """501: the service knows this operation, this server does not."""
    return OssError(501, "NotImplemented", f"The local OSS server does not serve {what}.")


def malformed_xml() -> OssError:
    """400: a body that is not the XML document the operation takes."""
    return OssError(
        400,
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema.",
    )


def access_denied(message: str) -> OssError:
    """403: known or not, this caller may not do this."""
    return OssError(403, "AccessDenied", message)


def disk_failed(error: OSError) -> OssError:
    """500: this server's disk is full, or broken."""
    return OssError(500, "InternalError", f"The local OSS server cannot use its disk: {error.strerror or error}.")


def internal_error() -> OssError:
    """500: the fault is this server's."""
    return OssError(500, "InternalError", "We encountered an internal error. Please try again.")
