"""Whether source and target are equal at one path: decided from what listings say, then from what was learned."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from ..model.differences import Evidence, Finding
from ..model.values import DIRECTORY, FILE, FilePair

# What the listings leave open: files of one length, and what may differ in its attributes.
CHECK = "CHECK"
EQUAL = "EQUAL"
# Equal by what the ledger of the pair knows; only attributes may be left to be compared.
PROVEN = "PROVEN"
# Counted of what was to be EXTRA, and is an ERROR: it has no source row.
EXTRA_ERRORS = "EXTRA_ERRORS"
# Steps of a percentage that a sample may be given in.
_STEPS = 1_000_000


def by_listing(pair: FilePair) -> str:
    """What two rows of listings say: a Finding, EQUAL, or CHECK where more has to be asked.

    source        target        further              comes to
    -----------   -----------   ------------------   --------
    unusable      any                                ERROR
    a link        any                                ERROR
    directory     missing                            MISSING
    directory     directory                          EQUAL
    directory     else                               TYPE
    file          missing                            MISSING
    file          file          lengths differ       LENGTH
    file          file          both empty           EQUAL
    file          file          one length           CHECK
    file          else                               TYPE

    What only the target has is no pair: it is EXTRA.
    """
    source, target = pair.source, pair.target
    if source is None:
        return Finding.EXTRA.value
    if source.problem or source.kind not in (FILE, DIRECTORY):
        return Finding.ERROR.value
    if target is None:
        return Finding.MISSING.value
    if source.kind != target.kind:
        return Finding.TYPE.value
    if source.kind == DIRECTORY:
        return EQUAL
    if source.length != target.length:
        return Finding.LENGTH.value
    return CHECK if source.length else EQUAL


class Learned(NamedTuple):
    """What is known of two files of one length; None where nothing could be compared."""

    # By checksums that both stores state.
    stated_equal: bool | None = None
    # By the checksum that the target's store states, and the one on record of what was read of this source.
    recorded_equal: bool | None = None
    # By bytes that were read.
    read_equal: bool | None = None

    @property
    def differs(self) -> bool:
        """Whether anything says that they are different."""
        return False in self

    @property
    def is_proven(self) -> bool:
        """Whether anything says that they are equal, and nothing that they are not."""
        return True in self and not self.differs


class Verdict(NamedTuple):
    """Exactly one of the two is given."""

    finding: Finding | None = None
    evidence: Evidence | None = None


def judge(learned: Learned, accepts_length: bool) -> Verdict:
    """What follows about two files of one length.

    stated      on record   read        length accepted   comes to
    ---------   ---------   ---------   ---------------   --------------------
    different   any         any         any               CHECKSUM
    any         different   any         any               CHECKSUM
    any         any         different   any               CHECKSUM
    any         any         equal       any               proven by READING
    equal       any         nothing     any               proven by CHECKSUMS
    nothing     equal       nothing     any               proven by the LEDGER
    nothing     nothing     nothing     yes               taken for equal, by LENGTH
    nothing     nothing     nothing     no                UNPROVEN
    """
    if learned.differs:
        return Verdict(Finding.CHECKSUM)
    if learned.read_equal:
        return Verdict(evidence=Evidence.READING)
    if learned.stated_equal:
        return Verdict(evidence=Evidence.CHECKSUMS)
    if learned.recorded_equal:
        return Verdict(evidence=Evidence.LEDGER)
    return Verdict(evidence=Evidence.LENGTH) if accepts_length else Verdict(Finding.UNPROVEN)


def is_in_sample(path: str, percent: float, seed: str) -> bool:
    """Whether a path is among the `percent` that are read: the same ones for the same seed, wherever that is asked."""
    digest = hashlib.blake2b(f"{seed}\n{path}".encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % (100 * _STEPS) < percent * _STEPS


class Standing(NamedTuple):
    """Where a plain copy may have put its sources, as it is found at the target: names of sources that stand there."""

    named: frozenset[str]
    # Those of them that are names within some source, too: then they may be its contents.
    doubtful: frozenset[str]


def layout_found(standing: Standing) -> str:
    """How a copy laid out its directories, by what stands at the target; "" where that cannot be told.

    a source's name stands there   some source holds that name too   the copy was of
    ----------------------------   -------------------------------   ---------------
    no                             any                               contents
    yes                            no                                named
    yes                            yes                               ""
    """
    if not standing.named:
        return "contents"
    return "named" if standing.named - standing.doubtful else ""


def discrepancy(counts: Mapping[str, int]) -> str:
    """Where not every row that the sources listed has come to something, in words; "" where all have.

    listed = excluded + implied + merged + equal + differing, but for what only the target has
    """
    for what in ("FILES", "DIRECTORIES"):
        names = ["EXCLUDED", "IMPLIED", "MERGED", "EQUAL", *(f"EQUAL_BY_{one.value}" for one in Evidence)]
        names += [f"DIFFERING_{one.value}" for one in Finding if one is not Finding.EXTRA]
        found = sum(counts.get(f"{what}_{name}", 0) for name in names) - counts.get(f"{what}_{EXTRA_ERRORS}", 0)
        listed = counts.get(f"{what}_LISTED", 0)
        if found != listed:
            return f"{listed} {what.lower()} were listed at the sources, and {found} of them were compared"
    return ""
