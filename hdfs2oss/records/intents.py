"""Intents: what an attempt at a task may leave behind, on record before anything of it is created.

    <run>/intents/copy-00007.0.json     the task, its rows of the plan, where they go, and since when

One file for each attempt that creates what somebody must remove if it dies: an upload, or a work file beside a
target. From it, and the plan, follow the names of all of them, so that nobody has to look through a tree.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from typing import NamedTuple

from ..model.values import CopyItem, PlanSlice, Work
from ..rules.filters import work_path_beside
from .jobdir import JobDir

DIRECTORY = "intents"
# Clocks of this node and of the store may differ by so much.
CLOCKS_DIFFER_MS = 60_000


class Intent(NamedTuple):
    """One attempt: the `number`th claim on its task, which goes below `base`, since `began_ms`."""

    task: str
    number: int
    base: str
    began_ms: int
    slices: tuple[PlanSlice, ...]

    @property
    def not_before_ms(self) -> int:
        """An upload that is older was begun by somebody else."""
        return self.began_ms - CLOCKS_DIFFER_MS


def claim(job_dir: JobDir, intent: Intent) -> Intent:
    """Put an intent on record under the first number that is free, and give it with that number.

    Attempts with smaller numbers came before: what they left may be removed, so it begins when the first of them did.
    """
    for number in itertools.count(intent.number):
        if number == 1:
            intent = intent._replace(began_ms=min(intent.began_ms, _read(job_dir, _name(intent.task, 0)).began_ms))
        numbered = intent._replace(number=number)
        if job_dir.publish_json(_name(intent.task, number), numbered._asdict()):
            return numbered
    raise AssertionError("one number is free")


def is_superseded(job_dir: JobDir, intent: Intent) -> bool:
    """Whether another attempt has come after this one, and may have removed what it left."""
    return job_dir.exists(_name(intent.task, intent.number + 1))


def read_intents(job_dir: JobDir) -> Iterator[Intent]:
    """All intents of a run."""
    for name in job_dir.names(DIRECTORY):
        yield _read(job_dir, f"{DIRECTORY}/{name}")


def work_path_of(run_id: str, task: str, number: int, path: str, attempt: int) -> str:
    """The work path for one try of one file: neither attempts nor tries share one, nor two files of a directory."""
    digest = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return work_path_beside(path, f"{run_id}-{task}-{number}-{digest}-{attempt}")


def chunk_path_of(run_id: str, path: str, offset: int, is_renewed: bool = False) -> str:
    """Where the chunk of a file from `offset` on lies until all of them are joined, on a store that takes no parts.

    One of a file that `is_renewed` has another name than the same one had before the source changed: whoever comes late
    with that must not put it in the place of this one.
    """
    digest = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return work_path_beside(path, f"{run_id}-{digest}-chunk-{'anew-' if is_renewed else ''}{offset}")


def goes_up_in_parts(item: CopyItem) -> bool:
    """Whether a row stands for a file that needs an upload, where the target takes uploads."""
    return item.work in (Work.FILE, Work.UPLOAD) and item.length > item.part_size_bytes


def _read(job_dir: JobDir, name: str) -> Intent:
    fields = json.loads(job_dir.read(name))
    slices = tuple(PlanSlice(*piece) for piece in fields.pop("slices"))
    return Intent(**fields, slices=slices)


def _name(task: str, number: int) -> str:
    return f"{DIRECTORY}/{task}.{number}.json"
