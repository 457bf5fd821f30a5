"""The storm once more, with the tasks on Spark's executors."""

from __future__ import annotations

from pathlib import Path

import pytest

from hdfs2oss.model.uri import Uri
from tests.faults.storm import BUCKET, gathering, make_tree, ride_out
from tests.trees import Place

pytestmark = [pytest.mark.spark, pytest.mark.faults, pytest.mark.full]


@pytest.mark.parametrize("direction", ["to oss", "from oss"])
@pytest.mark.parametrize("seed", range(10))
def test_files_of_this_machine_survive_it(spark_runner, seed: int, direction: str, tmp_path: Path, home: Path) -> None:
    with gathering(tmp_path, seed) as storm:
        here = Place(Uri("file", "", f"{tmp_path}/here"), storm.stores())
        there = Place(Uri("oss", BUCKET, "/there"), storm.stores())
        source, target = (here, there) if direction == "to oss" else (there, here)
        ride_out(storm, source, target, make_tree(seed), spark_runner, home)
