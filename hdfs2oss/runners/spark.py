"""Tasks on Spark's executors: one action a wave, small reports back, secrets only in the closure."""

from __future__ import annotations

import io
import itertools
import json
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple, TextIO, cast

from py4j.protocol import Py4JError
from pyspark import InheritableThread, SparkContext, TaskContext

from ..filesystems.hadoop_conf import keep_relevant
from ..model.errors import Hdfs2ossError, Interrupted
from .base import Attempt, Report, Runner, Task, TaskFunction
from .ends import Ended, Failure, ends_wave, error_of, refuse_missing_ends, run_to_end
from .feeding import feed
from .jvm_errors import translate
from .jvm_signals import JvmSignals
from .patience import PAUSE_SECONDS
from .signals import heeded
from .spark_settings import is_local, most_attempts, most_slots, refuse_large_closure, shares_machine
from .spark_start import start_spark
from .waiting import ClusterFacts, Waiting

_STOP_SECONDS = 10.0
_CANCEL_SECONDS = 5.0
# A wave is cut into jobs of so many tasks, two of them under way: what the tasks report is not kept here as a whole.
_TASKS_PER_JOB = 1000
_JOBS_AT_ONCE = 2
_OSS_KEYS = (
    *("fs.oss.accessKeyId", "fs.oss.accessKeySecret", "fs.oss.securityToken"),
    *("fs.oss.proxy.username", "fs.oss.proxy.password"),
)
# What Hadoop brings along says nothing of this cluster: there its servers' defaults count.
_HADOOPS_OWN = ("core-default.xml", "hdfs-default.xml")


class WaveStatus(NamedTuple):
    """Spark tasks of the wave that runs, as far as Spark tells."""

    total: int = 0
    active: int = 0
    done: int = 0
    failed: int = 0


class SparkRunner(Runner):
    """Runs waves on the Spark that `spark-submit` set up; the session starts here and ends with `close`."""

    reports_live = False

    def __init__(
        self, most_at_once: int, verbose: bool = False, pause_seconds: float = PAUSE_SECONDS, by_java: bool = False
    ) -> None:
        """At most `most_at_once` tasks run at the same time, however large the cluster is.

        `pause_seconds` pass before a task that found a store gone is tried again. `by_java` is for tasks that have a
        JVM each, which containers must have room for.
        """
        self._pause_seconds = pause_seconds
        self._cancelled = threading.Event()
        self._closed = threading.Event()
        self._jobs = itertools.count(1)
        self._groups: set[str] = set()  # of the jobs under way
        # Why the wave that runs is ended from outside.
        self._ending: Hdfs2ossError | None = None
        self._counting = threading.Lock()
        self._counts = {"Launched map tasks": 0, "Failed map tasks": 0, "Total time spent by all map tasks (ms)": 0}
        self._context, self._is_mine = start_spark(verbose, by_java)
        settings = dict(self._context.getConf().getAll())
        self._most_attempts = most_attempts(settings)
        ceiling = most_slots(settings, os.cpu_count() or 1)
        # What is registered now says little: executors come late, and come and go.
        self.slots = max(1, min(most_at_once, ceiling or most_at_once))
        # Where the cluster may run more tasks than were asked for, each is a job by itself: one ends, the next begins.
        is_capped = ceiling is None or ceiling > most_at_once
        self._job_size, self._jobs_at_once = (1, most_at_once) if is_capped else (_TASKS_PER_JOB, _JOBS_AT_ONCE)
        self._master = settings.get("spark.master", "")
        self.shares_disk = shares_machine(self._master)
        self._signals: JvmSignals | None = None
        if "PYSPARK_GATEWAY_PORT" in os.environ:
            if settings.get("spark.submit.deployMode") != "cluster":  # there the ApplicationMaster listens itself
                self._signals = JvmSignals(self._context._jvm, heeded())
            threading.Thread(target=self._leave_with, args=(os.getppid(),), daemon=True).start()

    def run_wave(
        self,
        name: str,
        work: TaskFunction[Task, Report],
        tasks: Sequence[Task],
        on_report: Callable[[Report], None],
    ) -> None:
        self._raise_if_cancelled()
        if not tasks:
            return
        self._ending = None
        body = partial(_run_partition, work, self._most_attempts, self._pause_seconds)
        refuse_large_closure(len(pickle.dumps(body)))
        jobs = [list(tasks[at : at + self._job_size]) for at in range(0, len(tasks), self._job_size)]
        run_job = partial(self._run_job, f"{name}: {len(tasks)} tasks", body)
        ends, failed = 0, list[Failure]()
        try:
            with Waiting(self._look):
                for ended in feed(jobs, self._jobs_at_once, run_job, self.make_thread):
                    ends += len(ended)
                    for one in ended:
                        if one.failure is None:
                            on_report(one.report)
                        else:
                            failed.append(one.failure)
        except BaseException as error:
            # Other jobs of the wave may be under way: nobody waits for what they do.
            self._ending = self._ending or (error if isinstance(error, Hdfs2ossError) else None)
            self._cancel_groups()
            raise
        self._raise_if_cancelled()
        if failed:
            raise error_of(next(filter(ends_wave, failed), failed[0]))
        refuse_missing_ends(name, len(tasks), ends)

    def end_wave(self, error: Hdfs2ossError) -> None:
        self._ending = error
        self._cancel_groups()

    def cancel(self) -> None:
        self._cancelled.set()
        self._cancel_groups()

    def _cancel_groups(self) -> None:
        deadline = time.monotonic() + _CANCEL_SECONDS
        while self._groups and time.monotonic() < deadline:
            # A wave may have been about to start: it is cancelled again until it has ended.
            for group in list(self._groups):
                with suppress(Py4JError, OSError):
                    self._context.cancelJobGroup(group)
            time.sleep(0.1)

    def make_thread(self, target: Callable[[], None]) -> threading.Thread:
        """A thread that may run waves: it has a JVM thread of its own."""
        thread: threading.Thread = InheritableThread(target=target, name="job", daemon=True)
        return thread

    def status(self) -> WaveStatus:
        """How far the running waves are, from Spark's own status; all zero in between. A matter of milliseconds."""
        return self._status_of(list(self._groups))

    def busy_slots(self) -> int | None:
        try:
            status = self.status()
        except (Py4JError, OSError):
            return None
        return min(self.slots, status.total - status.done) or None

    def _status_of(self, groups: Sequence[str]) -> WaveStatus:
        tracker = self._context.statusTracker()
        jobs = [tracker.getJobInfo(job_id) for group in groups for job_id in tracker.getJobIdsForGroup(group)]
        stages = [tracker.getStageInfo(stage_id) for job in jobs if job for stage_id in job.stageIds]
        known = [stage for stage in stages if stage is not None]
        return WaveStatus(
            sum(stage.numTasks for stage in known),
            sum(stage.numActiveTasks for stage in known),
            sum(stage.numCompletedTasks for stage in known),
            sum(stage.numFailedTasks for stage in known),
        )

    def _look(self) -> ClusterFacts | None:
        """What the cluster does for us; None where there is no cluster, and when Spark does not tell."""
        if is_local(self._master):
            return None
        try:
            status = self.status()
            executors = self._context._jsc.sc().getExecutorMemoryStatus().size() - 1  # without the driver
        except (Py4JError, OSError):
            return None
        ended = status.done + status.failed
        waiting = status.total - status.active - status.done
        return ClusterFacts(self._master, self._context.applicationId, executors, status.active, ended, waiting)

    def describe(self) -> dict[str, int]:
        return {name: count for name, count in self._counts.items() if count or name != "Failed map tasks"}

    def hadoop_configuration(self) -> dict[str, str]:
        configuration = self._context._jsc.hadoopConfiguration()
        jvm = self._context._jvm
        # hdfs-site.xml is read once this class is there: on YARN Spark has files on HDFS, elsewhere nobody asked;
        # where it is not on the class path it cannot be called.
        with suppress(TypeError, Py4JError):
            jvm.org.apache.hadoop.hdfs.HdfsConfiguration.init()
        writer = jvm.java.io.StringWriter()
        jvm.org.apache.hadoop.conf.Configuration.dumpConfiguration(configuration, writer)
        properties = json.loads(writer.toString())["properties"]
        entries = {one["key"]: one["value"] or "" for one in properties if one.get("resource") not in _HADOOPS_OWN}
        entries |= {key: value for key, value in self._context.getConf().getAll() if key.startswith("spark.kerberos.")}
        relevant = keep_relevant(entries)
        relevant |= {key: configuration.get(key) or "" for key, value in relevant.items() if value == "<redacted>"}
        stores = "hadoop.security.credential.provider.path"
        found = {key: configuration.getPassword(key) for key in _OSS_KEYS if stores in entries}
        relevant |= {key: "".join(characters) for key, characters in found.items() if characters is not None}
        # Where the store gave keys, nobody needs to look into it again.
        return {key: value for key, value in relevant.items() if key != stores or not found[_OSS_KEYS[1]]}

    def close(self) -> None:
        self._closed.set()
        # After a signal the JVM may be on its way out, and would be waited for without an end.
        closer = threading.Thread(target=self._stop, daemon=True)
        closer.start()
        closer.join(_STOP_SECONDS if not self._cancelled.is_set() else _STOP_SECONDS / 3)

    def _run_job(self, description: str, body: partial[Iterator[Ended]], tasks: Sequence[Any]) -> list[Ended]:
        """Some tasks of a wave, as a job of Spark; how they ended."""
        group = f"hdfs2oss-{os.getpid()}-{next(self._jobs)}"
        self._groups.add(group)
        try:
            if self._ending is not None:
                raise self._ending
            # The group belongs to the JVM thread of the caller, hence it is set here and not at the start.
            self._context.setJobGroup(group, description)
            ended: list[Ended] = self._context.parallelize(tasks, len(tasks)).mapPartitions(body).collect()
        except (Py4JError, OSError, EOFError) as error:
            self._raise_if_cancelled()
            with suppress(Py4JError, OSError):
                status = self._status_of([group])
                self._count(status.done + status.failed, status.failed)
            if self._ending is not None:
                self._wait_for_tasks(group)
                raise self._ending from error
            raise translate(error, description) from error
        finally:
            self._groups.discard(group)
        tries = sum(one.tries for one in ended)
        self._count(tries, tries - len(ended), sum(one.seconds for one in ended))
        return ended

    def _wait_for_tasks(self, group: str) -> None:
        """Until none of a cancelled wave runs any more: what they leave is swept up next."""
        deadline = time.monotonic() + _CANCEL_SECONDS
        with suppress(Py4JError, OSError):
            while self._status_of([group]).active and time.monotonic() < deadline:
                time.sleep(0.1)

    def _count(self, launched: int, failed: int, seconds: float = 0.0) -> None:
        with self._counting:
            self._counts["Launched map tasks"] += launched
            self._counts["Failed map tasks"] += failed
            self._counts["Total time spent by all map tasks (ms)"] += round(1000 * seconds)

    def _raise_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise Interrupted("the run was cancelled")

    def _stop(self) -> None:
        if self._is_mine:
            # For whoever looks at the cluster: a driver there ends likewise.
            with suppress(Py4JError, OSError):
                self._context._jsc.sc().stop(self.exit_code)
            with suppress(Exception):
                self._context.stop()
        if self._signals is not None:
            self._signals.give_back()

    def _leave_with(self, parent: int) -> None:
        """spark-submit's JVM killed outright leaves this process behind: it must not go on alone."""
        while not self._closed.wait(1.0):
            if os.getppid() != parent:
                os.kill(os.getpid(), signal.SIGTERM)
                return


class JvmMessages(io.TextIOBase):
    """The standard error of spark-submit's JVM, which hands all that a Python driver says to its own output.

    Where the JVM cannot be asked any more, `fallback` is written to.
    """

    def __init__(self, fallback: TextIO) -> None:
        self._fallback = fallback
        self._stream: Any = None
        with suppress(Exception):
            SparkContext._ensure_initialized()
            self._stream = SparkContext._jvm.java.lang.System.err if SparkContext._jvm else None

    def write(self, text: str) -> int:
        """Hand the text over as the bytes it is: the JVM may be of another mind about characters."""
        data = text.encode("utf-8", "backslashreplace")
        if not self._ask(lambda stream: stream.write(data, 0, len(data))):
            self._fallback.write(text)
        return len(text)

    def flush(self) -> None:
        """Let go what was kept back."""
        if not self._ask(lambda stream: stream.flush()):
            self._fallback.flush()

    def _ask(self, action: Callable[[Any], None]) -> bool:
        if self._stream is not None:
            try:
                action(self._stream)
                return True
            except (Py4JError, OSError):
                self._stream = None
        return False


def driver_messages(own: TextIO) -> TextIO:
    """Where a driver tells its messages, so that they are on standard error for whoever called spark-submit."""
    return cast(TextIO, JvmMessages(own)) if "PYSPARK_GATEWAY_PORT" in os.environ else own


def _run_partition(
    work: TaskFunction[Task, Report],
    attempts: int,
    pause_seconds: float,
    partition: Iterable[Task],
) -> Iterator[Ended]:
    """On the executor: each task of a partition (there is one)."""
    here = TaskContext.get()
    # The name tells a first try (0-...) from later ones; the second number never comes twice.
    is_last = here.attemptNumber() + 1 >= attempts
    this = Attempt(f"{here.attemptNumber()}-{here.taskAttemptId()}", is_last)
    for task in partition:
        yield run_to_end(work, task, this, pause_seconds)._replace(tries=here.attemptNumber() + 1)
