"""Run by test_cluster.py in a process of its own: files copied one a task, on executors that are JVMs of their own."""

import json
import sys
from functools import partial

from hdfs2oss.filesystems.registry import StoreConfig
from hdfs2oss.model.counters import OWN
from hdfs2oss.model.errors import Hdfs2ossError
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import CopyItem, CopyTask
from hdfs2oss.records.planfile import PlanWriter
from hdfs2oss.rules.layout import SourceFact, lay_out
from hdfs2oss.runners.spark import SparkRunner
from hdfs2oss.tasks.context import RunContext
from tests.spark import spark_tasks

function, folder = sys.argv[1:]
place = Uri("file", "", folder)
source, target = place.join("source"), place.join("target")
layout = lay_out([SourceFact(source, "D")], target, None, sync=False)
context = RunContext(CopyOptions(target=target), layout, StoreConfig(), place, "run-1")
tasks = []
for number in range(12):
    writer = PlanWriter(f"plan/{number}.parquet")
    found = spark_tasks.LocalFileSystem().status(source.join(f"{number:02d}").path)
    writer.add(
        CopyItem(f"{number:02d}", 0, "COPY", "F", found.length, found.mtime_ms, part_size_bytes=1 << 20),
        1.0,
    )
    tasks.append(CopyTask(number, tuple(writer.publish(context.open_job_dir()))))
runner = SparkRunner(most_at_once=20, pause_seconds=0.2)
reports, error = [], None
try:
    runner.run_wave("copy", partial(getattr(spark_tasks, function), context), tasks, reports.append)
except Hdfs2ossError as raised:
    error = [type(raised).__name__, str(raised), raised.hint]
counts = [report.counters[OWN] for report in reports]
print(json.dumps([sum(one.get(name, 0) for one in counts) for name in ("FILES_COPIED", "FILES_FAILED")] + [error]))
runner.close()
