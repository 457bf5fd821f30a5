"""What the operator reads of a verify: the first differences, a table of all, and how to go on.

Differences, table and last line are for standard output, all else is for standard error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model.counters import OWN
from ..model.differences import Evidence, Finding
from ..model.tally import Tally
from ..model.units import format_duration, format_size, several
from ..model.uri import Uri
from ..runs.verification import VerifyReport
from .command import CopyCommand
from .ending import last_line
from .grammar import path_words
from .invocation import Invocation, command_lines

_SHOWN_PROBLEMS = 10
_EQUAL = {
    Evidence.READING: "equal, by reading bytes",
    Evidence.CHECKSUMS: "equal, by checksums of the stores",
    Evidence.LEDGER: "equal, as proven when copied on record",
    Evidence.EMPTINESS: "equal, as both are empty",
    Evidence.LENGTH: "of equal length (accepted)",
}
_DIFFERENT = {
    Finding.MISSING: "only the source has it",
    Finding.EXTRA: "only the target has it",
    Finding.TYPE: "a file on one side, a directory on the other",
    Finding.LENGTH: "lengths differ",
    Finding.CHECKSUM: "bytes differ",
    Finding.METADATA: "attributes differ",
    Finding.UNPROVEN: "of equal length, and nothing else could be compared",
    Finding.ERROR: "could not be read, or changed meanwhile",
}


def remarks(report: VerifyReport) -> Iterator[str]:
    """What has to be known beside the account."""
    for notice in report.notices:
        yield f"NOTE: {notice}"
    for place, cause in report.problems[:_SHOWN_PROBLEMS]:
        yield f"NOT LISTED: {place}: {cause}"
    more = report.counters.get(OWN, "DIRECTORIES_NOT_LISTED") - _SHOWN_PROBLEMS
    if more > 0:
        yield f"... and {more} more"
    if report.discrepancy:
        yield f"THE ACCOUNTS DO NOT BALANCE: {report.discrepancy}"


def verdict(report: VerifyReport, base: Uri) -> Iterator[str]:
    """The first differences, one a line, and the table."""
    for row in report.first:
        yield row.line(str(base.join(row.path)))
    more = report.entries - len(report.first)
    if more > 0 and report.output:
        yield f"... and {more} more: all are in {report.output}/differences.jsonl"
    elif more > 0:
        yield f"... and {more} more: --show {report.entries} prints them, --output DIR writes all into files"
    listed, excluded = report.sum_of("LISTED"), report.sum_of("EXCLUDED")
    listed.take_off(excluded)
    yield f"Compared {_words(listed)} of the sources:"
    rows = [(_EQUAL[evidence], "", tally) for evidence, tally in report.equal.items()]
    directories = report.counters.get(OWN, "DIRECTORIES_EQUAL") + report.counters.get(OWN, "DIRECTORIES_IMPLIED")
    if directories:
        rows.append(("directories on both sides, or implied", "", Tally(directories=directories)))
    for finding, tally in report.differences.items():
        is_accepted = finding is Finding.EXTRA and "extra" in report.accepted
        rows.append((_DIFFERENT[finding], finding.value + (" (accepted)" if is_accepted else ""), tally))
    unseen = report.sum_of("PROTECTED")
    if unseen.files or unseen.directories:
        rows.append(("at the target, not compared: filtered, in a .Trash, or this tool's own", "left out", unseen))
    for text, name, tally in rows:
        yield f"  {name or 'equal':18} {_words(tally):40} {text}"
    if report.problems:
        unlisted = report.counters.get(OWN, "DIRECTORIES_NOT_LISTED")
        yield f"  {'NOT LISTED':18} {several(unlisted, 'directory', 'directories')}"
    phases = ", ".join(f"{name} {format_duration(seconds)}" for name, seconds in report.phase_seconds.items())
    yield f"Phases: {phases}." + (f" Report: {report.output}/report.json" if report.output else "")


def final_line(report: VerifyReport) -> str:
    """`verify from SRC to DST does succeed !!!`"""
    shown = ", ".join(report.sources[:3]) + (" ..." if len(report.sources) > 3 else "")
    return last_line(shown, report.target, report.exit_code == 0, "verify")


def next_steps(report: VerifyReport, command: CopyCommand, started: Invocation, place: Uri) -> Iterator[str]:
    """How to go on after differences: the copy that mends them, where they are on record; else the verify that puts
    them there. `place` is where they could go."""
    unproven = report.differences.get(Finding.UNPROVEN)
    if unproven is not None and unproven.files:
        yield (
            f"{several(unproven.files, 'file is', 'files are')} proven by nothing: --read-unproven reads them, "
            "--accept length takes their lengths as proof."
        )
    if not report.different or not set(report.differences) - _NOT_MENDED:
        return
    if not report.output:
        yield "Next: run this, which leaves the list of differences as files, for a copy that mends them (--from-diff):"
        words = ["verify", *_typed(command), "--output", str(place), *_paths(command)]
        yield from command_lines(started, words, 1)
        return
    yield "Next: run this, which copies what is missing or differs, and nothing else:"
    words = ["--from-diff", report.output, *_typed(command, _OF_COPY)]
    if report.layout and not any(one.startswith("--layout") for one in words):
        words += ["--layout", report.layout]
    yield from command_lines(started, [*words, *_paths(command)])


# What no copy mends, or what is better proven first.
_NOT_MENDED = {Finding.ERROR, Finding.EXTRA, Finding.TYPE, Finding.UNPROVEN}
# Options of a verify that a copy has, too, and that say what is copied, or how.
_OF_COPY = (
    "-filters", "-p", "--preserve", "-m", "--maps", "-bandwidth", "--total-bandwidth",
    "--bandwidth-schedule", "--requests-per-second", "-D", "--layout", "--include", "--exclude",
    "--from-snapshot", "--job-dir", "--oss-endpoint", "--credentials-file", "--ram-role", "--threads", "--processes",
    "--principal", "--keytab", "--hdfs-client",
)  # fmt: skip
_LISTED = "-f"


def _typed(command: CopyCommand, only: Sequence[str] = ()) -> list[str]:
    kept = [words for words in command.typed if not only or _is_one_of(words[0], only)]
    return [word for words in kept for word in words]


def _is_one_of(word: str, names: Sequence[str]) -> bool:
    name = word.partition("=")[0]
    return name in names or any(word.startswith(one) for one in ("-p", "-D", "-m") if not word.startswith("--"))


def _paths(command: CopyCommand) -> list[str]:
    listed = [_LISTED, command.source_list] if command.source_list else []
    return [*listed, *path_words(list(command.paths))]


def _words(tally: Tally) -> str:
    parts = [f"{several(tally.files, 'file')} ({format_size(tally.size_bytes)})"] if tally.files else []
    parts += [several(tally.directories, "directory", "directories")] if tally.directories else []
    return ", ".join(parts) or "nothing"
