"""Run by test_cluster.py in a process of its own: one wave on executors that are JVMs of their own."""

import json
import sys
from functools import partial

from hdfs2oss.filesystems.registry import StoreConfig
from hdfs2oss.model.errors import Hdfs2ossError
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.rules.layout import Layout
from hdfs2oss.runners.spark import SparkRunner
from hdfs2oss.tasks.context import RunContext
from tests.spark import spark_tasks

function, folder = sys.argv[1:]
target = Uri("file", "", folder)
context = RunContext(CopyOptions(target=target), Layout(target, (), True), StoreConfig(), target, "run-1")
runner = SparkRunner(most_at_once=20)
reports, error = [], None
try:
    runner.run_wave("test", partial(getattr(spark_tasks, function), context), [1], reports.append)
except Hdfs2ossError as raised:
    error = [type(raised).__name__, str(raised), raised.hint]
print(json.dumps([reports, error, runner.describe(), runner.slots]))
runner.close()
