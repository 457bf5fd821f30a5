"""What --include and --exclude take: globs on the paths below a source.

    pattern          matches
    name.gz          that name at any depth: there is no slash in it, but perhaps one at its end
    a/*.gz  /name    the path from the source on: there is a slash, also if it is the first character
    *  ?  [a-z]      within one element: none of them crosses a slash; [!a-z] is any other character
    **               as an element: any number of elements (a/**/b), at the end everything below (a/**)
    {gz,bz2}         one or the other
    \\*              a star, and so on
    tmp/             --exclude: only directories; --include: all files below

and with them, at a path of a source:

    what stands there   is left out when
    the source itself   never; a source that is a file has its name for a path
    a file              some --exclude matches, or --include is given and none matches
    a directory         some --exclude matches, or --include is given and none could match anything below

A directory that is left out is not listed, so all below it is left out; no --include brings a part of it back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ..model.errors import UsageError
from .glob import element_pattern, split_braces

_ANY = "**"
_HINT = "A pattern is like *.tmp, logs/**/*.gz or _temporary/ (see --help)."
_NOTHING = re.compile(r"(?!)")


class Selection:
    """Decides for every path of every source, so each question is one regular expression."""

    def __init__(self, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> None:
        """Raises UsageError for a pattern that cannot be read."""
        included = [_elements(_as_files(pattern)) for pattern in _spread(include)]
        excluded = [(_elements(pattern.rstrip("/")), pattern.endswith("/")) for pattern in _spread(exclude)]
        self.is_empty = not included and not excluded
        self._has_includes = bool(included)
        self._included = _any_of(_whole(elements) for elements in included)
        self._may_hold = _any_of(_above(elements) for elements in included)
        self._excluded_files = _any_of(
            _whole(elements) for elements, only_directories in excluded if not only_directories
        )
        self._excluded_directories = _any_of(_whole(elements) for elements, _ in excluded)

    def leaves_out(self, path: str, is_directory: bool) -> bool:
        """Whether what stands at `path`, relative to its source, is left out."""
        if not path:
            return False
        if is_directory:
            return bool(
                self._excluded_directories.fullmatch(path)
                or (self._has_includes and not self._may_hold.fullmatch(path))
            )
        return bool(self._excluded_files.fullmatch(path) or (self._has_includes and not self._included.fullmatch(path)))


def _spread(patterns: Iterable[str]) -> Iterator[str]:
    """The patterns without braces."""
    for pattern in patterns:
        if pattern.startswith("!"):
            raise UsageError(
                f"the pattern {pattern!r} begins with a !, which turns nothing round here",
                "--include takes what --exclude leaves out; write \\! for a name that begins with one.",
            )
        yield from split_braces(pattern)


def _as_files(pattern: str) -> str:
    """To include a directory is to include the files below it."""
    if not pattern.endswith("/"):
        return pattern
    bare = pattern.rstrip("/")
    if not bare:
        return bare
    return f"{bare}/{_ANY}" if "/" in bare else f"{_ANY}/{bare}/{_ANY}"


def _elements(pattern: str) -> list[str]:
    elements = [element for element in pattern.split("/") if element not in ("", ".")]
    if not elements:
        raise UsageError(f"the pattern {pattern!r} names nothing", _HINT)
    for element in elements:
        if _ANY in element.replace("\\*", "") and element != _ANY:
            raise UsageError(
                f"the pattern {pattern!r} has ** beside other characters",
                "Write * there, or ** as an element of its own, as in a/**/b.",
            )
    return elements if "/" in pattern else [_ANY, *elements]


def _whole(elements: Sequence[str]) -> str:
    """The expression for the paths that a pattern matches."""
    *before, last = elements
    front = "".join("(?:.*/)?" if element == _ANY else element_pattern(element) + "/" for element in before)
    return front + (".+" if last == _ANY else element_pattern(last))


def _above(elements: Sequence[str]) -> str:
    """The expression for the directories below which a pattern may match something."""
    known = elements[: elements.index(_ANY)] if _ANY in elements else elements[:-1]
    fronts = ["/".join(element_pattern(one) for one in known[: count + 1]) for count in range(len(known))]
    if _ANY in elements:
        fronts.append("/".join([*fronts[-1:], ".+"]))
    return "|".join(fronts) or "(?!)"


def _any_of(expressions: Iterable[str]) -> re.Pattern[str]:
    several = list(dict.fromkeys(expressions))
    return re.compile("|".join(f"(?:{one})" for one in several), re.DOTALL) if several else _NOTHING
