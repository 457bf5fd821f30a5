"""--dry-run: what the survey found to be done is told instead of done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..filesystems.registry import open_filesystem
from ..model.counters import OWN
from ..model.errors import CommitError, StoreError, of_class
from ..model.tally import Tally
from ..model.units import format_size, several
from ..model.values import DIRECTORY, CopyItem, FileAction, FileStatus, PlanSlice, Work
from ..records.listings import write_listing
from ..records.plan_order import read_in_order
from ..runs.report import Report
from ..tasks.context import RunContext
from ..transfer.results import failed_result

_SHOWN = 20
_WORDS = {
    FileAction.COPY: "copy",
    FileAction.OVERWRITE: "overwrite",
    FileAction.APPEND: "append to",
    FileAction.CHECK: "compare, and copy if they differ",
    FileAction.SKIP: "skip",
    FileAction.REFRESH: "give attributes, where they differ, to",
    FileAction.MKDIR: "make",
    FileAction.DELETE: "delete",
    FileAction.CONFLICT: "refuse",
}


class Rehearsed(NamedTuple):
    """How much there is of each action, and the first lines of the list of all of them."""

    sums: dict[str, Tally]
    first: list[str]
    total: int


def rehearse(context: RunContext, report: Report, slices: Sequence[PlanSlice]) -> None:
    """Put into the report what the plan says; what cannot be copied counts as failed.

    The list of everything goes to `plan-00000.txt` ... of the -log directory, where there is one. Raises CommitError.
    """
    sums: dict[str, Tally] = {}
    first: list[str] = []

    def lines() -> Iterator[str]:
        for item in read_in_order(context.open_job_dir(), slices):
            sums.setdefault(item.action, Tally()).add(FileStatus(item.path, item.kind, max(item.length, 0)))
            if item.work is Work.REFUSED:
                _refuse(context, report, item)
            line = f"{item.action} {context.layout.target_of(item.path)}" + ("/" if item.kind == DIRECTORY else "")
            if len(first) < _SHOWN:
                first.append(line)
            yield line

    log_place = context.open_log_dir().place
    if log_place is None:
        total = sum(1 for _ in lines())
    else:
        try:
            total = write_listing(open_filesystem(log_place, context.stores), log_place.path, "plan", lines())
        except StoreError as error:
            raise CommitError(f"the -log directory {log_place} cannot be written: {error}", error.hint) from error
    _add_uncounted(report, sums)
    report.rehearsal = list(_told(Rehearsed(sums, first, total), str(log_place or "")))


def _refuse(context: RunContext, report: Report, item: CopyItem) -> None:
    report.counters.add(OWN, "DIRECTORIES_FAILED" if item.kind == DIRECTORY else "FILES_FAILED")
    ends = f"{context.layout.named_source_of(item.root, item.path)} to {context.layout.target_of(item.path)}"
    error = of_class(item.problem_class)(f"copying {ends}: {item.problem}")
    report.keep_failures([failed_result(item, error)])


def _add_uncounted(report: Report, sums: dict[str, Tally]) -> None:
    """What needs no row of a plan."""
    known = report.counters.get
    sums[FileAction.SKIP.value] = Tally(
        known(OWN, "FILES_SKIPPED"), known(OWN, "BYTES_SKIPPED"), known(OWN, "DIRECTORIES_SKIPPED")
    )
    sums.setdefault(FileAction.MKDIR.value, Tally()).directories += known(OWN, "DIRECTORIES_IMPLIED")


def _told(found: Rehearsed, listed_in: str) -> Iterator[str]:
    yield "Dry run: nothing was copied, made or deleted. The command would"
    for action in FileAction:
        words, tally = _WORDS.get(action, action.value.lower()), found.sums.get(action.value)
        if tally is None or not (tally.files or tally.directories):
            continue
        parts = [f"{several(tally.files, 'file')} ({format_size(tally.size_bytes)})"] if tally.files else []
        parts += [several(tally.directories, "directory", "directories")] if tally.directories else []
        yield f"  {words}: {', '.join(parts)}"
    yield from found.first
    more = found.total - len(found.first)
    if more > 0:
        yield f"... and {more} more" + ("" if listed_in else "; with -log DIR all of them are written there")
    if listed_in:
        yield f"All of it is listed in {listed_in}/plan-00000.txt"
