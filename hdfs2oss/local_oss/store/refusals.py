"""What the store cannot do for who asks, in its own words; what a client is told is up to those who asked.

Refusal
  NoSuchBucket      no bucket of that name, or not the one that was meant
  BucketNotEmpty    objects, versions or open uploads are left
  NoSuchUpload      it never was, is completed or was aborted
  BodyTooLarge      more bytes came than were to be taken
  BodyForgotten     the bytes were counted and thrown away, as the store was told
"""

from __future__ import annotations


class Refusal(Exception):
    """The base of all of these."""


class NoSuchBucket(Refusal):
    """There is no such bucket."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no bucket {name}")
        self.name = name


class BucketNotEmpty(Refusal):
    """A bucket that is to be deleted holds something."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the bucket {name} is not empty")
        self.name = name


class NoSuchUpload(Refusal):
    """There is no such upload of that key."""

    def __init__(self, upload_id: str) -> None:
        super().__init__(f"there is no open upload {upload_id}")
        self.upload_id = upload_id


class BodyTooLarge(Refusal):
    """A body does not end where it should."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"the body is larger than {max_bytes} bytes")
        self.max_bytes = max_bytes


class BodyForgotten(Refusal):
    """The bytes are not here any more."""

    def __init__(self) -> None:
        super().__init__("the bytes were thrown away when they came")
