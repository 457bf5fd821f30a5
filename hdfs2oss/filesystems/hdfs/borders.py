"""Where the children of a directory can be cut into ranges of about the same size: the NameNode counts what comes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...model.values import FileStatus
from ...rules.keys import KeyRange
from ...rules.spacing import Scale, between_directories, common_start

# Pages of rows behind a name, in the NameNode's order, with the number of rows that come behind them.
Look = Callable[[str], tuple[Sequence[FileStatus], int]]

# Fewer rows make no range: about a page is listed to find its border.
_FEWEST_ROWS = 1000
_LOOKS_FOR_EACH = 4


class _Page(NamedTuple):
    """Names in their order, the first of which has so many others before it."""

    at: int
    names: Sequence[str]

    @property
    def end(self) -> int:
        return self.at + len(self.names)

    def distance(self, wanted: int) -> int:
        """How far a position lies outside of the page."""
        return max(self.at - wanted, wanted - self.end + 1, 0)


def find_borders(look: Look, children: KeyRange, most: int) -> list[str]:
    """Ends of ranges (`name/`), so many less one at most, into which these children can be cut.

    1. How many there are is told by the listing itself; few of them are cut by the directories among them, of which
       nobody knows how much each of them holds.
    2. Where the name stands that has so many others before it is guessed by how close names stand on the nearest page
       that was seen, and the page that lies there tells how wrong that was.

    Positions are those of the listing: among names that are not ASCII ranges may be uneven, no more.
    """
    rows, remaining = look(children.after.rstrip("/"))
    behind = len(rows) + remaining
    total = behind
    if children.until and behind > len(rows):
        rows_beyond, beyond = look(children.until.rstrip("/"))
        total -= len(rows_beyond) + beyond
    pieces = min(most, total // _FEWEST_ROWS)
    if pieces < 2:
        points = between_directories([row.key for row in rows if children.holds(row.key)], most)
    else:
        search = _Search(look, behind, [row.path for row in rows], total // pieces // 4)
        points = [search.name_at(total * at // pieces) + "/" for at in range(1, pieces)]
    return sorted({one for one in points if one > children.after and (not children.until or one < children.until)})


class _Search:
    """Names by their positions, near enough."""

    def __init__(self, look: Look, behind: int, names: Sequence[str], tolerance: int) -> None:
        self._look = look
        self._behind = behind
        self._tolerance = tolerance
        self._pages = [_Page(0, names)]
        start = common_start(names)
        # Of `part-0000` the zeros may be other digits further on, as what follows is digits.
        may_change = "".join({*"".join(name[len(start) :] for name in names)})
        self._scale = Scale(start.rstrip(may_change) if may_change else start, names)

    def name_at(self, wanted: int) -> str:
        """The name at a position, or one not far from there."""
        for _ in range(_LOOKS_FOR_EACH):
            page = self._nearest(wanted)
            if page.distance(wanted) <= self._tolerance:
                break
            rows, remaining = self._look(self._scale.name_of(self._guess(page, wanted)))
            if rows:
                self._pages.append(_Page(self._behind - len(rows) - remaining, [row.path for row in rows]))
        page = self._nearest(wanted)
        return page.names[min(max(wanted - page.at, 0), len(page.names) - 1)]

    def _nearest(self, wanted: int) -> _Page:
        return min(self._pages, key=lambda page: page.distance(wanted))

    def _guess(self, page: _Page, wanted: int) -> int:
        """The number of the name at a position, if names stand everywhere as close as on this page."""
        first, last = (self._scale.number_of(name) for name in (page.names[0], page.names[-1]))
        step = (last - first) // max(1, len(page.names) - 1)
        guess = first + (wanted - page.at) * step
        # Not beyond what is known to lie on the other side.
        pages = sorted(self._pages)
        before = bisect_right([one.end for one in pages], wanted)
        low = self._scale.number_of(pages[before - 1].names[-1]) if before else 0
        high = self._scale.number_of(pages[before].names[0]) if before < len(pages) else self._scale.end
        return guess if low < guess < high else (low + high) // 2
