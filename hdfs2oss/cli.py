"""argv -> verb -> exit code. A verb is imported when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import NamedTuple, TextIO

from . import __version__
from .commandline.ending import print_refusal
from .commandline.grammar import HELP_WORDS, USAGE_HINT
from .commandline.output import steady_output
from .commandline.restart import words_before
from .model.errors import UsageError
from .model.handover import HANDOVER_VARIABLE, holds_secrets, read_handover, split_secrets, write_handover


class Verb(NamedTuple):
    """A module with `run(words)`, or `run(words, entry)` where it matters what started us, that gives an exit code."""

    module: str
    help: str
    asks_for_entry: bool = False


VERBS = {
    "copy": Verb("hdfs2oss.verbs.copy", "copy files and trees; what is meant when no verb is named", True),
    "verify": Verb("hdfs2oss.verbs.verify", "compare two trees without copying, and say what differs", True),
    "retry": Verb("hdfs2oss.verbs.copy.retry", "copy only what failed in the last run", True),
    "ledger": Verb("hdfs2oss.verbs.ledger", "show what is on record of a copy, file by file; reads only"),
    "limits": Verb("hdfs2oss.verbs.limits", "change the bandwidth and requests of a copy that is running"),
    "clean": Verb("hdfs2oss.verbs.clean", "remove what runs have left that were killed"),
    "submit": Verb(
        "hdfs2oss.verbs.submit", "have a copy run on a cluster: spark-submit, EMR Serverless Spark, AWS EMR"
    ),
    "local-oss": Verb("hdfs2oss.verbs.local_oss", "serve the OSS protocol on loopback, over a directory"),
}
_DEFAULT = "copy"
_VERBOSE_WORDS = ("-v", "--verbose")


def main(argv: Sequence[str], entry: str = "python") -> int:
    """Carry out one command line and give the exit code. `entry` is "python" or "spark-submit"."""
    with steady_output(_messages(entry)):
        try:
            return _dispatch(argv, entry)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - whatever it is, the operator gets a line and a code
            is_plain = isinstance(error, UsageError | KeyboardInterrupt)
            return print_refusal(error, sys.stderr, not is_plain and any(word in _VERBOSE_WORDS for word in argv))


def _messages(entry: str) -> TextIO | None:
    """Where messages go, if not to this process's own standard error."""
    if entry != "spark-submit" or sys.stderr is None:
        return None
    # pyspark is not there, and not needed, without spark-submit.
    from .runners.spark import driver_messages

    return driver_messages(sys.stderr)


def _dispatch(argv: Sequence[str], entry: str) -> int:
    is_named = bool(argv) and argv[0] in VERBS
    name, words = (argv[0], argv[1:]) if is_named else (_DEFAULT, argv)
    asks_for_help = any(word in HELP_WORDS for word in words)
    if not asks_for_help:
        if "--version" in words:
            sys.stdout.write(f"hdfs2oss {__version__}\n")
            return 0
        if holds_secrets(words):
            _start_without_secrets(argv, entry)
    code = _run(VERBS[name], words, entry)
    if asks_for_help and not is_named:
        sys.stdout.write(_verbs_text())
    return code


def _run(verb: Verb, words: Sequence[str], entry: str) -> int:
    run = importlib.import_module(verb.module).run
    try:
        code: int = run(words, entry) if verb.asks_for_entry else run(words)
    except UsageError as error:
        # Words of a copy are read by the same pieces, which know of no other verb.
        name = next(name for name, one in VERBS.items() if one is verb)
        if name != _DEFAULT:
            error.hint = error.hint.replace(USAGE_HINT, f"See hdfs2oss {name} --help.")
        raise
    return code


def _start_without_secrets(argv: Sequence[str], entry: str) -> None:
    """Start again without the secrets in argv, which anybody can read in `ps`; under spark-submit it is too late."""
    if entry == "spark-submit":
        raise UsageError(
            "there are OSS keys on the command line: they are in `ps` and in Spark's event log already",
            "Use bin/hdfs2oss4emr.sh with the same arguments, or set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET "
            "and write oss://bucket/path. Consider replacing these keys.",
        )
    start = words_before(argv)
    if start is None:
        raise UsageError(
            "there are OSS keys among the arguments, and they are not those of this process",
            "Set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET, and write oss://bucket/path.",
        )
    clean, secrets = split_secrets(argv)
    handover = write_handover({**read_handover(os.environ), **secrets})
    os.execve(sys.executable, [*start, *clean], {**os.environ, HANDOVER_VARIABLE: handover})


def _verbs_text() -> str:
    rows = "".join(f"  {name:10} {verb.help}\n" for name, verb in VERBS.items())
    return (
        f"\nVerbs (hdfs2oss VERB --help tells more):\n{rows}"
        "A first word that is the name of a verb is the verb, never a path: write ./copy\n"
        "for a relative source of that name.\n"
    )
