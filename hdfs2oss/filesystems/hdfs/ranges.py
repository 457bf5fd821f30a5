"""A range of names in the order in which the NameNode lists: what of a directory need not be listed for it.

The NameNode gives what is not ASCII first (`order.py`), so that a range of names in key order comes in several pieces:
of those behind `b` first `é`, then `ba`, `bz`, `c`. Between the pieces lies what another range has.
"""

from __future__ import annotations

from ...rules.keys import KeyRange
from ..name_order import LAST_ASCII, listing_key

_FIRST_NOT_ASCII, _LAST = 0x80, 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)
_SLASH = ord("/")


def leap(last: str, children: KeyRange) -> str | None:
    """The name behind which a listing goes on that has come to the name `last` ("" for its beginning).

    That is `last` itself where what comes next may be in the range; a later name, where nothing up to that is; None
    where nothing behind it is.
    """
    for depth in range(len(last), -1, -1):
        start, follows = last[:depth], last[depth : depth + 1]
        wanted = _following(start, children)
        least = _least(*wanted, follows) if wanted else None
        if least is None:
            continue
        if depth == len(last) and not (children.after.startswith(last) and children.after != last):
            return last
        name = start if least == _FIRST_NOT_ASCII and not follows else _before(start + chr(least), children)
        return max(name, last, key=listing_key)
    return None


def _following(start: str, children: KeyRange) -> tuple[int, int] | None:
    """The least and the greatest character with which names of the range go on that begin so; None for no name."""
    after, until = children
    low, high = 1, _LAST
    if after.startswith(start):
        if len(after) > len(start):
            low = ord(after[len(start)])
    elif start < after:
        return None
    if until:
        if until.startswith(start):
            if len(until) == len(start):
                return None
            high = ord(until[len(start)])
        elif start > until:
            return None
    # No name holds a slash.
    return low + (low == _SLASH), high - (high == _SLASH)


def _least(low: int, high: int, behind: str) -> int | None:
    """Of these characters the first in the NameNode's order that comes behind another one, or behind none."""
    passed = ord(behind) if behind else 0
    if not behind or passed >= _FIRST_NOT_ASCII:
        least = max(low, _FIRST_NOT_ASCII, passed + 1)
        least = _SURROGATES.stop if least in _SURROGATES else least
        if least <= high:
            return least
        passed = 0
    least = max(low, passed + 1)
    return least if least <= min(high, ord(LAST_ASCII)) else None


def _before(name: str, children: KeyRange) -> str:
    """A name behind which no name of the range is listed before those that begin with `name`, and of these all are."""
    # Where `name` itself is in another range, those count that are longer.
    while children.after.startswith(name) and name + "/" <= children.after:
        wanted = _following(name, children)
        least = _least(*wanted, "") if wanted else None
        if least is None or least == _FIRST_NOT_ASCII:
            return name
        name += chr(least)
    code = ord(name[-1]) - 1
    if code == _SLASH:
        code -= 1
    if code == 0:
        return name[:-1] + chr(_LAST) + LAST_ASCII
    if code in _SURROGATES or code == ord(LAST_ASCII):
        return name[:-1]
    return name[:-1] + chr(code) + LAST_ASCII
