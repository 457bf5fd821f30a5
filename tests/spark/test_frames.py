"""Records of copies as DataFrames: what the frames hold is what is on record."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from hdfs2oss.cli import main
from hdfs2oss.model.errors import UsageError
from hdfs2oss.rules.checksum import crc32c, crc64
from tests.conftest import KEY_ID, KEY_SECRET

pytestmark = pytest.mark.spark

PAGE = (Path(__file__).parents[2] / "docs/runs.md").read_text("utf-8")


@pytest.fixture
def copied(spark_runner, make_place, oss_server, home: Path, monkeypatch):
    """A copy with one file that cannot arrive, and its ends."""
    monkeypatch.setenv("OSS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", KEY_SECRET)
    monkeypatch.setenv("OSS_ENDPOINT", oss_server.endpoint)
    source, target = make_place("file", "source"), make_place("oss", "target")
    source.make({"a": b"alpha", "b/c": b"beta", "in": b"1"})
    target.make({"in/the way": b"2"})
    assert main(["-update", "--processes", "1", "--proof-dir", "none", str(source), str(target)]) == 4
    return str(source), str(target)


@pytest.fixture
def spark(spark_runner):
    from pyspark.sql import SparkSession

    return SparkSession.builder.getOrCreate()


def test_the_ledger_is_a_frame_with_a_row_for_each_file(spark, copied) -> None:
    from chispa import assert_df_equality

    from hdfs2oss import frames

    source, target = copied
    found = frames.ledger(spark, source, target)
    wanted = spark.createDataFrame(
        [
            ("a", f"{source}/a", 5, Decimal(crc64(b"alpha")), crc32c(b"alpha"), "transfer"),
            ("b/c", f"{source}/b/c", 4, Decimal(crc64(b"beta")), crc32c(b"beta"), "transfer"),
        ],
        "path string, source string, target_length bigint, crc64 decimal(20,0), crc32c bigint, proof string",
    )
    assert_df_equality(found.select(*wanted.columns), wanted, ignore_row_order=True, ignore_nullable=True)
    assert ", ".join(f"{name} {kind}" for name, kind in found.dtypes) == frames.LEDGER


def test_runs_and_their_results_are_frames(spark, copied) -> None:
    from chispa import assert_df_equality

    from hdfs2oss import frames

    runs = frames.runs(spark, *copied)
    assert ", ".join(f"{name} {kind}" for name, kind in runs.dtypes) == frames.RUNS
    (run,) = runs.collect()
    assert (run.exit_code, run.files_copied, run.bytes_copied, run.files_failed) == (4, 2, 9, 1)
    wanted = spark.createDataFrame(
        [("a", "COPIED", run.run), ("b/c", "COPIED", run.run), ("in", "FAILED", run.run)],
        "path string, outcome string, run string",
    )
    found = frames.results(spark, *copied, run=run.run)
    assert_df_equality(found.select(*wanted.columns), wanted, ignore_row_order=True, ignore_nullable=True)
    with pytest.raises(UsageError, match="there is no run x on record"):
        frames.results(spark, *copied, run="x")


def test_what_a_verify_found_is_a_frame(spark, copied, tmp_path: Path, capsys) -> None:
    from chispa import assert_df_equality

    from hdfs2oss import frames

    place = tmp_path / "verified"
    source, target = copied
    assert (
        main(["verify", "--processes", "1", "--accept", "length", "--output", f"file://{place}", source, target]) == 7
    )
    found = frames.differences(spark, f"file://{place}")
    assert ", ".join(f"{name} {kind}" for name, kind in found.dtypes) == frames.DIFFERENCES
    wanted = spark.createDataFrame([("in", "TYPE"), ("in/the way", "EXTRA")], "path string, difference string")
    assert_df_equality(found.select(*wanted.columns), wanted, ignore_row_order=True, ignore_nullable=True)
    with pytest.raises(UsageError, match="there is no"):
        frames.differences(spark, f"file://{place}/nothing")
    (place / "report.json").unlink()
    with pytest.raises(UsageError, match="has not come to its end"):
        frames.differences(spark, f"file://{place}")


def test_the_readme_tells_of_every_column() -> None:
    from hdfs2oss import frames

    for title, columns in (("known", frames.LEDGER), ("runs", frames.RUNS), ("differences", frames.DIFFERENCES)):
        (told,) = re.findall(
            rf"^\| `frames\.{'ledger' if title == 'known' else title}` \| (.*) \|$", PAGE, re.MULTILINE
        )
        assert re.sub("`", "", told) == columns
