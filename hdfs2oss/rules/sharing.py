"""Who may have how much of what all share: max-min fair by what each made use of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

# Whoever was held back for more of the time than this could use more than it has.
_HUNGRY = 0.05
# Whoever was not keeps what it used and some more, so that it shows when it needs more; and so much of a fair share.
_ROOM = 1.25
_LEAST = 0.1
# A share that differs by less than this from the old one is the old one.
_MATTERS = 0.2


class Use(NamedTuple):
    """What a process made of its share lately, in a second; `held` is the part of the time that it was held back."""

    used: float
    held: float


class Shares(NamedTuple):
    """What each process may have in a second; those in `of` by name, each other one `each`. None is no limit."""

    each: float | None = None
    of: Mapping[str, float] = {}

    def for_process(self, name: str) -> float | None:
        """The share of one process."""
        return self.of.get(name, self.each)

    def differ_from(self, other: Shares) -> bool:
        """Whether it is worth telling, where `other` is known."""
        if self.each is None or other.each is None:
            return self.each != other.each
        names = {*self.of, *other.of}
        pairs = [(self.each, other.each), *((self.of.get(n, self.each), other.of.get(n, other.each)) for n in names)]
        return any(abs(new - old) > _MATTERS * old for new, old in pairs)


def share_out(total: float | None, running: int, uses: Mapping[str, Use]) -> Shares:
    """Shares whose sum is the total at most, for `running` processes, of which some are known by their use.

    process                         share
    -----------------------------   -------------------------------------------------------------------
    nothing known of it             total / running
    was not held back               what it used and a quarter more; a tenth of a fair share at least
    was held back                   its part of all that is left, all of these alike
    """
    if total is None:
        return Shares()
    fair = total / max(1, running, len(uses))
    wants = {
        name: max(_ROOM * use.used, _LEAST * fair) if use.held < _HUNGRY else float("inf") for name, use in uses.items()
    }
    if float("inf") not in wants.values():
        # Nobody needs more than it has.
        return Shares(fair)
    left, of = fair * len(uses), dict[str, float]()
    for count, (name, want) in enumerate(sorted(wants.items(), key=lambda one: one[1])):
        of[name] = min(want, left / (len(wants) - count))
        left -= of[name]
    return Shares(fair, of)
