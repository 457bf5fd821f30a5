"""Limits of a whole job, however many tasks share it: what an operator says, and how it is told again."""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

from .units import MIB

_OFF = "off"
_ENTRY = re.compile(r"(\d{1,2}):(\d\d),(.+)")
_MINUTES_A_DAY = 24 * 60
_EXAMPLE = 'write it as "08:00,50 19:00,off": times of day, each with MiB/s from then on, or off'


class Limits(NamedTuple):
    """What all tasks together may do in a second; None is no limit."""

    bytes_per_second: float | None = None
    requests_per_second: float | None = None

    @property
    def are_any(self) -> bool:
        """Whether anything is limited."""
        return self != Limits()

    def told(self) -> str:
        """`50 MiB/s and 100 requests to OSS a second for the whole job`."""
        words = []
        if self.bytes_per_second is not None:
            words.append(f"{self.bytes_per_second / MIB:g} MiB/s")
        if self.requests_per_second is not None:
            words.append(f"{self.requests_per_second:g} requests to OSS a second")
        return f"{' and '.join(words)} for the whole job" if words else "no limit for the whole job"


class Schedule(NamedTuple):
    """MiB/s by time of day: (minute, rate or None), in order. It wraps: before the first entry the last one holds."""

    entries: tuple[tuple[int, float | None], ...]

    def at(self, minute: int) -> float | None:
        """MiB/s at a minute of the day; None is no limit."""
        begun = [entry for entry in self.entries if entry[0] <= minute]
        return (begun or self.entries)[-1][1]

    def until(self, minute: int) -> str:
        """`19:00`: when the entry that holds now is followed by the next one."""
        coming = [entry for entry in self.entries if entry[0] > minute]
        hours, minutes = divmod((coming or self.entries)[0][0], 60)
        return f"{hours:02d}:{minutes:02d}"


def parse_schedule(text: str) -> Schedule:
    """Read `08:00,50 19:00,off`. Raises ValueError, with the entry that is wrong."""
    found: dict[int, float | None] = {}
    for word in text.split():
        match = _ENTRY.fullmatch(word)
        if match is None:
            raise ValueError(f"{word!r} is no entry of a schedule: {_EXAMPLE}")
        minute = int(match[1]) * 60 + int(match[2])
        if int(match[2]) > 59 or minute >= _MINUTES_A_DAY:
            raise ValueError(f"{word!r}: {match[1]}:{match[2]} is no time of day (00:00 to 23:59)")
        if minute in found:
            raise ValueError(f"{word!r}: {match[1]}:{match[2]} stands there twice")
        try:
            found[minute] = parse_rate(match[3])
        except ValueError as error:
            raise ValueError(f"{word!r}: {error}") from None
    if not found:
        raise ValueError(f"it is empty: {_EXAMPLE}")
    return Schedule(tuple(sorted(found.items())))


def parse_rate(text: str) -> float | None:
    """A number above 0, or `off`: None. Raises ValueError."""
    if text.lower() == _OFF:
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0 < rate < math.inf:
        raise ValueError(f"{text!r} is neither a number above 0 nor off")
    return rate


# What the limits file may say, with the units in which it does.
_BANDWIDTH, _REQUESTS = "total_bandwidth", "requests_per_second"
# The lock of the run, and the looks at what is set, may be requests to OSS themselves: with fewer, nobody could ever
# change them again.
_FEWEST_REQUESTS = 1


def read_by_hand(value: Any, otherwise: Limits) -> Limits:
    """The limits that the content of a limits file sets; what it is silent of stays as it is. Raises ValueError.

    {"total_bandwidth": 50, "requests_per_second": "off"}: MiB/s and requests; "off" and null are no limit.
    """
    if not isinstance(value, dict) or set(value) - {_BANDWIDTH, _REQUESTS}:
        raise ValueError(f'it is not of the form {{"{_BANDWIDTH}": 50, "{_REQUESTS}": "off"}}')
    limits = otherwise
    if _BANDWIDTH in value:
        rate = _rate_of(value[_BANDWIDTH], _BANDWIDTH)
        limits = limits._replace(bytes_per_second=rate * MIB if rate is not None else None)
    if _REQUESTS in value:
        limits = limits._replace(requests_per_second=_rate_of(value[_REQUESTS], _REQUESTS))
    return limits


def written_by_hand(bandwidth: str | None, requests: str | None) -> dict[str, float | str]:
    """The content of a limits file; None is silent. Raises ValueError."""
    given = {_BANDWIDTH: bandwidth, _REQUESTS: requests}
    return {name: _rate_of(text, name) or _OFF for name, text in given.items() if text is not None}


def _rate_of(value: Any, name: str) -> float | None:
    if value is None:
        return None
    try:
        rate = parse_rate(str(value))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if name == _REQUESTS and rate is not None and rate < _FEWEST_REQUESTS:
        raise ValueError(f"{name}: {value} is too few, it must be {_FEWEST_REQUESTS} or more")
    return rate
