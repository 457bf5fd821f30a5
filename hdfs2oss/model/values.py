"""The values that flow through a copy. Only these cross to executors: plain fields, nothing live.

`FileStatus` and `FilePair` are NamedTuples, because they are made once for every file of a lake.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import NamedTuple

from .known import KnownFile
from .uri import Uri

# What a NamedTuple is made of, without the function in between: some are made for every file of a lake.
new_row = tuple.__new__

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
    """One source root and the path it has below the target base; "" when its contents go straight there.

    `read_path` is where it is read, when that is not its own path: in a snapshot.
    """

    source: Uri
    prefix: str
    is_file: bool = False
    read_path: str = ""


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
    # For a file that both sides have: what earlier runs know of it.
    known: KnownFile | None = None

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
    REFRESH = "REFRESH"
    SKIP = "SKIP"
    MKDIR = "MKDIR"
    DELETE = "DELETE"
    CONFLICT = "CONFLICT"


class Outcome(str, enum.Enum):
    """What happened to an item."""

    COPIED = "COPIED"
    SKIPPED = "SKIPPED"
    REFRESHED = "REFRESHED"
    MADE = "MADE"
    FAILED = "FAILED"
    CHANGED = "CHANGED"
    OPEN = "OPEN"
    CHUNK = "CHUNK"
    # Of what only the target had: removed, left where it is, found to have gone already.
    DELETED = "DELETED"
    KEPT = "KEPT"
    GONE = "GONE"


class Proof(str, enum.Enum):
    """How a file that arrived was proven; `rules/proof.py` says what each of them takes."""

    END_TO_END = "end-to-end"
    TRANSFER = "transfer"
    LENGTH = "length"
    NONE = "none"


class Work(str, enum.Enum):
    """What kind of work a row is.

    FILE        copy a file whole
    DIRECTORY   make a directory
    ATTRIBUTES  give what is there at the target the attributes of its source; no bytes travel
    CHUNK       send a range of a file into an upload
    UPLOAD      complete the upload of a file whose chunks were sent
    REFUSED     nothing: it cannot be copied, and is a failure on record
    DELETE      remove what only the target has; kind, length, mtime_ms and etag are those of the target
    """

    FILE = "FILE"
    DIRECTORY = "DIRECTORY"
    ATTRIBUTES = "ATTRIBUTES"
    CHUNK = "CHUNK"
    UPLOAD = "UPLOAD"
    REFUSED = "REFUSED"
    DELETE = "DELETE"


class CopyItem(NamedTuple):
    """A piece of work: one row of a plan file. `work` says what it is, and so which of the later fields count."""

    path: str  # below the target base
    root: int  # index of the copy root that the source belongs to
    action: str  # what was decided: a FileAction
    kind: str  # what the source is: FILE, DIRECTORY, SYMLINK, UNUSABLE
    length: int  # bytes of the whole source file, in a chunk too
    mtime_ms: int  # of the source, as surveyed
    etag: str = ""  # of the source, as surveyed; empty where its store has none
    target_length: int = -1  # of what stands at the target; -1 when nothing does
    target_mtime_ms: int = -1  # of what stands at the target; -1 when nothing does
    offset: int = 0  # CHUNK: where the range begins
    size: int = -1  # CHUNK: bytes of the range; -1 in every other row
    first_part: int = 0  # CHUNK: number of its first part
    # Bytes of every part but the last, or of a block of a file that is joined of chunks; a file that is no larger goes
    # up in one piece.
    part_size_bytes: int = 0
    chunk_size_bytes: int = 0  # a larger file is cut into chunks of about so many bytes, where its target takes parts
    upload_id: str = ""  # CHUNK, UPLOAD: the upload that all chunks of the file go into
    problem: str = ""  # REFUSED: why; in other rows: why its checksum decided nothing
    problem_class: str = ""  # REFUSED: the class of error (model.errors) that the problem is
    work: Work = Work.FILE  # what is to be done
    surveyed_length: int = -1  # what `length` was when it was planned, where the source changed since; else -1
    target_etag: str = ""  # of what stands at the target; empty where its store has none
    crc64: int | None = None  # CHECK: of the source, from when it was read by an earlier run; SKIP: of both sides
    crc32c: int | None = None  # the same
    is_new_version: bool = False  # CHECK: an earlier run copied another version of the source, and proved it

    @property
    def size_bytes(self) -> int:
        """The bytes that this row stands for: those of a chunk's range, else of the whole file."""
        return max(self.size if self.work is Work.CHUNK else self.length, 0)

    @property
    def is_renewed(self) -> bool:
        """Whether this is the second try of a file whose source changed; there is no third."""
        return self.surveyed_length >= 0


class PlanSlice(NamedTuple):
    """One row group of a plan file (a path below the run's directory); `cost` is in seconds of one slot."""

    file: str
    row_group: int
    items: int
    size_bytes: int
    cost: float


class CopyTask(NamedTuple):
    """A bin of work: slices that one slot copies one after another; `is_anew` where they are of files whose sources
    changed, and which have a second try in waves of their own."""

    number: int
    slices: tuple[PlanSlice, ...]
    is_anew: bool = False

    @property
    def cost(self) -> float:
        """Seconds of one slot."""
        return sum(piece.cost for piece in self.slices)

    def name(self, wave: str) -> str:
        """What it is called in a wave: `copy-00007`, or `copy-anew-00007`."""
        return f"{wave}-{'anew-' if self.is_anew else ''}{self.number:05d}"


class LargeBin(NamedTuple):
    """Large files that were cut together: slices with one row for each, and those with all of their chunks."""

    uploads: tuple[PlanSlice, ...]
    chunks: tuple[PlanSlice, ...]

    @property
    def cost(self) -> float:
        """Seconds of one slot that completing them takes."""
        return sum(piece.cost for piece in self.uploads)

    @property
    def items(self) -> int:
        """How many files they are."""
        return sum(piece.items for piece in self.uploads)


class StoredPart(NamedTuple):
    """A part as the store holds it."""

    number: int
    etag: str
    crc64: int
    length: int


class CopyResult(NamedTuple):
    """What happened to one item: one row of a ledger file."""

    path: str  # below the target base
    root: int  # index of the copy root that the source belongs to
    kind: str  # what the source is: FILE, DIRECTORY, SYMLINK, UNUSABLE
    action: str  # what was decided: a FileAction
    outcome: str  # what happened: an Outcome
    source_length: int  # bytes of the whole source file, in a chunk too
    source_mtime_ms: int  # of the source, as surveyed
    bytes_copied: int = 0  # of the file or chunk, once it arrived; of an UPLOAD, those of its chunks together
    target_etag: str = ""  # of the published file; empty where its store has none
    target_mtime_ms: int = -1  # of the published file; -1 where its store did not say
    crc64: int | None = None  # CRC-64/XZ of the bytes read
    crc32c: int | None = None  # CRC-32C of the bytes read
    proof: str = ""  # of a file that arrived: how it was proven, a Proof
    error_class: str = ""  # class of the error (model.errors) that it failed with
    message: str = ""  # of that error; a warning where the file arrived
    advice: str = ""  # what to do about that error, where anything is known
    retryable: bool = False  # another try may help
    skippable: bool = False  # -i may pass over the failure
    offset: int = 0  # CHUNK: where the range begins
    size: int = -1  # CHUNK: bytes of the range; -1 in every other row
    upload_id: str = ""  # CHUNK, UPLOAD: the upload that all chunks of the file go into
    work: Work = Work.FILE  # what kind of work the item was
    source_etag: str = ""  # of the source, as read (as surveyed, where nothing was read); empty where it has none
    not_compared: str = ""  # why the checksums of source and target decided nothing, where they were to decide
    left_etags: str = ""  # of damaged objects that may still stand at the target, with blanks between
    kept_at: str = ""  # DELETE: where it is kept: its place in a trash, or its backup
    not_proven: str = ""  # why it is not proven end-to-end, where a store was asked for a checksum and states none
    surveyed_length: int = -1  # what `source_length` was when it was planned, where the source changed since; else -1
    source_crc32c: int | None = None  # COMPOSITE-CRC32C of the source, where its store was asked
    target_crc32c: int | None = None  # the same of the published file
    stored_crc64: int | None = None  # what OSS says of the object: the published one, or the one that was read (CHUNK)
    part_count: int = 0  # parts that the file, or a chunk of it, went up in; 0 where it went as one
    attempt: str = ""  # the attempt at the task that this row comes from
    host: str = ""  # where that ran: a name, and the id of the process
    seconds: float = 0.0  # that its tries took; 0 where that was not measured
    parts: tuple[StoredPart, ...] = ()  # CHUNK: its parts, as the store holds them

    @property
    def is_chunk(self) -> bool:
        """Whether this is about a range; its file is counted and told of once, when its upload is completed."""
        return self.work is Work.CHUNK

    @property
    def is_renewed(self) -> bool:
        """Whether this comes of the second try of a file whose source changed."""
        return self.surveyed_length >= 0

    @property
    def is_deletion(self) -> bool:
        """Whether this is about something that only the target had."""
        return self.work is Work.DELETE

    @property
    def has_failed(self) -> bool:
        """Whether it did not arrive, a source that changed or is being written included."""
        return self.outcome in (Outcome.FAILED, Outcome.CHANGED, Outcome.OPEN)

    @property
    def bytes_sent(self) -> int:
        """The bytes that went to the target for this row; those of an upload went with its chunks."""
        return 0 if self.work is Work.UPLOAD else self.bytes_copied


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
    # Examples; how many failures there are of each cause (rules/causes.py).
    failures: tuple[CopyResult, ...] = ()
    causes: dict[str, int] = field(default_factory=dict)
    # Why the first of the files whose checksums decided nothing was not compared.
    not_compared: str = ""
    # Likewise of those that a store, though asked, stated no checksum of.
    not_proven: str = ""
