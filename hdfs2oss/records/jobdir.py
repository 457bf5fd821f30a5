"""The job directory: where the runs of one pair of places leave their records.

    <base>/<pair>/_lock                    who works here: run id, host, process, heartbeat
    <base>/<pair>/ledger/                  the compacted ledger of the pair
    <base>/<pair>/runs/<run>/run.json      what was asked
                             plan/         what the survey found to be done
                             ledger/       what happened to every item
                             uploads/      multipart uploads that were opened
                             intents/      what tasks may leave behind when they die
                             report.json   the end, with counters and failures
                             counters.txt  the counters as they were printed

The pair is the sources and the target without credentials. A file appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

from ..filesystems.base import FileSystem
from ..model.uri import Uri, join_path
from ..rules.filters import JOB_DIRECTORY_NAME, WORK_PREFIX
from ..rules.retry import RetryPolicy, call_with_retries

_RETRIES = RetryPolicy(attempts=4, base_seconds=0.5, deadline_seconds=20.0)


def pair_name(sources: Iterable[Uri], target: Uri) -> str:
    """A readable name for a pair of places, the same for the same pair in any order of its sources."""
    identity = "\n".join([*sorted(str(source) for source in sources), str(target)])
    digest = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    word = re.sub(r"[^A-Za-z0-9]+", "-", target.name or target.authority).strip("-")[:40]
    return f"{word}-{digest}" if word else digest


def default_base(home: Uri) -> Uri:
    """`<home>/.hdfs2oss`."""
    return home.join(JOB_DIRECTORY_NAME)


class JobDir:
    """The records of one run; `path` is the directory of the pair."""

    def __init__(self, filesystem: FileSystem, path: str, run_id: str) -> None:
        self.filesystem = filesystem
        self.path = path
        self.run_id = run_id
        self.run_path = join_path(path, f"runs/{run_id}")
        self.bytes_read = 0

    def publish(self, name: str, data: bytes) -> bool:
        """Write a file of the run at once; False, and nothing changed, when it is there already.

        Tried again after what may pass: hours of work may hang on one record.
        """
        path = join_path(self.run_path, name)
        return call_with_retries(lambda: self.filesystem.create_exclusive(path, data), _RETRIES)

    def publish_json(self, name: str, value: Any) -> bool:
        """The same for a JSON value, indented for people."""
        return self.publish(name, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())

    def exists(self, name: str) -> bool:
        """Whether a file of the run is there."""
        return self.filesystem.status(join_path(self.run_path, name)) is not None

    def read(self, name: str) -> bytes:
        """A file of the run. Raises NotFound."""
        data = self.filesystem.read_bytes(join_path(self.run_path, name))
        self.bytes_read += len(data)
        return data

    def names(self, directory: str) -> list[str]:
        """The files of one directory of the run; empty when it does not exist yet."""
        path = join_path(self.run_path, directory)
        if self.filesystem.status(path) is None:
            return []
        rows = self.filesystem.walk(path, recursive=False)
        return [row.path for row in rows if not row.path.startswith(WORK_PREFIX)]
