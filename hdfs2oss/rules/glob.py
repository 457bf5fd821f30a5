"""Hadoop's path patterns: `*` `?` `[abc]` `[a-z]` `[^a]` `{a,b}` and `\\` for a literal next character.

A pattern matches within one path element, and names that start with a dot or an underscore match as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from ..model.errors import UsageError
from ..model.values import FILE

_SPECIAL = re.compile(r"[*?\[{\\]")


def is_pattern(path: str) -> bool:
    """Whether a path holds a character that means something in a pattern."""
    return bool(_SPECIAL.search(path))


def escape(path: str) -> str:
    """The pattern that matches this one path only."""
    return _SPECIAL.sub(lambda match: "\\" + match[0], path)


def fixed_part(pattern: str) -> str:
    """The directory that holds all matches of a pattern: what stands before its first element that is none itself."""
    kept = []
    for element in pattern.split("/")[1:-1]:
        if is_pattern(element):
            break
        kept.append(element)
    return "/" + "/".join(kept)


# The names in a directory with their kinds (FILE, DIRECTORY); none for a file or a missing path.
Children = Callable[[str], Iterable[tuple[str, str]]]
# What stands at a path: its kind, or None.
Look = Callable[[str], str | None]
# Asks about each of some paths, in their order; perhaps about several at once.
ForEach = Callable[[Callable[[str], Any], Iterable[str]], Iterable[Any]]


def expand(path: str, children: Children, look: Look, for_each: ForEach = map) -> dict[str, str]:
    """All paths that a pattern matches, sorted, each with its kind.

    What a listing has told is not asked for again.
    """
    found: dict[str, str] = {}
    for alternative in split_braces(path):
        matches = {"": ""}
        for element in (element for element in alternative.split("/") if element):
            matches = _step(matches, element, children, for_each)
        # A literal last element was not looked up on the way.
        unknown = [match for match, kind in matches.items() if not kind]
        looked_at = zip(unknown, for_each(lambda match: look(match or "/"), unknown), strict=True)
        kinds = matches | {match: kind or "" for match, kind in looked_at}
        found |= {match or "/": kind for match, kind in kinds.items() if kind}
    return dict(sorted(found.items()))


def _step(matches: dict[str, str], element: str, children: Children, for_each: ForEach) -> dict[str, str]:
    """The paths one element further, with their kinds as far as they are known, else ""."""
    directories = [match for match, kind in matches.items() if kind != FILE]
    if not is_pattern(element):
        return {f"{match}/{element}": "" for match in directories}
    pattern = re.compile(element_pattern(element), re.DOTALL)

    def within(match: str) -> list[tuple[str, str]]:
        rows = children(match or "/")
        return [(f"{match}/{name}", kind) for name, kind in rows if pattern.fullmatch(name)]

    found: dict[str, str] = {}
    for rows in for_each(within, directories):
        for path, kind in rows:
            # In a store of keys a name may be both: then the store says which it is.
            found[path] = kind if found.get(path, kind) == kind else ""
    return found


def element_pattern(element: str) -> str:
    """The regular expression (to be read with DOTALL) for one element of a pattern; no part of it matches a slash.

    Raises UsageError for one that cannot be read.
    """
    out, at = "", 0
    while at < len(element):
        character = element[at]
        if character == "*":
            out += "[^/]*"
        elif character == "?":
            out += "[^/]"
        elif character == "\\" and at + 1 < len(element):
            at += 1
            out += re.escape(element[at])
        elif character == "[":
            end = element.find("]", at + 2)
            if end < 0:
                raise UsageError(f"the pattern {element!r} has a [ without ]", "Put a backslash before a literal [.")
            inside = element[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            out += f"(?!/)[{'^' + inside[1:] if inside[:1] in ('^', '!') else inside}]"
            at = end
        else:
            out += re.escape(character)
        at += 1
    try:
        re.compile(out, re.DOTALL)
    except re.error as error:
        raise UsageError(f"the pattern {element!r} cannot be read: {error}") from None
    return out


def split_braces(path: str) -> list[str]:
    """`/a/{b,c/d}` becomes `/a/b` and `/a/c/d`; braces nest."""
    start = _unescaped(path, "{", 0)
    if start < 0:
        return [path]
    depth, pieces, last = 0, [], start + 1
    for at in range(start, len(path)):
        if path[at] == "{":
            depth += 1
        elif path[at] == "}":
            depth -= 1
        if (path[at] == "," and depth == 1) or depth == 0:
            pieces.append(path[last:at])
            last = at + 1
        if depth == 0:
            rest = path[at + 1 :]
            return [whole for piece in pieces for whole in split_braces(path[:start] + piece + rest)]
    raise UsageError(f"the pattern {path!r} has a {{ without }}", "Put a backslash before a literal {.")


def _unescaped(path: str, character: str, start: int) -> int:
    at = path.find(character, start)
    while at > 0 and path[at - 1] == "\\":
        at = path.find(character, at + 1)
    return at
