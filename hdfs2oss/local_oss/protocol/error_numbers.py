"""Fine error numbers, `<EC>` and `x-oss-ec`: by code, some by code and operation.

Those of the family 0000 are this server's own, for errors whose number at the service is not known.
"""

from __future__ import annotations

_NUMBERS = {
    ("BucketAlreadyExists", ""): "0015-00000104",
    ("BucketNotEmpty", ""): "0015-00000301",
    ("CallbackFailed", ""): "0007-00000203",
    ("InvalidAccessKeyId", ""): "0002-00000902",
    ("MalformedXML", "complete"): "0042-00000205",
    ("NoSuchBucket", ""): "0015-00000101",
    ("NoSuchKey", ""): "0026-00000001",
    ("NoSuchUpload", ""): "0042-00000002",
    ("NoSuchUpload", "upload_part"): "0042-00000104",
    ("NoSuchUpload", "upload_part_copy"): "0042-00000311",
    ("OperationNotSupported", "restore_object"): "0016-00000702",
    ("OperationNotSupported", "seal_appendable"): "0016-00000513",
    ("PositionNotEqualToLength", ""): "0026-00000016",
    ("SignatureDoesNotMatch", ""): "0002-00000040",
}


def number_of(code: str, operation: str, status: int) -> str:
    """The number of an error, which every error has."""
    return _NUMBERS.get((code, operation)) or _NUMBERS.get((code, "")) or f"0000-00000{status:03}"
