"""Whole copies through a storm: what arrives is right, what does not is named, and nothing is left lying about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hdfs2oss.model.uri import Uri
from hdfs2oss.runners.local import LocalRunner
from tests.faults.storm import BUCKET, Storm, gathering, make_tree, ride_out
from tests.trees import Place

pytestmark = pytest.mark.faults

SEEDS = [pytest.param(seed, marks=[pytest.mark.full] if seed > 1 else []) for seed in range(10)]


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def storm(tmp_path: Path, seed: int) -> Iterator[Storm]:
    with gathering(tmp_path, seed) as storm:
        yield storm


@pytest.mark.parametrize("direction", ["to oss", "from oss"])
def test_files_of_this_machine_survive_it(
    storm: Storm, seed: int, direction: str, tmp_path: Path, home: Path, two_processes: LocalRunner
) -> None:
    here = Place(Uri("file", "", f"{tmp_path}/here"), storm.stores())
    there = Place(Uri("oss", BUCKET, "/there"), storm.stores())
    source, target = (here, there) if direction == "to oss" else (there, here)
    ride_out(storm, source, target, make_tree(seed), two_processes, home)


@pytest.mark.hdfs
@pytest.mark.parametrize("direction", ["to oss", "from oss"])
def test_files_of_hdfs_survive_it(
    storm: Storm, seed: int, direction: str, hdfs_place, home: Path, two_processes: LocalRunner
) -> None:
    on_hdfs = hdfs_place("hdfs", "storm")
    stores = storm.stores(dict(on_hdfs.stores.hadoop_conf))
    here, there = Place(on_hdfs.uri, stores), Place(Uri("oss", BUCKET, "/there"), stores)
    source, target = (here, there) if direction == "to oss" else (there, here)
    ride_out(storm, source, target, make_tree(seed), two_processes, home)
