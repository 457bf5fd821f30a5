"""Run by test_cluster.py in a process of its own: a whole copy, on executors that are JVMs of their own."""

import io
import json
import sys

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.registry import StoreConfig
from hdfs2oss.model.counters import JOB, OWN
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.runners.spark import SparkRunner
from hdfs2oss.runs.progress import Progress
from hdfs2oss.verbs.copy.job import CopyJob

endpoint, folder = sys.argv[1:]
here = Uri("file", "", folder)
stores = StoreConfig(oss={"lake": OssAccess(endpoint, "id", "secret")}, threads=8)
options = CopyOptions(sources=(here.join("source"),), target=Uri("oss", "lake", "/target"))
runner = SparkRunner(most_at_once=20, pause_seconds=0.2)
report = CopyJob(options, stores, runner, Progress(io.StringIO()), [here.join("jobs")]).run()
counts = report.counters.as_dict()
print(
    json.dumps(
        [report.exit_code, report.discrepancy, counts[OWN]["FILES_COPIED"], counts[JOB].get("Failed map tasks", 0)]
    )
)
runner.close()
