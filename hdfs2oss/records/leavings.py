"""What a run makes outside of its records and has to remove at its end: snapshots, a work directory.

    <run>/leavings/snapshot-0.json        on record before it is made: where, under which name, since when
    <run>/leavings/snapshot-0.made.json   the time that the store gave it, once it is there

The run removes them itself, however it ends. Of one that died, the next run does (`phases/sweeper.py`): a snapshot only
when it is the very one that was made, for another of that name may have come since.
"""

from __future__ import annotations

import json
import time
from typing import NamedTuple

from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.uri import Uri
from ..rules.snapshot_paths import SnapshotPlace
from .intents import CLOCKS_DIFFER_MS
from .jobdir import JobDir

DIRECTORY = "leavings"
SNAPSHOT = "snapshot"
WORK_DIRECTORY = "work-dir"
# A snapshot whose making was not confirmed is ours when it is as old as the record.
_MAKING_TAKES_MS = 600_000


class Leaving(NamedTuple):
    """Something that has to go. `place` is the directory that it is a snapshot of, or the work directory itself."""

    kind: str
    place: Uri
    name: str = ""
    began_ms: int = 0
    made_ms: int = -1


def announce(job_dir: JobDir, leaving: Leaving, number: int = 0) -> Leaving:
    """Put on record what is going to be made."""
    leaving = leaving._replace(began_ms=time.time_ns() // 1_000_000)
    job_dir.publish_json(f"{DIRECTORY}/{leaving.kind}-{number}.json", leaving._asdict())
    return leaving


def confirm(job_dir: JobDir, leaving: Leaving, made_ms: int, number: int = 0) -> Leaving:
    """It was made, at this time of the store's."""
    job_dir.publish_json(f"{DIRECTORY}/{leaving.kind}-{number}.made.json", {"made_ms": made_ms})
    return leaving._replace(made_ms=made_ms)


def read_leavings(job_dir: JobDir) -> list[Leaving]:
    """All that a run has on record."""
    names = sorted(job_dir.names(DIRECTORY))
    found = []
    for name in names:
        if name.endswith(".made.json"):
            continue
        fields = json.loads(job_dir.read(f"{DIRECTORY}/{name}"))
        leaving = Leaving(**{**fields, "place": Uri(*fields["place"])})
        made = f"{name.removesuffix('.json')}.made.json"
        if made in names:
            leaving = leaving._replace(made_ms=json.loads(job_dir.read(f"{DIRECTORY}/{made}"))["made_ms"])
        found.append(leaving)
    return found


def remove(leaving: Leaving, stores: StoreConfig) -> bool:
    """Remove what is there of it; whether there was anything. Raises StoreError."""
    store = open_filesystem(leaving.place, stores)
    if leaving.kind == WORK_DIRECTORY:
        return store.remove(leaving.place.path, recursive=True)
    found = store.status(SnapshotPlace(leaving.place.path, leaving.name).path)
    if found is None or not _is_ours(leaving, found.mtime_ms):
        return False
    store.drop_snapshot(leaving.place.path, leaving.name)
    return True


def _is_ours(leaving: Leaving, made_ms: int) -> bool:
    if leaving.made_ms >= 0:
        return made_ms == leaving.made_ms
    return leaving.began_ms - CLOCKS_DIFFER_MS <= made_ms <= leaving.began_ms + _MAKING_TAKES_MS
