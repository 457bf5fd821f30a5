"""The summary: what is known of the files of a copy, and how its last runs ended."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.counters import OWN
from ...model.options import CopyOptions
from ...model.units import format_size, several
from ...model.uri import Uri
from ...model.values import Proof
from ...records import generation
from ...records.jobdir import JobDir
from ...records.past_runs import PastRun, past_runs

_SHOWN = 10
_ENDS = ("COPIED", "SKIPPED", "FAILED", "CHANGED")


def summary(place: Uri, job_dir: JobDir, options: CopyOptions) -> Iterator[str]:
    """Lines for the operator."""
    sources = ", ".join(str(source) for source in options.sources[:3]) + (" ..." if len(options.sources) > 3 else "")
    yield f"Ledger of {sources} -> {options.target}, in {place}"
    counts: dict[str, list[int]] = {}
    for row in generation.read_all(job_dir):
        count = counts.setdefault(row.proof or Proof.NONE.value, [0, 0])
        count[0] += 1
        count[1] += row.target_length
    files, size_bytes = (sum(count[at] for count in counts.values()) for at in (0, 1))
    yield f"Known: {several(files, 'file')}, {size_bytes} bytes ({format_size(size_bytes)})"
    for level in (one.value for one in Proof):
        if level in counts:
            yield f"  proof {level:<11} {several(counts[level][0], 'file'):>16} {counts[level][1]:>16} bytes"
    runs = past_runs(job_dir)
    yield f"Runs: {len(runs)} on record"
    for run in runs[-_SHOWN:]:
        yield f"  {run.run}  {_end_of(run)}"


def _end_of(run: PastRun) -> str:
    if run.exit_code is None:
        return "goes on, or was killed: it has no report yet"
    own = run.counters.get(OWN, {})
    ends = ", ".join(
        f"{own.get(f'FILES_{name}', 0)} {name.lower()} ({own.get(f'BYTES_{name}', 0)} bytes)"
        for name in _ENDS
        if own.get(f"FILES_{name}")
    )
    return f"exit code {run.exit_code}: {ends or 'no files'}"
