"""Measurements as a table: medians, ratios to ours, and what a file or a GiB more costs.

| column | what it is |
|---|---|
| wall, CPU | medians; CPU seconds are of the process tree, of containers on YARN as well |
| ours = 1 | wall, or CPU, divided by that of the first tool |
| GiB, file more | the difference of CPU between the whole tree and the lesser one, a GiB or a file of theirs |
| read | bytes read from the source's store, in sizes of the tree |
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from .measurement import Measurement

_MIB = 1 << 20


def table(runs: Sequence[Measurement]) -> list[str]:
    """The lines of a workload's table in Markdown; tools in the order of their first run, the first is 1."""
    if not runs:
        return ["nothing was measured"]
    is_by_bytes = runs[0].total_bytes / max(1, runs[0].files) >= _MIB
    more = "CPU s/GiB more" if is_by_bytes else "CPU ms/file more"
    lines = [
        f"| tool | runs | wall s | ours = 1 | CPU s | ours = 1 | {more} | peak MiB, tree | largest process "
        "| OSS requests | a file | NameNode calls | a file | read | proof |",
        f"|---|{'---:|' * 13}---|",
    ]
    first: Measurement | None = None
    for tool in dict.fromkeys(run.tool for run in runs):
        own = [run for run in runs if run.tool == tool]
        whole = median([run for run in own if run.is_whole and not run.note])
        if whole is None:
            lines.append(f"| {tool} | {_reason(own)} |{' |' * 13}")
            continue
        first = first or whole
        lines.append(_row(whole, own, first, is_by_bytes))
    return lines


def median(runs: Sequence[Measurement]) -> Measurement | None:
    """A run of median figures, each taken by itself; None of no runs."""
    if not runs:
        return None
    return Measurement(
        **{
            **runs[-1].__dict__,
            **{
                name: statistics.median(getattr(run, name) for run in runs)
                for name in ("wall_seconds", "cpu_seconds", "peak_tree_bytes", "peak_process_bytes")
            },
        }
    )


def marginal_cpu_seconds(runs: Sequence[Measurement]) -> float | None:
    """CPU seconds for each GiB or file more, by the medians of the whole and the lesser tree; None without both."""
    whole = median([run for run in runs if run.is_whole and not run.note])
    lesser = median([run for run in runs if not run.is_whole and not run.note])
    if whole is None or lesser is None or whole.amount <= lesser.amount:
        return None
    return (whole.cpu_seconds - lesser.cpu_seconds) / (whole.amount - lesser.amount)


def calls(runs: Sequence[Measurement]) -> list[str]:
    """A line of the NameNode calls of the first tool that was measured, the most frequent first."""
    whole = next((run for run in runs if run.is_whole and not run.note and run.namenode_calls), None)
    if whole is None:
        return []
    ordered = sorted(whole.namenode_calls.items(), key=lambda one: (-one[1], one[0]))
    return [f"NameNode calls of {whole.tool}: {', '.join(f'{method} {count:,}' for method, count in ordered)}."]


def _row(whole: Measurement, own: Sequence[Measurement], first: Measurement, is_by_bytes: bool) -> str:
    count = sum(run.is_whole and not run.note for run in own)
    marginal = marginal_cpu_seconds(own)
    cells = [
        whole.tool,
        str(count),
        f"{whole.wall_seconds:.2f}",
        _ratio(whole.wall_seconds, first.wall_seconds),
        f"{whole.cpu_seconds:.2f}",
        _ratio(whole.cpu_seconds, first.cpu_seconds),
        "" if marginal is None else f"{marginal if is_by_bytes else marginal * 1000:.2f}",
        f"{whole.peak_tree_bytes / _MIB:.0f}",
        f"{whole.peak_process_bytes / _MIB:.0f}",
        f"{whole.oss_requests:,}",
        f"{whole.oss_requests / max(1, whole.files):.2f}",
        f"{sum(whole.namenode_calls.values()):,}",
        f"{sum(whole.namenode_calls.values()) / max(1, whole.files):.2f}",
        f"{whole.bytes_read / whole.total_bytes:.2f}" if whole.total_bytes else "",
        whole.proof,
    ]
    return f"| {' | '.join(cells)} |"


def _ratio(value: float, one: float) -> str:
    return f"{value / one:.2f}" if one else ""


def _reason(own: Sequence[Measurement]) -> str:
    notes = [run.note for run in own if run.is_whole and run.note] or [run.note for run in own if run.note]
    said = notes[0] if notes else "no run of the whole tree"
    return f"not measured: {' '.join(said.split())[:300].replace('|', '/')}"
