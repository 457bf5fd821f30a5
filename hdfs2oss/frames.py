"""Records of copies as Spark DataFrames, for notebooks and queries. Nothing is written.

    from hdfs2oss import frames

    known = frames.ledger(spark, "hdfs:///data/lake", "oss://bucket/lake")
    known.groupBy("proof").count().show()
    frames.differences(spark, "hdfs:///tmp/verified").where("difference = 'CHECKSUM'").show()

ledger        the last known state of each file that arrived     columns: LEDGER
results       what runs did to each file, with the run           columns: docs/runs.md, "What is on record"
runs          how the runs that are on record ended              columns: RUNS
differences   what a verify found                                columns: DIFFERENCES

Sources and target are named as the copy named them; `job_dir` where its records are, if it named a place. Spark must be
able to read the store of the records. Raises UsageError where nothing is on record.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .commandline.command import CopyCommand
from .commandline.on_record import open_records
from .commandline.places import Places
from .commandline.request import resolve
from .filesystems.hadoop_conf import read_hadoop_conf
from .filesystems.registry import open_filesystem
from .model.counters import OWN
from .model.errors import UsageError
from .model.uri import Uri, join_path
from .records import generation
from .records.differences import DIRECTORY_NAME, REPORT_NAME
from .records.jobdir import JobDir
from .records.past_runs import names_of_runs, past_runs

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# Spark has no unsigned numbers: CRC-64 becomes a decimal, CRC-32C a long.
LEDGER = (
    "path string, source string, source_length bigint, source_mtime_ms bigint, source_etag string, "
    "target_length bigint, target_etag string, target_mtime_ms bigint, crc64 decimal(20,0), crc32c bigint, "
    "stored_crc64 decimal(20,0), source_crc32c bigint, target_crc32c bigint, proof string, part_count int, run string"
)
_ENDS = ("copied", "skipped", "failed", "changed")
RUNS = "run string, exit_code int, " + ", ".join(f"files_{end} bigint, bytes_{end} bigint" for end in _ENDS)
DIFFERENCES = (
    "path string, difference string, kind string, source_length bigint, target_length bigint, "
    "source_checksum string, target_checksum string, detail string, root int"
)


def ledger(spark: SparkSession, sources: str | Sequence[str], target: str, job_dir: str = "") -> DataFrame:
    """One row for each file that is known of a copy."""
    place, records = _records(sources, target, job_dir)
    present = generation.current(records)
    files = [part.file for part in present.parts] if present is not None else []
    return _read(spark, LEDGER, [f"{place}/{generation.DIRECTORY}/{file}" for file in files])


def results(
    spark: SparkSession, sources: str | Sequence[str], target: str, job_dir: str = "", run: str = ""
) -> DataFrame:
    """One row for each file or directory that a run had to do with, of all runs on record or of one; column `run`
    says of which."""
    place, records = _records(sources, target, job_dir)
    names = names_of_runs(records)
    if run and run not in names:
        raise UsageError(f"there is no run {run} on record; there are {', '.join(names) or 'none'}")
    wanted = [name for name in ([run] if run else names) if records.of_run(name).names("ledger")]
    if not wanted:
        raise UsageError(f"no run has rows on record in {place}")
    found = spark.read.option("mergeSchema", True).parquet(*[f"{place}/runs/{name}/ledger" for name in wanted])
    file = "input_file_name()"
    return found.selectExpr("*", f"regexp_extract({file}, '/runs/([^/]+)/ledger/', 1) as run")


def runs(spark: SparkSession, sources: str | Sequence[str], target: str, job_dir: str = "") -> DataFrame:
    """One row for each run on record, the oldest first; `exit_code` is null for one that has no report."""
    _, records = _records(sources, target, job_dir)
    rows: list[tuple[Any, ...]] = []
    for one in past_runs(records):
        own = one.counters.get(OWN, {})
        counts = [own.get(f"{what}_{end.upper()}", 0) for end in _ENDS for what in ("FILES", "BYTES")]
        rows.append((one.run, one.exit_code, *counts))
    return spark.createDataFrame(rows, RUNS)


def differences(spark: SparkSession, directory: str) -> DataFrame:
    """One row for each difference that a verify left in a directory; none when both sides were equal."""
    places = Places(os.environ, read_hadoop_conf(os.environ))
    place = places.resolve(directory)
    store = open_filesystem(place, places.stores())
    if store.status(place.path) is None:
        raise UsageError(f"there is no {place}", "Name the directory that a verify was told to write to (--output).")
    if store.status(join_path(place.path, REPORT_NAME)) is None:
        raise UsageError(
            f"the verify that wrote to {place} has not come to its end: there is no {REPORT_NAME}", "Run it again."
        )
    folder = join_path(place.path, DIRECTORY_NAME)
    rows = store.walk(folder, recursive=False) if store.status(folder) is not None else ()
    names = sorted(row.path for row in rows if row.path.endswith(".parquet"))
    return _read(spark, DIFFERENCES, [f"{place}/{DIRECTORY_NAME}/{name}" for name in names])


def _records(sources: str | Sequence[str], target: str, job_dir: str) -> tuple[Uri, JobDir]:
    """The records of a copy and their place."""
    several = [sources] if isinstance(sources, str) else list(sources)
    command = CopyCommand([*several, target], {}, {}, job_dir=job_dir)
    return open_records(resolve(command, os.environ, read_hadoop_conf(os.environ)))


def _read(spark: SparkSession, columns: str, files: Sequence[str]) -> DataFrame:
    return spark.read.schema(columns).parquet(*files) if files else spark.createDataFrame([], columns)
