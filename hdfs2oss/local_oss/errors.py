"""Answers that are errors: HTTP status, code and message as the service words them.

These are protocol values on their way to a client, not errors of the copier, hence a tree of their own.
"""

from __future__ import annotations

from collections.abc import Mapping


class OssError(Exception):
    """An error answer.

    `details` are further elements of the XML body (BucketName, StringToSign, ...), `headers` further
    response headers, `number` the fine error number shown as EC and x-oss-ec.
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


def no_such_bucket(name: str) -> OssError:
    """404 for a bucket."""
    details = {"BucketName": name}
    return OssError(404, "NoSuchBucket", "The specified bucket does not exist.", details, number="0015-00000101")


def no_such_key(key: str) -> OssError:
    """404 for an object."""
    details = {"Key": key}
    return OssError(404, "NoSuchKey", "The specified key does not exist.", details, number="0026-00000001")


def no_such_upload(upload_id: str) -> OssError:
    """404 for a multipart upload that never was, is completed or was aborted."""
    message = (
        "The specified upload does not exist. "
        "The upload ID may be invalid, or the upload may have been aborted or completed."
    )
    return OssError(404, "NoSuchUpload", message, {"UploadId": upload_id}, number="0042-00000002")


def file_already_exists() -> OssError:
    """409: x-oss-forbid-overwrite met an object."""
    return OssError(409, "FileAlreadyExists", "The object you specified already exists and can not be overwritten.")


def precondition_failed(condition: str) -> OssError:
    """412, naming the header that was not met."""
    message = "At least one of the pre-conditions you specified did not hold."
    return OssError(412, "PreconditionFailed", message, {"Condition": condition})
