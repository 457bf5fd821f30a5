"""The job directory: where the runs of one pair of places leave their records.

    <base>/<pair>/_lock/                   who works here: see records/fence.py
    <base>/<pair>/ledger/                  the compacted ledger of the pair
    <base>/<pair>/first-run                the first run that left a proof elsewhere
    <base>/<pair>/state.json               which snapshot the target holds: see records/state.py
    <base>/<pair>/damaged/                 target files that were written damaged and could not be removed
    <base>/<pair>/runs/<run>/run.json      what was asked
                             layout.json   where everything goes
                             continued-1.json   who went on with it after a death
                             tasks/        which slices of the plan each task has
                             ends/         what the phases came to
                             plan/         what the survey found to be done
                             ledger/       what happened to every item
                             uploads/      multipart uploads that were opened
                             intents/      what tasks may leave behind when they die
                             leavings/     what the run itself makes and removes: snapshots, a work directory
                             report.json   the end, with counters and failures
                             counters.txt  the counters as they were printed

The pair is the sources and the target without credentials. A file appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from ..filesystems.base import FileSystem
from ..model.errors import NotFound, StoreError, Unreachable
from ..model.uri import Uri, join_path
from ..rules.filters import JOB_DIRECTORY_NAME, WORK_PREFIX, work_path_beside
from ..rules.retry import RetryClock, RetryPolicy, call_with_retries
from .ranged import RangedFile
from .tables import TableFile

T = TypeVar("T")

# Longer than a NameNode takes to restart and to leave safe mode: hours of work may hang on one record.
PATIENCE = RetryPolicy(
    attempts=1000,
    base_seconds=0.5,
    cap_seconds=20.0,
    deadline_seconds=300.0,
    throttled_attempts=1000,
    throttled_seconds=300.0,
)
# For what is written while a run is on its way out.
HASTE = RetryPolicy(attempts=2, base_seconds=0.5, deadline_seconds=3.0, throttled_attempts=2, throttled_seconds=3.0)

# Beside the directories of pairs: what a verify works with while it runs. No lock is needed: nobody shares it.
VERIFY_DIRECTORY = "verify"


def pair_name(sources: Iterable[Uri], target: Uri) -> str:
    """A readable name for a pair of places, the same for the same pair in any order of its sources."""
    identity = "\n".join([*sorted(str(source) for source in sources), str(target)])
    digest = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    word = re.sub(r"[^A-Za-z0-9]+", "-", target.name or target.authority).strip("-")[:40]
    return f"{word}-{digest}" if word else digest


def default_base(home: Uri) -> Uri:
    """`<home>/.hdfs2oss`."""
    return home.join(JOB_DIRECTORY_NAME)


def patiently(
    call: Callable[[], T],
    policy: RetryPolicy = PATIENCE,
    clock: RetryClock = RetryClock(),  # noqa: B008 (immutable)
    on_repeat: Callable[[StoreError, float], None] | None = None,
) -> T:
    """Call, and call again after whatever may pass; a silence that cost a whole time-out is no reason to give up."""

    def once() -> T:
        try:
            return call()
        except Unreachable as error:
            if error.retryable and not error.asked_again:
                raise Unreachable(error.message, error.hint) from error
            raise

    return call_with_retries(once, policy, clock, on_repeat)


class JobDir:
    """The records of one run; `path` is the directory of the pair.

    A job directory that does not answer, or asks for patience, is waited for as `policy` says: a task that gave up
    would only begin again elsewhere, with the same job directory.
    """

    def __init__(
        self,
        filesystem: FileSystem,
        path: str,
        run_id: str,
        policy: RetryPolicy = PATIENCE,
        clock: RetryClock = RetryClock(),  # noqa: B008 (immutable)
    ) -> None:
        self.filesystem = filesystem
        self.path = path
        self.run_id = run_id
        self._policy = policy
        self._clock = clock
        self.run_path = join_path(path, f"runs/{run_id}")
        self.bytes_read = 0
        filesystem.take_as_one(path)

    def of_run(self, run_id: str, policy: RetryPolicy | None = None) -> JobDir:
        """The records of another run of the pair, or of this one with other patience."""
        return JobDir(self.filesystem, self.path, run_id, policy or self._policy, self._clock)

    def patiently(self, call: Callable[[], T]) -> T:
        """Call, and call again while the job directory does not answer."""
        return patiently(call, self._policy, self._clock)

    def publish(self, name: str, data: bytes) -> bool:
        """Write a file of the run at once; False, and nothing changed, when it is there already."""
        return self._publish(join_path(self.run_path, name), data)

    def publish_for_pair(self, name: str, data: bytes) -> bool:
        """The same for a file that outlives the run, in the directory of the pair."""
        return self._publish(join_path(self.path, name), data)

    def publish_json(self, name: str, value: Any) -> bool:
        """The same for a JSON value, indented for people."""
        return self.publish(name, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())

    def replace(self, name: str, data: bytes) -> None:
        """Write a file of the run at once, also where there is one; for who holds the lock."""
        path = join_path(self.run_path, name)
        work_path = work_path_beside(path, f"{name}-{self.run_id}")
        self.patiently(lambda: self.filesystem.put(path, data, work_path, {}))

    def exists(self, name: str) -> bool:
        """Whether a file of the run is there."""
        return self.filesystem.status(join_path(self.run_path, name)) is not None

    def read(self, name: str) -> bytes:
        """A file of the run. Raises NotFound."""
        path = join_path(self.run_path, name)
        return self._read_patiently(lambda: self.filesystem.read_bytes(path))

    def open_table(self, name: str) -> TableFile:
        """A Parquet file of the run, to be read by ranges. Raises NotFound."""
        return TableFile(RangedFile(self.filesystem, join_path(self.run_path, name), self._read_patiently))

    def _read_patiently(self, call: Callable[[], bytes]) -> bytes:
        data = self.patiently(call)
        self.bytes_read += len(data)
        return data

    def names(self, directory: str) -> list[str]:
        """The files of one directory of the run; empty when it does not exist yet."""
        return self.patiently(lambda: self._names(join_path(self.run_path, directory)))

    def names_for_pair(self, directory: str) -> list[str]:
        """The same for a directory that outlives the run."""
        return self.patiently(lambda: self._names(join_path(self.path, directory)))

    def _names(self, path: str) -> list[str]:
        try:
            return [
                row.path for row in self.filesystem.walk(path, recursive=False) if not row.path.startswith(WORK_PREFIX)
            ]
        except NotFound:
            return []

    def _publish(self, path: str, data: bytes) -> bool:
        return self.patiently(lambda: self.filesystem.create_exclusive(path, data))
