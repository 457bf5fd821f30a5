"""A storm: every kind of fault that the local OSS server knows, all at once, each at five per cent of the requests.

What it must not do is change names: nothing in the protocol protects those, so bytes are flipped in files only.
"""

from __future__ import annotations

import io
import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import oss2

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems, open_filesystem
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.local_oss.faults.rule import KINDS, Rule
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import CopyResult
from hdfs2oss.records import ledger
from hdfs2oss.records.jobdir import JobDir
from hdfs2oss.rules.filters import WORK_PREFIX
from hdfs2oss.runners.base import Runner
from hdfs2oss.runs.progress import Progress
from hdfs2oss.runs.report import Report
from hdfs2oss.verbs.copy.job import CopyJob
from tests.trees import Place

KEY_ID, KEY_SECRET, BUCKET = "storm-id", "storm-secret", "storm"
EACH = 0.05
FILES, LARGE_FILES = 1000, 24
SIZES = {"part_size_bytes": 100 * 1024, "chunk_size_bytes": 200 * 1024}
_SHAPES = {
    "latency": {"seconds": 0.02},
    "stall": {"seconds": 0.05},
    "slow": {"bytes_per_second": 4_000_000.0},
}
# Bytes that are flipped are found out by the checksum beside them, so no answer loses both: one without a checksum
# is that of a completion or of a look.
_FILES_ONLY = {"flip": ("put_object", "upload_part", "get_object"), "no-crc": ("complete", "head_object")}

Tree = dict[str, bytes]


def rules(seed: int) -> list[Rule]:
    """A rule for each kind, with chances of its own."""
    return [
        Rule(kind, probability=EACH, seed=seed, operation=operation, **_SHAPES.get(kind, {}))  # type: ignore[arg-type]
        for kind in KINDS
        for operation in _FILES_ONLY.get(kind, ("",))
    ]


def make_tree(seed: int) -> Tree:
    """A thousand files: most of them small, some in several parts, some in several chunks."""
    chance = random.Random(seed)
    names = [f"d{number % 20:02d}/f{number:04d}" for number in range(FILES)]
    sizes = {name: chance.choice((0, 1, 100, 3000)) for name in names}
    sizes |= {name: chance.randrange(100_000, 600_000) for name in chance.sample(names, LARGE_FILES)}
    return {name: os.urandom(size) for name, size in sizes.items()}


class Storm:
    """A bucket whose server can be made to misbehave."""

    def __init__(self, server: LocalOssServer, seed: int) -> None:
        self.server = server
        self._seed = seed
        self.access = OssAccess(server.endpoint, KEY_ID, KEY_SECRET)
        # The kinds of faults that hit a request of the last run.
        self.struck: set[str] = set()

    def stores(self, hadoop_conf: dict[str, str] | None = None) -> StoreConfig:
        """All stores of a run; the bucket is one of them."""
        return StoreConfig(hadoop_conf=hadoop_conf or {}, oss={BUCKET: self.access}, threads=16)

    def copy(self, source: Place, target: Place, runner: Runner, home: Path, update: bool = False) -> Report:
        """One run, in the storm unless it is an update."""
        options = CopyOptions(sources=(source.uri,), target=target.uri, update=update, **SIZES)  # type: ignore[arg-type]
        progress = Progress(io.StringIO())
        self.server.plan.replace([] if update else rules(self._seed))
        try:
            return CopyJob(options, target.stores, runner, progress, [Uri("file", "", str(home))]).run()
        finally:
            if not update:
                self.struck = {rule.fault for rule, hits in self.server.plan.state() if hits}
            self.server.plan.replace([])
            progress.end()

    def open_uploads(self) -> list[str]:
        """The keys of uploads that nobody completed or dropped."""
        session = oss2.Session()
        session.session.trust_env = False
        bucket = oss2.Bucket(oss2.Auth(KEY_ID, KEY_SECRET), self.server.endpoint, BUCKET, session=session)
        return [upload.key for upload in oss2.MultipartUploadIterator(bucket)]


@contextmanager
def gathering(folder: Path, seed: int) -> Iterator[Storm]:
    """A server that will throw its dice by this seed."""
    server = LocalOssServer(folder / "storm", KEY_ID, KEY_SECRET, buckets=[BUCKET])
    with server:
        try:
            yield Storm(server, seed)
        finally:
            close_filesystems()


def make(place: Place, tree: Tree) -> None:
    """Files on any store, many at once: HDFS takes half a second to close one."""
    store = open_filesystem(place.uri, place.stores)

    def put(name: str) -> None:
        path = place.uri.join(name)
        store.put(path.path, tree[name], path.parent.join(f"{WORK_PREFIX}{path.name}").path, {})

    with ThreadPoolExecutor(64) as pool:
        list(pool.map(put, tree))
    place.settle()


def failures(report: Report, place: Place) -> list[CopyResult]:
    """What the ledger says did not arrive."""
    uri = Uri("file", "", report.job_dir.removeprefix("file://"))
    path, _, run = uri.path.rpartition("/runs/")
    job_dir = JobDir(open_filesystem(uri, place.stores), path, run)
    rows = (row for name in job_dir.names("ledger") for row in ledger.read_results(job_dir, name))
    return [row for row in rows if row.has_failed and not row.is_chunk]


def ride_out(storm: Storm, source: Place, target: Place, tree: Tree, runner: Runner, home: Path) -> None:
    """Copy through the storm and look at what arrived; then once more in fair weather."""
    make(source, tree)
    report = storm.copy(source, target, runner, home)
    named = {row.path for row in failures(report, target)}
    there = target.read()
    missing = tree.keys() - there.keys()
    assert {name for name, data in there.items() if data != tree.get(name)} == set(), "other bytes, or litter"
    assert report.discrepancy == ""
    assert report.exit_code == (4 if named else 0)
    assert missing <= named, "a file is missing in silence"
    # Only a large file may be there and yet be named: the answer to its completion was lost, and the look lied.
    assert all(len(tree[name]) > SIZES["part_size_bytes"] for name in named - missing)
    assert len(named) < FILES / 20, [row.message for row in failures(report, target)][:5]
    # Files of this size are read without a look at them first.
    assert storm.struck >= set(KINDS) - {"no-crc"}
    assert storm.copy(source, target, runner, home, update=True).exit_code == 0
    assert target.read() == tree
    assert work_files(target) == []
    assert storm.open_uploads() == []


def work_files(place: Place) -> list[str]:
    """Work files that nobody published or removed; they take part in no listing of a copy."""
    store = open_filesystem(place.uri, place.stores)
    return [row.path for row in store.walk(place.uri.path) if WORK_PREFIX in row.path]
