"""A flat prefix is surveyed by many tasks, each of which lists a range of it."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems, open_filesystem
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.local_oss.store.synthetic import parse_synthetic
from hdfs2oss.model.counters import OWN
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import DIRECTORY
from hdfs2oss.phases.survey import survey
from hdfs2oss.phases.survey.wave import Share
from hdfs2oss.rules.layout import SourceFact, lay_out
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.tasks.context import RunContext

KEYS = 6_000
SOURCE, TARGET = Uri("oss", "lake", "/s"), Uri("oss", "lake", "/t")


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[StoreConfig]:
    synthetic = [parse_synthetic(f"lake/{prefix}/part-:{KEYS}:10") for prefix in "st"]
    with LocalOssServer(
        tmp_path / "oss", "id", "secret", buckets=["lake"], request_log=tmp_path / "log", synthetic=synthetic
    ) as server:
        yield StoreConfig(oss={"lake": OssAccess(server.endpoint, "id", "secret")})
        close_filesystems()


class Noting(LocalRunner):
    """Keeps the tasks of its waves."""

    def run_wave(self, name, function, tasks, on_report):  # type: ignore[no-untyped-def]
        self.tasks = [*getattr(self, "tasks", []), *tasks]
        super().run_wave(name, function, tasks, on_report)


@pytest.mark.slow
def test_a_flat_prefix_is_cut_into_ranges_and_each_key_counts_once(stores: StoreConfig, tmp_path: Path) -> None:
    layout = lay_out([SourceFact(SOURCE, DIRECTORY)], TARGET, DIRECTORY, True)
    options = CopyOptions(sources=(SOURCE,), target=TARGET, update=True, delete=True)
    context = RunContext(options, layout, stores, Uri("file", "", str(tmp_path / "jobs")), "run-1")
    runner = Noting(0, pause_seconds=0.0)
    own = survey(context, runner, Share(1_000, 3600.0), Share(100_000, 3600.0)).counters[OWN]
    assert (own["FILES_LISTED"], own["FILES_SKIPPED"], own["FILES_AT_TARGET"]) == (KEYS, KEYS, KEYS)
    assert len(runner.tasks) == 4
    ranges = [unit.children for task in runner.tasks for unit in task.units]
    assert len(ranges) > 10
    asked = Counter(json.loads(line)["operation"] for line in (tmp_path / "log").read_text().splitlines())
    # What is listed again: the page in which a range begins or ends, on either side; and the looks at where to cut.
    assert sum(asked.values()) <= 2 * KEYS // 1000 + 6 * len(ranges) + 48, asked


def test_the_borders_of_a_prefix_cut_it_about_evenly(stores: StoreConfig) -> None:
    store = open_filesystem(SOURCE, stores)
    borders = store.borders("/s", "part-00001999", "", 4)
    places = [int(border[5:-1].ljust(8, "0")) for border in borders]
    assert len(places) == 3
    assert all(abs(place - expected) < 400 for place, expected in zip(places, (3000, 4000, 5000), strict=True))
    assert store.borders("/s", "part-00005500", "", 4) == []
    inner = store.borders("/s", "part-00003000", "part-00005000", 4)
    assert len(inner) == 3
    assert all("part-00003000" < one < "part-00005000" for one in inner)


def test_an_object_with_keys_below_it_is_in_nobodys_way_wherever_a_unit_ends(
    stores: StoreConfig, tmp_path: Path
) -> None:
    source, target = Uri("oss", "lake", "/from"), Uri("oss", "lake", "/to")
    store = open_filesystem(source, stores)
    for path in ("/from/d/e/f", "/from/d/e/g", "/from/d/e/h", "/to/d", "/to/d/x"):
        store.put(path, b"x", "", {})
    layout = lay_out([SourceFact(source, DIRECTORY)], target, DIRECTORY, True)
    options = CopyOptions(sources=(source,), target=target, update=True)
    for entries in (0, 1_000):
        context = RunContext(options, layout, stores, Uri("file", "", str(tmp_path / "jobs")), f"run-{entries}")
        share = Share(entries, 3600.0)
        own = survey(context, LocalRunner(0, pause_seconds=0.0), share, share).counters[OWN]
        assert (own["FILES_PLANNED"], own.get("FILES_CONFLICTING", 0)) == (3, 0), entries
