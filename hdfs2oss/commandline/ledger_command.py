"""The options of `hdfs2oss ledger`, and what they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..model.errors import UsageError
from ..model.values import Proof
from .command import CopyCommand
from .inquiry import read_inquiry
from .switch import Switch
from .switches import OF_RECORDS

USAGE = "hdfs2oss ledger [options] SOURCE... TARGET"
HINT = "See hdfs2oss ledger --help."
FORMATS = ("table", "csv", "json")
HELP = f"""usage: {USAGE}

Show what is on record of the copies from SOURCE to TARGET. Nothing is copied or changed.

Without an option: a summary of the files that are known, and of the last runs. Otherwise
  --path GLOB       known files whose path below TARGET matches GLOB (* also stands for /)
  --proof LEVEL     known files proven at LEVEL: {", ".join(one.value for one in Proof)}
  --failed          what failed in the last run, or in that of --run
  --run ID          what a run did to each file
  --format FORMAT   rows as {", ".join(FORMATS)} (one object a line) (default table,
                    which has fewer columns)
  --digest          two digests of all known files, to be compared with those of another party; docs/runs.md tells
                    how they are made
Where the records are:
  -f FILE           the sources are in FILE, as they were for the copy
  --job-dir DIR     the records are in DIR, as they were for the copy, or are what a run left at its target
  --oss-endpoint URL, --credentials-file FILE, --ram-role NAME, --principal NAME, --keytab FILE,
  --hdfs-client native|jvm, -D KEY=VALUE
                    as for a copy

Exit codes: 0 it was shown; 2 there are no records, or the command cannot be carried out as written; 3 a store
cannot be asked.
"""


def _format(text: str) -> str:
    if text not in FORMATS:
        raise ValueError(f"{text!r} is none of {', '.join(FORMATS)}")
    return text


def _level(text: str) -> str:
    return Proof(text).value


_OWN = (
    Switch(("--path",), "path", "", str, "GLOB", takes=1),
    Switch(("--proof",), "proof", "", _level, "LEVEL", takes=1),
    Switch(("--run",), "run", "", str, "ID", takes=1),
    Switch(("--format",), "form", "", _format, "FORMAT", takes=1),
    Switch(("--failed",), "failed", ""),
    Switch(("--digest",), "digest", ""),
)


class LedgerQuestion(NamedTuple):
    """What is to be shown; `form` is "" where none was asked for."""

    path: str = ""
    proof: str = ""
    run: str = ""
    form: str = ""
    failed: bool = False
    digest: bool = False

    @property
    def is_of_runs(self) -> bool:
        """Whether it is about what a run did, and not about what is known of files."""
        return self.failed or bool(self.run)

    @property
    def is_summary(self) -> bool:
        """Whether nothing was picked out."""
        return self == LedgerQuestion()


def parse_ledger(argv: Sequence[str]) -> tuple[CopyCommand, LedgerQuestion]:
    """The copy that the question is about, and the question. Raises UsageError."""
    command, asked = read_inquiry(argv, _OWN, OF_RECORDS, HINT)
    question = LedgerQuestion(**asked)
    wanted = 1 if command.source_list else 2
    if len(command.paths) < wanted:
        raise UsageError("the ledger is that of a copy: name its sources and its target", f"usage: {USAGE}")
    if question.digest and question != LedgerQuestion(digest=True):
        raise UsageError("--digest is of all known files: it goes with no other choice", HINT)
    if question.is_of_runs and question.proof:
        raise UsageError("--proof is about what is known of files: it does not go with --failed and --run", HINT)
    return command, question
