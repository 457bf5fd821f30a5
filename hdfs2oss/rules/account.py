"""The account of a run: what was listed is what was decided, what was expected is what happened.

    listed   = planned + skipped + excluded + conflicting       in files, bytes and directories
    expected = copied  + skipped + failed   + changed  + open   in files and bytes
    planned + conflicting = made + failed + changed             in directories
    missing  = deleted + kept + gone + undeleted + withheld     in files, bytes and directories

*Listed* is counted by the walks themselves, as they give a row away; the parts where something was decided about
it. So a row that is lost in between, or taken twice, is seen. Each row counts once: what a walk gives again is
taken off where that is known, as is what lies in an excluded directory.

*Missing* is what only the target has, where -delete or -xtrack asks: deleted, kept because it changed or came back at
a source meanwhile, gone by then, not deleted because that failed, or withheld, all of it, as nothing was to go.

A file that its checksum shows to be the same is skipped where it would have been copied: it was planned no longer.

A file that changed while it was copied counts with the bytes that it had when it was tried again: what was listed,
planned and expected of it follows.

Two more things may become of a directory: it is *implied*, made along with what lies in it, or it is *merged*,
another source has it too.
"""

from __future__ import annotations

from collections.abc import Mapping

_LISTED = ("PLANNED", "SKIPPED", "EXCLUDED", "CONFLICTING")
_EXPECTED = ("COPIED", "SKIPPED", "FAILED", "CHANGED", "OPEN")
# (what, the sum, its parts); a sum has several names where it is one itself.
_OF_WHAT_HAPPENED = (
    ("FILES", ("EXPECTED",), _EXPECTED),
    ("BYTES", ("EXPECTED",), _EXPECTED),
    ("DIRECTORIES", ("PLANNED", "CONFLICTING"), ("MADE", "FAILED", "CHANGED")),
)
_OF_THE_LISTING = (
    ("FILES", ("LISTED",), _LISTED),
    ("BYTES", ("LISTED",), _LISTED),
    ("DIRECTORIES", ("LISTED",), (*_LISTED, "IMPLIED", "MERGED")),
)


_MISSING = ("DELETED", "KEPT", "GONE", "UNDELETED", "WITHHELD")
_OF_DELETION = tuple((what, ("MISSING",), _MISSING) for what in ("FILES", "BYTES", "DIRECTORIES"))


def discrepancy(counts: Mapping[str, int], is_listed_whole: bool, is_at_its_end: bool = True) -> str:
    """The first sum that does not hold, in words; "" when all do.

    Where a listing failed, rows may be left that nothing was decided about: only what happened is checked then.
    What is missing at the sources has its fate at the end of a run.
    """
    of_listing = _OF_THE_LISTING if is_listed_whole else ()
    for what, names, parts in (*_OF_WHAT_HAPPENED, *of_listing, *(_OF_DELETION if is_at_its_end else ())):
        total = sum(counts.get(f"{what}_{name}", 0) for name in names)
        found = {name: counts.get(f"{what}_{name}", 0) for name in parts}
        if total != sum(found.values()):
            account = ", ".join(f"{value} {name.lower()}" for name, value in found.items())
            return f"{total} {what.lower()} were {' or '.join(names).lower()}, but: {account}"
    return ""
