"""Commands pasted from a document: what became of them there is mended, shown, and never run unasked.

    -update \u2013delete                        a dash that is no minus sign: -update -delete
    hdfs://nn:8020 /a hdfs://mm:8020 /b    a blank behind a NameNode: hdfs://nn:8020/a hdfs://mm:8020/b
    -update\u00a0-delete                   a blank that is none to a shell, where a word begins behind it
    \u201c/a\u201d                             quotes that are none to a shell
    \u200b/a                                what nobody sees, at the ends of a word

Two words are taken for one path when the first is a NameNode and nothing else, the second is an absolute path without
a scheme, and a source and a target are left. So `hdfs://nn:8020 /backup` copies a whole file system, as it says, and
`hdfs://nn:8020/ /a /b` does so as one of two sources. Words behind `--` are names as they stand.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn

from ..model.errors import UsageError
from .grammar import is_option, option_words, path_words, read_words
from .switch import Switch
from .switches import SWITCHES

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_NAMENODE = re.compile(r"(?i)hdfs://[^/\s]+")
_BLANKS = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_OPENING, _CLOSING = "\u2018\u201a\u201c\u201e\u00ab", "\u2019\u201d\u201c\u2018\u00bb"
_AT_ENDS = re.compile(rf"\A[{_BLANKS}{_UNSEEN}]+|[{_BLANKS}{_UNSEEN}]+\Z")
_BETWEEN_OPTIONS = re.compile(rf"[{_BLANKS}]+")
_BETWEEN_PATHS = re.compile(rf"[{_BLANKS}]+(?=[-{_DASHES}/]|[A-Za-z][\w.+-]*:/)")
_TORN = re.compile(r"(?is)(hdfs://[^/\s]+)\s+(/.*)")

# The command line with these words, as it is typed into a shell.
Typed = Callable[[Sequence[str]], str]


def refuse_pasted(argv: Sequence[str], typed: Typed, switches: Sequence[Switch] = SWITCHES) -> None:
    """Raise UsageError, with the whole command as it was meant, for one that a document has changed.

    `typed` is asked only then.
    """
    end = argv.index("--") if "--" in argv else len(argv)
    is_quoted = any(_AT_ENDS.sub("", word).startswith(tuple(_OPENING)) for word in argv[:end])
    faults, mended = [], []
    for was in argv[:end]:
        words = _unfolded(was, is_quoted)
        if words != [was]:
            faults.append(_what_was_unfolded(was))
        for word in words:
            mended.append(_with_minus(word, switches))
            if mended[-1] != word:
                faults.append(f"{word!r} begins with a dash that is not the minus sign (U+{ord(word[0]):04X})")
    mended += argv[end:]
    try:
        options, paths = read_words(mended, switches)
    except UsageError:
        # What is wrong besides is told when the rest is mended.
        if faults:
            _refuse(faults, typed(mended))
        return
    fewest = 1 if any(switch.field == "source_list" for switch, _ in options) else 2
    joined = list(_joined(paths))
    if len(joined) >= fewest and joined != paths:
        faults += [
            f"a blank stands between {one} and {other}"
            for one, other in itertools.pairwise(paths)
            if one + other in joined
        ]
        given = [option_words(switch, texts) for switch, texts in options]
        mended = [word for words in given for word in words] + path_words(joined)
    if faults:
        _refuse(faults, typed(mended))


def _refuse(faults: Sequence[str], mended: str) -> NoReturn:
    raise UsageError(
        f"the command looks as if a document had changed it: {'; '.join(faults)}",
        "If this is what was meant, run it (the whole of a file system is hdfs://namenode/, with a slash; names that "
        "are as they stand come last, behind --):\n"
        f"  {mended}",
    )


def _unfolded(word: str, is_quoted: bool) -> list[str]:
    """The words that a shell would have made of it, had its blanks and quotes been such."""
    text = _AT_ENDS.sub("", word)
    if is_quoted:
        text = _AT_ENDS.sub("", text.lstrip(_OPENING).rstrip(_CLOSING))
    if not text:
        return [word] if not word else []
    if text[0] in f"-{_DASHES}":
        return _BETWEEN_OPTIONS.split(text)
    torn = _TORN.fullmatch(text)
    return [torn[1], torn[2]] if torn else _BETWEEN_PATHS.split(text)


def _what_was_unfolded(word: str) -> str:
    odd = next((one for one in word if re.match(rf"[{_BLANKS}{_UNSEEN}{_OPENING}{_CLOSING}]", one)), " ")
    if odd == " ":
        return f"a blank stands in {word!r}"
    what = "a quote" if odd in _OPENING + _CLOSING else "a blank" if re.match(f"[{_BLANKS}]", odd) else "a character"
    return f"{word!r} holds {what} that is none to a shell (U+{ord(odd):04X})"


def _with_minus(word: str, switches: Sequence[Switch]) -> str:
    """The word with the minus signs that it began with: one, unless only two make an option of it."""
    if not word or word[0] not in _DASHES:
        return word
    rest = word.lstrip(_DASHES + "-")
    return f"--{rest}" if is_option(f"--{rest}", switches) and not is_option(f"-{rest}", switches) else f"-{rest}"


def _joined(paths: Sequence[str]) -> Iterator[str]:
    waiting = list(paths)
    while waiting:
        path = waiting.pop(0)
        if _NAMENODE.fullmatch(path) and waiting and waiting[0].startswith("/"):
            path += waiting.pop(0)
        yield path
