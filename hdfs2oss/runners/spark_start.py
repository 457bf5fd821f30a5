"""The session of Spark, from nothing: with its settings, saying what is waited for, and ended by signals."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pyspark
from py4j.protocol import Py4JError, Py4JJavaError
from pyspark import SparkConf, SparkContext

from ..model.errors import Hdfs2ossError, Interrupted, UsageError
from .jvm_errors import reason
from .signals import heeded
from .spark_settings import is_local, settings_for, shares_machine
from .waiting import ClusterFacts, Waiting
from .yarn_start import YarnStart


def start_spark(verbose: bool, by_java: bool = False) -> tuple[SparkContext, bool]:
    """The Spark context, and whether it is ours to stop. Raises Interrupted after a signal, and when Spark has gone."""
    if "SPARK_REMOTE" in os.environ:
        raise UsageError(
            "Spark Connect cannot run a copy: tasks need a driver of their own",
            "Unset SPARK_REMOTE and give --master.",
        )
    running = SparkContext._active_spark_context
    if running is not None:
        if running.getConf().get("spark.speculation", "false") != "false":
            raise UsageError("the running Spark application has speculation on", "Set spark.speculation=false.")
        return running, False
    SparkContext._ensure_initialized()
    conf = SparkConf()
    if not conf.contains("spark.master"):
        conf.setMaster("local[*]")
    master = conf.get("spark.master")
    if shares_machine(master):
        # Else the workers are whatever python3 is on the PATH, without this package.
        os.environ["PYSPARK_PYTHON"] = sys.executable
    current = dict(conf.getAll())
    yarn = YarnStart(current, SparkContext._jvm)
    for key, value in {**settings_for(pyspark.__version__, current, verbose, by_java), **yarn.settings}.items():
        conf.set(key, value)
    return _context(conf, master, yarn), True


def _context(conf: SparkConf, master: str, yarn: YarnStart) -> SparkContext:
    signals = list[int]()

    def look() -> ClusterFacts | None:
        return None if is_local(master) else yarn.look(lambda: _hadoop_configuration(conf))

    try:
        with Waiting(look), _interrupting(signals):
            context = SparkContext(conf=conf)
    except (Py4JError, OSError, EOFError, KeyboardInterrupt) as error:
        if isinstance(error, Py4JJavaError) and not signals:
            raise Hdfs2ossError(f"Spark did not start on {master}: {reason(error)}") from error
        what = "Spark was ended before it had started"
        came_of_it = yarn.end()
        raise Interrupted(
            f"{what}; {came_of_it}" if came_of_it else what, "Nothing was copied.", *(signals or [signal.SIGTERM])[:1]
        ) from error
    yarn.started()
    return context


def _hadoop_configuration(conf: SparkConf) -> Any:
    return SparkContext._jvm.org.apache.spark.deploy.SparkHadoopUtil.get().newConfiguration(conf._jconf)


@contextmanager
def _interrupting(signals: list[int]) -> Iterator[None]:
    """Signals end what the main thread waits for in the block, and are noted down; elsewhere nobody hears them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def arrived(number: int, frame: FrameType | None) -> None:
        signals.append(number)
        # Whoever talks to a JVM takes all else for an error of that.
        raise KeyboardInterrupt

    before = {number: signal.signal(number, arrived) for number in heeded()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
