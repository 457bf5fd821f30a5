"""What the ledger knows of a pair of files: looked up by path, source and place; a ledger that fails."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hdfs2oss.model.counters import Counters
from hdfs2oss.model.errors import PermissionDenied, StoreError
from hdfs2oss.model.known import KnownFile
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import FILE, FilePair, FileStatus
from hdfs2oss.phases.survey.recall import Recall
from hdfs2oss.records import generation as generations
from hdfs2oss.records.generation import KNOWN_SCHEMA, Generation
from hdfs2oss.records.jobdir import JobDir
from hdfs2oss.records.tables import to_table
from hdfs2oss.rules.layout import CopyRoot, Layout
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import MemoryFileSystem

RUN = "20260101-000000-000001"
BASE = Uri("oss", "b", "/t")
LAYOUT = Layout(BASE, (CopyRoot(Uri("hdfs", "nn", "/s"), ""),), True)


def known(path: str, source: str) -> KnownFile:
    return KnownFile(path, source, 5, 1, "", 5, "E", 9, 64, 32, 64, None, None, "transfer", 0, RUN)


@pytest.fixture
def flaky() -> FlakyFileSystem:
    return FlakyFileSystem(MemoryFileSystem())


def records(flaky: FlakyFileSystem, base: str = str(BASE)) -> JobDir:
    job_dir = JobDir(flaky, "/jobs/pair", RUN)
    name = generations.name_of(1, RUN, 1)
    table = to_table([known("a", "hdfs://nn/s/a"), known("b", "hdfs://nn/other/b")], KNOWN_SCHEMA)
    part = generations.publish_part(job_dir, generations.part_name(name, 0, 0), table)
    generations.publish(job_dir, Generation(name, base, (RUN,), (part,)), KNOWN_SCHEMA.empty_table())
    return job_dir


def recalled(job_dir: JobDir | None, needed: bool = True, layout: Layout = LAYOUT) -> tuple[dict[str, bool], str]:
    """Of which paths something was known, and the notice."""
    found: dict[str, bool] = {}

    def take(pairs: Sequence[FilePair]) -> None:
        found.update((pair.path, pair.known is not None) for pair in pairs)

    recall = Recall(layout, job_dir, take, Counters(), needed)
    for path in ("a", "b", "c"):
        recall.take([FilePair(path, FileStatus(path, FILE, 5), FileStatus(path, FILE, 5))])
    return found, recall.notice


def test_a_file_is_known_by_its_path_if_its_source_is_the_same(flaky) -> None:
    assert recalled(records(flaky)) == ({"a": True, "b": False, "c": False}, "")


def test_paths_that_count_from_another_place_are_not_known(flaky) -> None:
    assert recalled(records(flaky, "oss://b/t/s")) == (dict.fromkeys("abc", False), "")


def test_where_nothing_is_asked_nothing_is_known(flaky) -> None:
    assert recalled(None) == (dict.fromkeys("abc", False), "")


@pytest.mark.parametrize("file", ["part-00000-0.parquet", "-1.parquet"])
def test_a_ledger_that_fails_is_said_and_not_asked_any_more_where_it_is_not_needed(flaky, file) -> None:
    job_dir = records(flaky)
    flaky.faults.append(Fault("open", file, PermissionDenied))
    found, notice = recalled(job_dir, needed=False)
    assert found == dict.fromkeys("abc", False)
    assert "/jobs/pair is not asked" in notice
    assert len([one for one in flaky.calls if one[0] == "open" and one[1].endswith(file)]) == 1
    with pytest.raises(StoreError):
        recalled(job_dir)
