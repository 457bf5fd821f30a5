"""Names as numbers, so that what lies between two of them, and how far apart they are, can be told without listing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

# Characters that count: names that are alike up to there are the same number.
_LENGTH = 16


class Scale:
    """Names that begin with `start`, read in the characters that others of them have: `part-0017` lies in the middle of
    `part-0010` and `part-0024`, which it does not by its bytes."""

    def __init__(self, start: str, names: Iterable[str]) -> None:
        self.start = start
        self._characters = sorted(set("".join(name[len(start) :] for name in names)) - {"/"})
        self._base = len(self._characters) + 1
        self.end = self._base**_LENGTH - 1

    def number_of(self, name: str) -> int:
        """A number that is never less than that of a name before this one."""
        if not name.startswith(self.start):
            return 0 if name < self.start else self.end
        number, is_between = 0, False
        for at in range(len(self.start), len(self.start) + _LENGTH):
            character = name[at : at + 1]
            digit = bisect_right(self._characters, character) if character else 0
            number = number * self._base + (self._base - 1 if is_between else digit)
            # A character that is not among them lies behind all that begins with the one before it.
            is_between = is_between or bool(character and (not digit or self._characters[digit - 1] != character))
        return number

    def name_of(self, number: int) -> str:
        """The name of a number; greater numbers never have lesser names."""
        digits = []
        for _ in range(_LENGTH):
            number, digit = divmod(number, self._base)
            digits.append(digit)
        name = ""
        for digit in reversed(digits):
            if not digit:
                break
            name += self._characters[digit - 1]
        return self.start + name


def common_start(names: Iterable[str]) -> str:
    """What all of them begin with."""
    least, greatest = min(names), max(names)
    at = next((at for at, (one, other) in enumerate(zip(least, greatest, strict=False)) if one != other), None)
    return least[:at] if at is not None else min(least, greatest, key=len)


def between_directories(keys: Iterable[str], most: int) -> list[str]:
    """Those of the keys behind which directories are cut into so many pieces at most, if these are all that there are:
    each may hold much, and files little."""
    directories: Sequence[str] = sorted(key for key in keys if key.endswith("/"))
    pieces = min(most, len(directories))
    return [directories[len(directories) * at // pieces - 1] for at in range(1, pieces)]
