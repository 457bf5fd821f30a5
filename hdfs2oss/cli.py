"""argv -> verb -> exit code; the only printer of usage."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence

from . import __version__
from .model.errors import Hdfs2ossError, UsageError
from .model.handover import HANDOVER_VARIABLE, holds_secrets, read_handover, split_secrets, write_handover
from .model.uri import mask_secrets
from .verbs import copy, local_oss


def main(argv: Sequence[str], entry: str = "python") -> int:
    """Carry out one command line and give the exit code. `entry` is "python" or "spark-submit"."""
    try:
        return _dispatch(argv, entry)
    except Hdfs2ossError as error:
        if isinstance(error, UsageError) and not argv:
            copy.build_parser().print_usage(sys.stderr)
        if not isinstance(error, UsageError) and {"-v", "-verbose", "--verbose"} & set(argv):
            traceback.print_exc()
        _say(f"hdfs2oss: {error}")
        if error.hint:
            _say(f"  {error.hint}")
        return error.exit_code
    except KeyboardInterrupt:
        _say("hdfs2oss: interrupted")
        return 128 + signal.SIGINT
    except Exception as error:  # noqa: BLE001 - whatever it is, the operator gets one line and a code
        if {"-v", "-verbose", "--verbose"} & set(argv):
            traceback.print_exc()
        _say(f"hdfs2oss: unexpected {type(error).__name__}: {error}")
        _say("  This is a defect of hdfs2oss. Run again with -v (and -log) for the stack trace, and report it.")
        return Hdfs2ossError.exit_code


def _dispatch(argv: Sequence[str], entry: str) -> int:
    if argv and argv[0] == "local-oss":
        return local_oss.run(argv[1:])
    if any(word in ("-h", "-help", "--help") for word in argv):
        copy.build_parser().print_help(sys.stdout)
        return 0
    if "--version" in argv:
        sys.stdout.write(f"hdfs2oss {__version__}\n")
        return 0
    if holds_secrets(argv):
        _take_secrets_off(argv, entry)
    return copy.run(argv, entry, os.environ, sys.stderr)


def _take_secrets_off(argv: Sequence[str], entry: str) -> None:
    """Start again without the secrets in argv, which anybody can read in `ps`; under spark-submit it is too late."""
    if entry == "spark-submit":
        raise UsageError(
            "there are OSS keys on the command line: they are in `ps` and in Spark's event log already",
            "Use bin/hdfs2oss4emr.sh with the same arguments, or set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET "
            "and write oss://bucket/path. Consider replacing these keys.",
        )
    clean, secrets = split_secrets(argv)
    handover = write_handover({**read_handover(os.environ), **secrets})
    command = [sys.executable, "-m", "hdfs2oss", *clean]
    os.execve(sys.executable, command, {**os.environ, HANDOVER_VARIABLE: handover})


def _say(text: str) -> None:
    sys.stderr.write(mask_secrets(text) + "\n")
