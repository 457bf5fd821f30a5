"""Commands pasted from a document: what became of them there is mended, shown, and never run unasked.

    -update \u2013delete                        a dash that is no minus sign: -update -delete
    hdfs://nn:8020 /a hdfs://mm:8020 /b    a blank behind a NameNode: hdfs://nn:8020/a hdfs://mm:8020/b

Two words are taken for one path when the first is a NameNode and nothing else, the second is an absolute path without
a scheme, and a source and a target are left. So `hdfs://nn:8020 /backup` copies a whole file system, as it says, and
`hdfs://nn:8020/ /a /b` does so as one of two sources.
"""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn

from ..model.errors import UsageError
from .grammar import is_option, option_words, path_words, read_words
from .switches import SWITCHES, Switch

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_NAMENODE = re.compile(r"(?i)hdfs://[^/\s]+")

Program = Callable[[], Sequence[str]]


def refuse_pasted(argv: Sequence[str], program: Program, switches: Sequence[Switch] = SWITCHES) -> None:
    """Raise UsageError, with the whole command as it was meant, for one that a document has changed.

    `program` gives the words before those of the command, and is asked only then.
    """
    end = argv.index("--") if "--" in argv else len(argv)
    mended = [_with_minus(word, switches) for word in argv[:end]] + list(argv[end:])
    faults = [
        f"{was!r} begins with a dash that is not the minus sign (U+{ord(was[0]):04X})"
        for was, word in zip(argv, mended, strict=True)
        if was != word
    ]
    try:
        options, paths = read_words(mended, switches)
    except UsageError:
        # What is wrong besides is told when the rest is mended.
        if faults:
            _refuse(faults, program(), mended)
        return
    fewest = 1 if any(switch.field == "source_list" for switch, _ in options) else 2
    joined = list(_joined(paths))
    if len(joined) >= fewest and joined != paths:
        faults += [
            f"a blank stands between {one} and {other}"
            for one, other in itertools.pairwise(paths)
            if one + other in joined
        ]
        typed = [option_words(switch, texts) for switch, texts in options]
        mended = [word for words in typed for word in words] + path_words(joined)
    if faults:
        _refuse(faults, program(), mended)


def _refuse(faults: Sequence[str], program: Sequence[str], mended: Sequence[str]) -> NoReturn:
    raise UsageError(
        f"the command looks as if a document had changed it: {'; '.join(faults)}",
        "If this is what was meant, run it (the whole of a file system is hdfs://namenode/, with a slash):\n"
        f"  {shlex.join([*program, *mended])}",
    )


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
