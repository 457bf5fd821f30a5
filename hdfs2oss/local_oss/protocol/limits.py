"""The sizes and counts the protocol names, in one place, so that a test can scale them down."""

from __future__ import annotations

from dataclasses import dataclass

KIBIBYTE = 1024
MEBIBYTE = 1024 * KIBIBYTE
GIBIBYTE = 1024 * MEBIBYTE


@dataclass(frozen=True)
class Limits:
    """What a request may ask for. The defaults are those of the service."""

    max_put_bytes: int = 5 * GIBIBYTE
    """PutObject, AppendObject and one part."""
    min_part_bytes: int = 100 * KIBIBYTE
    """Every part but the last; checked when the upload is completed."""
    max_parts: int = 10_000
    max_object_bytes: int = 10_000 * 5 * GIBIBYTE
    max_copy_bytes: int = GIBIBYTE
    """CopyObject in one request; larger objects are copied by parts."""
    max_key_bytes: int = 1023
    max_metadata_bytes: int = 8 * KIBIBYTE
    """Names and values of x-oss-meta-* headers together."""
    max_tags: int = 10
    max_tag_key_characters: int = 128
    max_tag_value_characters: int = 256
    default_list_keys: int = 100
    max_list_keys: int = 1000
    max_delete_keys: int = 1000
    max_document_bytes: int = 8 * MEBIBYTE
    """An XML request body."""
    max_inline_bytes: int = 32 * KIBIBYTE
    """Bodies up to this size live in the index, larger ones in files of their own."""
    restore_seconds: float = 60.0
    """How long the restore of an archived object takes."""
    idle_seconds: float = 60.0
    """After how long a silence of the client a connection is closed."""
    max_skew_seconds: int = 15 * 60
    """How far a request's date may be from the server's."""
