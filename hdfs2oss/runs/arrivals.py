"""Whether what an unfinished run has on record as arrived still stands at the target.

Whoever goes on with a run does not look at its finished tasks again. Between a death and the next command a person may
have cleared the target, to begin anew: then the run must not count as arrived what is not there. A look at some files
of many directories finds that; one file that somebody removed of thousands is not looked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.errors import StoreError
from ..model.values import FILE, CopyResult, Outcome
from ..records import ledger
from ..records.jobdir import JobDir
from ..rules.keys import parent_of
from ..rules.layout import Layout

_LEDGERS, _FILES_OF_LEDGER = 64, 16
T = TypeVar("T")


def missing_arrival(job_dir: JobDir, layout: Layout, stores: StoreConfig) -> str:
    """The first file, of some out of each ledger, that is not at the target as it arrived; "" where all are.

    A target that cannot be asked says nothing here: the tasks of the run meet it.
    """
    target = open_filesystem(layout.base, stores)
    for name in spread(sorted(job_dir.names("ledger")), _LEDGERS):
        rows = list(_samples(job_dir, name))
        places = [layout.target_of(row.path) for row in rows]
        try:
            found = target.look_at_each([place.path for place in places])
        except StoreError:
            return ""
        for row, place, status in zip(rows, places, found, strict=True):
            if status is None or status.kind != FILE or status.length != row.source_length:
                return str(place)
    return ""


def spread(values: Sequence[T], most: int) -> list[T]:
    """At most so many of them, the first and the last among them, at even distances."""
    if len(values) <= most:
        return list(values)
    return [values[number * (len(values) - 1) // (most - 1)] for number in range(most)]


def _samples(job_dir: JobDir, name: str) -> Iterator[CopyResult]:
    """Files that a ledger says have arrived, each of another directory, in key order."""
    of_directory: dict[str, CopyResult] = {}
    for row in ledger.read_results(job_dir, name):
        if row.outcome == Outcome.COPIED and row.kind == FILE:
            of_directory.setdefault(parent_of(row.path), row)
    rows = sorted(of_directory.values(), key=lambda row: row.path.encode("utf-8", "surrogateescape"))
    yield from spread(rows, _FILES_OF_LEDGER)
