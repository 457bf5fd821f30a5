"""Hadoop's path patterns: `*` `?` `[abc]` `[a-z]` `[^a]` `{a,b}` and `\\` for a literal next character.

A pattern matches within one path element, and names that start with a dot or an underscore match as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ..model.errors import UsageError

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


def expand(path: str, children: Callable[[str], Iterable[str]], exists: Callable[[str], bool]) -> list[str]:
    """All paths that a pattern matches, sorted.

    `children` lists the names in a directory (none for a file or a missing path); `exists` asks for a path.
    """
    found: set[str] = set()
    for alternative in split_braces(path):
        matches = [""]
        for element in (element for element in alternative.split("/") if element):
            matches = list(_step(matches, element, children))
        if not is_pattern(alternative.rsplit("/", 1)[-1]):
            # A literal last element was not looked up on the way.
            matches = [match for match in matches if exists(match or "/")]
        found.update(match or "/" for match in matches)
    return sorted(found)


def _step(matches: list[str], element: str, children: Callable[[str], Iterable[str]]) -> Iterable[str]:
    if not is_pattern(element):
        yield from (f"{match}/{element}" for match in matches)
        return
    pattern = re.compile(element_pattern(element), re.DOTALL)
    for match in matches:
        yield from (f"{match}/{name}" for name in children(match or "/") if pattern.fullmatch(name))


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
