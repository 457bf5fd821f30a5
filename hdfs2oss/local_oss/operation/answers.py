"""What the store refuses, as the service words it."""

from __future__ import annotations

from hdfs2oss.local_oss.protocol.errors import OssError, internal_error, not_served
from hdfs2oss.local_oss.store.refusals import (
    BodyForgotten,
    BodyTooLarge,
    BucketNotEmpty,
    NoSuchBucket,
    NoSuchUpload,
    Refusal,
)

_NO_SUCH_UPLOAD = (
    "The specified upload does not exist. "
    "The upload ID may be invalid, or the upload may have been aborted or completed."
)


def answer_to(refusal: Refusal) -> OssError:
    """The answer a client gets."""
    match refusal:
        case NoSuchBucket():
            details = {"BucketName": refusal.name}
            message = "The specified bucket does not exist."
            return OssError(404, "NoSuchBucket", message, details)
        case BucketNotEmpty():
            details = {"BucketName": refusal.name}
            message = "The bucket has objects. Please delete them first."
            return OssError(409, "BucketNotEmpty", message, details)
        case NoSuchUpload():
            details = {"UploadId": refusal.upload_id}
            return OssError(404, "NoSuchUpload", _NO_SUCH_UPLOAD, details)
        case BodyTooLarge():
            details = {"MaxSizeAllowed": str(refusal.max_bytes)}
            message = "Your proposed upload exceeds the maximum allowed size."
            return OssError(400, "EntityTooLarge", message, details)
        case BodyForgotten():
            return not_served("bytes that it was told to forget")
        case _:
            return internal_error()
