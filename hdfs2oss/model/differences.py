"""What a verify finds: one value for each path that differs, and the words for how a file was proven."""

from __future__ import annotations

import enum
from typing import NamedTuple


class Finding(str, enum.Enum):
    """In what way source and target differ at one path.

    MISSING     only the source has it
    EXTRA       only the target has it
    TYPE        a file on one side, a directory on the other
    LENGTH      files of different lengths
    CHECKSUM    files of one length and of different bytes
    METADATA    equal, but for attributes that were asked for (-p)
    UNPROVEN    of one length, and nothing could be compared
    ERROR       one side could not be read, or changed meanwhile; or is nothing that a tree can hold
    """

    MISSING = "MISSING"
    EXTRA = "EXTRA"
    TYPE = "TYPE"
    LENGTH = "LENGTH"
    CHECKSUM = "CHECKSUM"
    METADATA = "METADATA"
    UNPROVEN = "UNPROVEN"
    ERROR = "ERROR"


class Evidence(str, enum.Enum):
    """What shows that a file is equal on both sides, the strongest first.

    READING     bytes were read here, of both sides or of one whose other side states their checksum
    CHECKSUMS   both stores state checksums that say so; no byte was read
    LEDGER      it was proven when it was copied, and neither side is another version since; or the target's store
                states the checksum of what was read then, and the source is the same version
    EMPTINESS   both are empty
    LENGTH      their lengths alone, which were accepted as proof
    """

    READING = "READING"
    CHECKSUMS = "CHECKSUMS"
    LEDGER = "LEDGER"
    EMPTINESS = "EMPTINESS"
    LENGTH = "LENGTH"


class Difference(NamedTuple):
    """One path that differs: a row of differences/*.parquet, a line of differences.jsonl."""

    path: str  # below the target base
    difference: str  # a Finding
    kind: str  # what the source is, of an EXTRA the target: FILE, DIRECTORY, SYMLINK, UNUSABLE
    source_length: int = -1  # bytes; -1 when the source has no such file
    target_length: int = -1  # bytes; -1 when the target has no such file
    source_checksum: str = ""  # algorithm:digits, as far as it is known
    target_checksum: str = ""
    detail: str = ""  # for people
    root: int = 0  # index of the copy root that the source belongs to

    def line(self, target: str) -> str:
        """For the operator; `target` is the place of the path at the target."""
        shown = f"{self.difference:8} {target}" + ("/" if self.kind == "D" else "")
        text = f"{shown} ({self.detail})" if self.detail else shown
        return text.replace("\n", "\\n").replace("\r", "\\r")
