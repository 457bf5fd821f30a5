"""The values that flow through a copy. Only these cross to executors: plain fields, nothing live.

`FileStatus` and `FilePair` are NamedTuples, because they are made once for every file of a lake.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import NamedTuple

from .uri import Uri

FILE = "F"
DIRECTORY = "D"
SYMLINK = "L"
# A row of a listing that cannot be a file of a path tree; `problem` says why.
UNUSABLE = "X"
# A directory whose listing failed, at its beginning or on the way; `problem` says why.
UNLISTED = "U"


class FileStatus(NamedTuple):
    """One row of a listing. `path` is relative to what was listed; the root itself has the empty path."""

    path: str
    kind: str
    length: int = 0
    mtime_ms: int = 0
    atime_ms: int = 0
    owner: str = ""
    group: str = ""
    permission: int | None = None
    replication: int = 0
    block_size_bytes: int = 0
    ec_policy: str = ""
    etag: str = ""
    storage_class: str = ""
    checksum: str = ""
    problem: str = ""

    @property
    def key(self) -> str:
        """What streams are ordered by: a directory counts as `name/`."""
        return self.path + "/" if self.kind in (DIRECTORY, UNLISTED) else self.path


class CopyRoot(NamedTuple):
    """One source root and the path it has below the target base; "" when its contents go straight there."""

    source: Uri
    prefix: str
    is_file: bool = False


class FilePair(NamedTuple):
    """The two sides of one relative path. `root` is the index of the copy root the source belongs to."""

    path: str
    source: FileStatus | None
    target: FileStatus | None
    root: int = 0
    # The class of error (model.errors) that the source's problem is, where the pairing found it.
    problem_class: str = ""
    # For a directory: no source row lies in it.
    is_empty: bool = True

    @property
    def comes_with_its_files(self) -> bool:
        """A source directory that is new at the target and holds something: what lies in it will make it."""
        is_directory = self.source is not None and self.source.kind == DIRECTORY
        return is_directory and self.target is None and not self.is_empty


class FileAction(str, enum.Enum):
    """What was decided about a pair; one for every pair."""

    COPY = "COPY"
    OVERWRITE = "OVERWRITE"
    APPEND = "APPEND"
    CHECK = "CHECK"
    SKIP = "SKIP"
    MKDIR = "MKDIR"
    DELETE = "DELETE"
    CONFLICT = "CONFLICT"


class Outcome(str, enum.Enum):
    """What happened to an item."""

    COPIED = "COPIED"
    SKIPPED = "SKIPPED"
    MADE = "MADE"
    FAILED = "FAILED"
    CHANGED = "CHANGED"
    CHUNK = "CHUNK"


class CopyItem(NamedTuple):
    """A file, directory or chunk to copy: one row of a plan file.

    A chunk is the byte range [offset, offset + size) of a file; it is sent as parts of
    `part_size_bytes`, the first of them with the number `first_part`.
    """

    path: str
    root: int
    action: str
    kind: str
    length: int
    mtime_ms: int
    etag: str = ""
    target_length: int = -1
    target_mtime_ms: int = -1
    offset: int = 0
    size: int = -1
    first_part: int = 0
    part_size_bytes: int = 0
    upload_id: str = ""
    problem: str = ""
    # The class of error (model.errors) that the problem is.
    problem_class: str = ""


class PlanSlice(NamedTuple):
    """One row group of a plan file (a path below the run's directory); `cost` is in seconds of one slot."""

    file: str
    row_group: int
    items: int
    size_bytes: int
    cost: float


class CopyTask(NamedTuple):
    """A bin of work: slices that one slot copies one after another."""

    number: int
    slices: tuple[PlanSlice, ...]


class StoredPart(NamedTuple):
    """A part as the store holds it."""

    number: int
    etag: str
    crc64: int
    length: int


class CopyResult(NamedTuple):
    """What happened to one item: one row of a ledger file."""

    path: str
    root: int
    kind: str
    action: str
    outcome: str
    source_length: int
    source_mtime_ms: int
    bytes_copied: int = 0
    target_etag: str = ""
    target_mtime_ms: int = -1
    crc64: int | None = None
    crc32c: int | None = None
    verified_by: str = ""
    error_class: str = ""
    message: str = ""
    retryable: bool = False
    skippable: bool = False
    offset: int = 0
    size: int = -1
    upload_id: str = ""
    parts: tuple[StoredPart, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskReport:
    """What a task leaves in the footer of its ledger file; counters by group and name."""

    task: str
    attempt: str
    host: str
    ledger_file: str
    seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    counters: dict[str, dict[str, int]] = field(default_factory=dict)
    failures: tuple[CopyResult, ...] = ()
