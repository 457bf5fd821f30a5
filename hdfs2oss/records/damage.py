"""Objects that a run wrote damaged and could not remove: size and time may be those of the file, its bytes are not.

Each is a small file in the directory of the pair, so it outlives its run:

    <base>/<pair>/damaged/<digest of path and ETag>.json    {"version": 1, "path": ..., "etag": ..., "run": ...}

It stands there before the failure is on record anywhere else. Once the object was written again its ETag is another
one, so the record may stay; but for objects of several parts, whose ETag tells the parts apart and not what was made
of them: theirs are forgotten then.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import NamedTuple

from ..model.errors import NotFound, StoreError
from ..model.uri import join_path
from ..rules.filters import WORK_PREFIX
from .jobdir import JobDir
from .versioned import understood

DIRECTORY = "damaged"
VERSION = 1


class Damaged(NamedTuple):
    """A version of a target file that holds other bytes than were sent; `path` is below the target base."""

    path: str
    etag: str


def remember(job_dir: JobDir, damaged: Damaged) -> None:
    """Put it on record, once however often it is told."""
    record = {"version": VERSION, **damaged._asdict(), "run": job_dir.run_id}
    job_dir.publish_for_pair(_name_of(damaged), json.dumps(record).encode())


def forget(job_dir: JobDir, path: str, etag: str) -> None:
    """The file arrived whole under this ETag. A record that cannot be removed costs no more than another copy."""
    if "-" in etag:
        with suppress(StoreError):
            job_dir.filesystem.remove(join_path(job_dir.path, _name_of(Damaged(path, etag))))


def recall(job_dir: JobDir) -> frozenset[Damaged]:
    """All that the runs of this pair have left. Raises SurveyError for a record that cannot be understood."""
    filesystem, directory = job_dir.filesystem, join_path(job_dir.path, DIRECTORY)
    try:
        names = [row.path for row in filesystem.walk(directory, recursive=False)]
    except NotFound:
        return frozenset()
    paths = [join_path(directory, name) for name in names if not name.startswith(WORK_PREFIX)]
    return frozenset(_parse(path, filesystem.read_bytes(path)) for path in paths)


def _name_of(damaged: Damaged) -> str:
    digest = hashlib.sha256("\n".join(damaged).encode("utf-8", "surrogateescape")).hexdigest()[:24]
    return f"{DIRECTORY}/{digest}.json"


def _parse(path: str, data: bytes) -> Damaged:
    what = f"record {path} of a damaged target file"
    otherwise = "remove the record once the file that it names was removed at the target"
    return understood(data, VERSION, lambda record: Damaged(record["path"], record["etag"]), what, otherwise)
