"""Run by test_cluster.py in a process of its own: one wave on a master of its own.

FUNCTION FOLDER [TASKS [MOST AT ONCE]]
"""

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

function, folder, *numbers = sys.argv[1:]
tasks, most_at_once = [*map(int, numbers), *(1, 20)[len(numbers) :]]
target = Uri("file", "", folder)
context = RunContext(CopyOptions(target=target), Layout(target, (), True), StoreConfig(), target, "run-1")
runner = SparkRunner(most_at_once=most_at_once)
reports, error = [], None
try:
    runner.run_wave("test", partial(getattr(spark_tasks, function), context), range(1, 1 + tasks), reports.append)
except Hdfs2ossError as raised:
    error = [type(raised).__name__, str(raised), raised.hint]
print(json.dumps([reports, error, runner.describe(), runner.slots]))
runner.close()
