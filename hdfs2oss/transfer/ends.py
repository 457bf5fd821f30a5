"""The two ends of one copy, and errors that name both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from ..filesystems.base import FileSystem
from ..model.errors import BeingWritten, NotFound, ReadError, SourceChanged, SourceOpen, StoreError, WriteError
from ..model.uri import Uri
from ..model.values import CopyItem, FileStatus


class Ends(NamedTuple):
    """The two ends of one copy, and the path for unpublished bytes beside the target."""

    source: Uri
    target: Uri
    work_path: str
    # A chunk that is a file of its own until it is joined; errors tell of the target.
    chunk_path: str = ""

    @property
    def published_path(self) -> str:
        """The path that the bytes get once they are whole."""
        return self.chunk_path or self.target.path


def refuse_other_version(ends: Ends, item: CopyItem, etag: str) -> None:
    """Raise SourceChanged when the ETag of what is read is not that of the plan; where either is unknown, pass."""
    if item.etag and etag and item.etag != etag:
        raise source_changed(ends, f"ETag {item.etag} then, {etag} now")


def source_changed(ends: Ends, how: str) -> SourceChanged:
    """The error to raise for a source that is no longer what was planned."""
    return SourceChanged(
        f"copying {ends.source} to {ends.target}: the source changed since it was surveyed ({how})",
        "Copy it once nobody writes to it, or from a snapshot: --from-snapshot NAME --make-snapshot.",
    )


def source_open(ends: Ends, how: str) -> SourceOpen:
    """The error to raise for a source that somebody writes to."""
    return SourceOpen(
        f"copying {ends.source} to {ends.target}: the source is still being written: {how}",
        "Copy it once it is closed: `hdfs fsck PATH -openforwrite` lists such files, and `hdfs debug recoverLease "
        "-path FILE` closes one whose writer has died.",
    )


@contextmanager
def reading(ends: Ends) -> Iterator[None]:
    """Give the store errors of the source's side both ends and a consequence."""
    try:
        yield
    except NotFound as error:
        raise ReadError(f"copying {ends.source} to {ends.target}: the source has gone: {error}", error.hint) from error
    except BeingWritten as error:
        raise source_open(ends, str(error)) from error
    except StoreError as error:
        message = f"copying {ends.source} to {ends.target}: reading failed: {error}"
        raise ReadError.caused_by(message, error) from error


@contextmanager
def writing(ends: Ends) -> Iterator[None]:
    """Give the store errors of the target's side both ends and a consequence."""
    try:
        yield
    except StoreError as error:
        message = f"copying {ends.source} to {ends.target}: writing failed: {error}"
        raise WriteError.caused_by(message, error) from error


def refuse_changed(source: FileSystem, ends: Ends, item: CopyItem, read_etag: str = "") -> None:
    """Raise SourceChanged unless the source is what was planned, and what was read where `read_etag` says so.

    known of the plan and of what was read    the source is the same when
    --------------------------------------    -------------------------------------------------
    both ETags                                they are equal (the reader kept to that version)
    the plan's ETag                           the source still has it
    the ETag of what was read                 the source still has it, and the mtime of the plan
    no ETag                                   the source still has the mtime of the plan

    Its length is that of the plan in any case.
    """
    refuse_other_version(ends, item, read_etag)
    if read_etag and item.etag:
        return
    now = refuse_other_status(source, ends, item, read_etag)
    with reading(ends):
        source.refuse_open(ends.source.path, now.length, now.block_size_bytes)


def refuse_other_status(source: FileSystem, ends: Ends, item: CopyItem, read_etag: str = "") -> FileStatus:
    """The same by what stands at the source, which is given back; somebody may have it open."""
    with reading(ends):
        now = source.status(ends.source.path)
    if now is None:
        raise ReadError(f"copying {ends.source} to {ends.target}: the source has gone")
    known = item.etag or read_etag
    if now.length != item.length:
        raise source_changed(ends, f"{item.length} bytes then, {now.length} now")
    if known and now.etag and now.etag != known:
        raise source_changed(ends, f"ETag {known} then, {now.etag} now")
    # The ETag of what was read says nothing of the time of the survey.
    if not (item.etag and now.etag) and now.mtime_ms != item.mtime_ms:
        raise source_changed(ends, "its modification time is another")
    return now
