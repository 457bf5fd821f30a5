r"""Java's regular expressions read as Python's: the same meaning, or a refusal with the reason.

DistCp matches with java.util.regex. A pattern that Python also takes may mean something else there, and would
leave out other files without a word. So each construct stands in one of these rows:

    a . * + ? {n,m} *? | ( ) (?:) (?=) (?!) (?<=) (?<!) \1     the same in both
    [abc] [^a-z] [\d-] \t \n \xhh \uhhhh                       the same in both
    \d \w \s, and letters under (?i)                           ASCII only in Java: so here
    .  $  \Z                                                   Java knows more ends of lines than \n: so here
    \b \B                                                      letters of all languages in Java (up to 18): so here
    (?i) (?s) (?is) at the start, (?i:...)                     the same
    (?<name>...) \k<name> \z \e \h \H \v \V \x{h...} \Q...\E   translated
    a*+ a{2}+ (?>...)                                          the same from Python 3.11 on, refused below it
    [a&&[b]] [a[b]]                                            refused: sets of characters that Python takes literally
    \p{...} \P{...} \R \X \G \N \c \0 \10 (?i) in the middle   refused: Python has no such thing, or another one
    other flags, { that repeats nothing                        refused: as above, or an error of Java's
    (?P<name>...) (?#...) (?(1)...) \U {,n} [\b]               refused: Python only
"""

from __future__ import annotations

import re
import sys

_NO_LINE_END = r"[^\n\r\x85\u2028\u2029]"
_AT_END = r"(?=(?:\r\n|(?<!\r)\n|[\r\x85\u2028\u2029])?\Z)"
_BLANKS = r"\ \t\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000"
_BREAKS = r"\n\x0b\f\r\x85\u2028\u2029"
_SETS = {"h": _BLANKS, "v": _BREAKS}
_TRANSLATED = {
    "z": r"\Z",
    "Z": _AT_END,
    "A": r"\A",
    "b": r"(?u:\b)",
    # Python's own \B is not true of the empty text.
    "B": r"(?!(?u:\b))",
    **{name: f"[{members}]" for name, members in _SETS.items()},
    **{name.upper(): f"[^{members}]" for name, members in _SETS.items()},
}
_FLAGS_AT_START = re.compile(r"\(\?([is]+)\)")
_REPETITION = re.compile(r"\{\d+(?:,\d*)?\}")
_SAME_GROUPS = re.compile(r"\(\?(?::|=|!|<=|<!|-?i:)")
_NAMED_GROUP = re.compile(r"\(\?<([A-Za-z][A-Za-z0-9]*)>")
_NAME = re.compile(r"<([A-Za-z][A-Za-z0-9]*)>")
_CODE = re.compile(r"x([0-9A-Fa-f]{2})|x\{([0-9A-Fa-f]+)\}|u([0-9A-Fa-f]{4})")
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}
_HAS_ATOMIC = sys.version_info >= (3, 11)


def python_pattern(java: str, has_atomic: bool = _HAS_ATOMIC) -> str:
    """The pattern for `re.fullmatch` that matches what Java's `matches()` does.

    `has_atomic` tells whether this Python knows possessive and atomic groups. Raises ValueError with the reason.
    """
    return _Reader(java, has_atomic).read()


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, text: str, has_atomic: bool) -> None:
        self._text = text
        self._at = 0
        self._has_atomic = has_atomic
        self._dot = _NO_LINE_END

    def read(self) -> str:
        flags = "a"
        if start := self._take(_FLAGS_AT_START):
            flags += "".join(sorted(set(start[1])))
            if "s" in flags:
                self._dot = r"[\s\S]"
        pieces = [f"(?{flags})"]
        while self._at < len(self._text):
            pieces.append(self._next_piece())
        pattern = "".join(pieces)
        try:
            re.compile(pattern)
        except (re.error, OverflowError) as error:
            reason = error.msg if isinstance(error, re.error) else str(error)
            raise ValueError(f"it is not a regular expression: {reason}") from None
        return pattern

    def _next_piece(self) -> str:
        character = self._text[self._at]
        if character == "\\":
            return self._escape()
        if character == "[":
            return self._set()
        if character == "(":
            return self._group()
        if character in "*+?{":
            return self._quantifier()
        self._at += 1
        if character == ".":
            return self._dot
        if character == "$":
            return _AT_END
        return character if character in ")^|" else re.escape(character)

    def _group(self) -> str:
        if not self._text.startswith("(?", self._at):
            self._at += 1
            return "("
        if same := self._take(_SAME_GROUPS):
            return same[0]
        if named := self._take(_NAMED_GROUP):
            return f"(?P<{named[1]}>"
        if self._text.startswith("(?>", self._at):
            self._need_atomic("(?>...)")
            self._at += 3
            return "(?>"
        shown = self._text[self._at : self._at + 4]
        raise ValueError(f"{shown}... at character {self._at + 1} is not understood as Java does; (?i) goes first")

    def _quantifier(self) -> str:
        if self._text[self._at] == "{":
            found = self._take(_REPETITION)
            if not found:
                raise ValueError(f"the {{ at character {self._at + 1} repeats nothing: write it as \\{{")
            quantifier = found[0]
        else:
            quantifier = self._text[self._at]
            self._at += 1
        following = self._text[self._at : self._at + 1]
        if following not in ("?", "+") or not following:
            return quantifier
        if following == "+":
            self._need_atomic(f"{quantifier}+")
        self._at += 1
        return quantifier + following

    def _need_atomic(self, shown: str) -> None:
        if not self._has_atomic:
            raise ValueError(f"{shown} needs Python 3.11 or newer")

    def _escape(self) -> str:
        """An escape outside of a set."""
        name = self._text[self._at + 1 : self._at + 2]
        if name == "Q":
            quoted, _, _ = self._text[self._at + 2 :].partition("\\E")
            self._at += len(quoted) + 4
            # One quantifier behind it is for its last character, as in Java.
            return re.escape(quoted)
        if name in _TRANSLATED and name:
            self._at += 2
            return _TRANSLATED[name]
        if name == "k":
            self._at += 2
            if found := self._take(_NAME):
                return f"(?P={found[1]})"
            raise ValueError("\\k must be followed by the name of a group, as in \\k<name>")
        if name in "123456789" and name:
            if self._text[self._at + 2 : self._at + 3].isdecimal():
                raise ValueError(f"\\{name} with a digit behind it means different things: write (?:\\{name})")
            self._at += 2
            return f"(?:\\{name})"
        return self._common_escape()

    def _set(self) -> str:
        start = self._at
        self._at += 1
        pieces = ["["]
        if self._text.startswith("^", self._at):
            pieces.append("^")
            self._at += 1
        first = len(pieces)
        while not self._text.startswith("]", self._at) or len(pieces) == first:
            if self._at >= len(self._text):
                raise ValueError(f"the [ at character {start + 1} is not closed")
            element, is_set = self._element()
            if not self._text.startswith("-", self._at) or self._text.startswith("-]", self._at):
                pieces.append(element)
                continue
            self._at += 1
            last, is_set_too = self._element()
            if is_set or is_set_too:
                raise ValueError(f"the range in the [...] at character {start + 1} has no ends: write - as \\-")
            pieces.append(f"{element}-{last}")
        self._at += 1
        return "".join(pieces) + "]"

    def _element(self) -> tuple[str, bool]:
        """One character of a set, or one of its escapes that stand for several."""
        character = self._text[self._at : self._at + 1]
        if character == "[":
            raise ValueError(f"[ inside of [...] at character {self._at + 1} is a set of its own in Java: write \\[")
        if self._text.startswith("&&", self._at):
            raise ValueError(f"&& inside of [...] at character {self._at + 1} is an intersection in Java: write \\&")
        if character != "\\":
            self._at += 1
            return re.escape(character) if character.isascii() else character, False
        name = self._text[self._at + 1 : self._at + 2]
        if name in _SETS:
            self._at += 2
            return _SETS[name], True
        return self._common_escape(), name in "dwsDWS"

    def _common_escape(self) -> str:
        """An escape that means the same inside and outside of a set."""
        if code := _CODE.match(self._text, self._at + 1):
            number = int(code[1] or code[2] or code[3], 16)
            if number > sys.maxunicode or 0xD800 <= number <= 0xDFFF:
                raise ValueError(f"\\{code[0]} is no character")
            self._at += 1 + len(code[0])
            return re.escape(chr(number))
        name = self._text[self._at + 1 : self._at + 2]
        if not name:
            raise ValueError("it ends with a backslash")
        self._at += 2
        if name in _CONTROLS:
            return re.escape(_CONTROLS[name])
        if name in "dwsDWS":
            return f"\\{name}"
        if name.isascii() and name.isalnum():
            raise ValueError(f"\\{name} at character {self._at - 1} is not understood as Java does")
        return re.escape(name)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What stands here, if it is such a thing; reading goes on behind it."""
        found = pattern.match(self._text, self._at)
        if found:
            self._at = found.end()
        return found
