"""Erasure-coding policies of directories (`e` in -p): before the copy, shallowest first.

Files take after the directory they are written into.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...filesystems.registry import open_filesystem
from ...model.values import DIRECTORY, CopyItem, CopyResult, Outcome, TaskReport
from ...runs.run import Run
from ...tasks.context import RunContext
from ...tasks.preserving import Preserving
from ...transfer.results import result_of
from .levels import Level, LevelTask, carry_out, ends_of, work_through


def code_directories(context: RunContext, run: Run, levels: Sequence[Level]) -> None:
    """With `e`: make the directories that are to have an erasure-coding policy, before anything comes into them."""
    if "e" in context.options.preserve and has_policies(context):
        carry_out(context, run, sorted(levels), "coding", code_task)


def has_policies(context: RunContext) -> bool:
    """Whether the target's directories have policies of their own; elsewhere one is kept like any other attribute."""
    target = open_filesystem(context.layout.base, context.stores).capabilities
    return target.real_directories and "e" in target.keeps


def code_task(context: RunContext, task: LevelTask, attempt: str) -> TaskReport:
    """Make those directories that the source has erasure-coded, and give them their policy. A task function."""
    preserving = Preserving(context)
    target = open_filesystem(context.layout.base, context.stores)

    def code(item: CopyItem) -> CopyResult:
        ends = ends_of(context, item)
        preservation = preserving.of(ends.source)
        coding = replace(preservation, letters="e") if preservation is not None else None
        if coding is None or not coding.wanted(ends.source.path, DIRECTORY).ec_policy:
            return result_of(item, Outcome.SKIPPED)
        target.make_directory(ends.target.path)
        is_new = coding.refresh(*ends, DIRECTORY)
        return result_of(item, Outcome.MADE if is_new else Outcome.SKIPPED)

    return work_through(context, task, attempt, code, preserving)
