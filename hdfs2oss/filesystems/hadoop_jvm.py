"""Hadoop's Java client, for what only it can do: a private JVM of this process, begun by the first call.

It needs three things, each looked for where a cluster has it; where one is missing, `HadoopJvm.missing` says which:

    py4j            comes with pyspark, and with every Spark: that of SPARK_HOME, where Python has none
    a Java          JAVA_HOME, else `java` on the PATH
    Hadoop's jars   of SPARK_HOME, of the installed pyspark, of the container (CLASSPATH, on YARN), of HADOOP_HOME,
                    or what `hadoop classpath` says; HADOOP_CLASSPATH comes in addition. Where files go through the
                    JVM, those of Spark come last: the others have more clients, and what a vendor put beside them

The JVM ends with the process, whichever way that ends. It is never carried over a fork: a child begins its own.
"""

from __future__ import annotations

import glob
import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from itertools import chain
from typing import Any, TypeVar

from ..model.errors import Unreachable
from .watchdog import Watchdog

T = TypeVar("T")

_HEAP, _HEAP_FOR_FILES = "-Xmx256m", "-Xmx512m"
_OPTIONS = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.net.preferIPv4Stack=true"]
_START_SECONDS = 120.0
_CALL_SECONDS = 60.0
_HADOOP_FOLDERS = ("common", "common/lib", "hdfs", "hdfs/lib")


class JavaFailed(Exception):
    """Java threw an exception: its class without the package, and its first line."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(name, message)
        self.name = name
        self.message = message


class HadoopJvm:
    """The JVM of this process, for one user of Hadoop; safe for threads."""

    def __init__(self, user: str, environment: Mapping[str, str], carries_files: bool = False) -> None:
        """`user` is who asks, "" where a Kerberos ticket or token says so.

        `carries_files` is for a whole file system."""
        self._user = user
        self._carries_files = carries_files
        self._environment = environment
        self._watchdog = Watchdog("the Java client of Hadoop", _CALL_SECONDS)
        self._lock = threading.Lock()
        self._view: Any = None
        self._missing: str | None = None

    def missing(self) -> str:
        """Why there is no Java client here; "" when there is one. Begins the JVM, once."""
        with self._lock:
            if self._missing is None:
                try:
                    self._view = self._watchdog.call("begin a JVM", self._begin, _START_SECONDS)
                    self._missing = ""
                except Exception as error:  # noqa: BLE001 - whatever is wrong, there is no Java client
                    self._missing = f"there is no Java client here: {error}"
            return self._missing

    def call(self, what: str, function: Callable[[Any], T], timeout_seconds: float = 0.0) -> T:
        """Call `function` with the JVM's packages (`jvm.org.apache.hadoop...`); only where nothing is `missing`.

        Raises JavaFailed, and Unreachable when the JVM does not answer or has gone.
        """
        return self._watchdog.call(what, lambda: self._ask(what, function), timeout_seconds)

    def begin(self, what: str, function: Callable[[Any], T]) -> Future[T]:
        """The same on a thread of its own, however long it takes; the result has what `call` raises."""
        coming: Future[T] = Future()

        def run() -> None:
            try:
                coming.set_result(self._ask(what, function))
            except BaseException as error:  # noqa: BLE001 (raised again for whoever asks for the result)
                coming.set_exception(error)

        # A daemon: what hangs in the JVM does not keep the process alive.
        threading.Thread(target=run, name="java", daemon=True).start()
        return coming

    def _ask(self, what: str, function: Callable[[Any], T]) -> T:
        from py4j.protocol import Py4JError, Py4JJavaError

        try:
            return function(self._view)
        except Py4JJavaError as error:
            thrown = error.java_exception
            name = thrown.getClass().getSimpleName()
            raise JavaFailed(name, str(thrown.getMessage() or "").strip().partition("\n")[0]) from None
        except (Py4JError, OSError) as error:
            raise Unreachable(f"cannot {what}: the JVM of the Java client does not answer: {error}") from None

    def _begin(self) -> Any:
        if importlib.util.find_spec("py4j") is None:
            sys.path += py4j_of_spark(self._environment)
        from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway

        entries = class_path(self._environment, self._carries_files)
        heap = _HEAP_FOR_FILES if self._carries_files else _HEAP
        options = [heap, *_OPTIONS, *([f"-DHADOOP_USER_NAME={self._user}"] if self._user else [])]
        if self._environment.get("KRB5_CONFIG"):
            # Java has a property in place of the variable.
            options.append(f"-Djava.security.krb5.conf={self._environment['KRB5_CONFIG']}")
        port, token = launch_gateway(
            jarpath=_py4j_jar([*entries, *_jars_of_spark(self._environment)]),
            classpath=os.pathsep.join(entries),
            javaopts=options,
            die_on_exit=True,
            enable_auth=True,
            java_path=java_program(self._environment),
            # Ctrl-C is for us, who need it to put things in order; it ends with our end of its standard input.
            create_new_process_group=True,
        )
        parameters = GatewayParameters(port=port, auth_token=token, auto_convert=False)
        view = JavaGateway(gateway_parameters=parameters).jvm
        # A class path without Hadoop shows here, and not in the middle of a copy.
        view.org.apache.hadoop.hdfs.DistributedFileSystem()
        return view


_jvms: dict[tuple[int, str, bool], HadoopJvm] = {}
_lock = threading.Lock()


def jvm_of_process(user: str, carries_files: bool = False) -> HadoopJvm:
    """The one JVM of this process for a user, however many stores ask; it begins with the first call."""
    with _lock:
        return _jvms.setdefault((os.getpid(), user, carries_files), HadoopJvm(user, os.environ, carries_files))


def forget_jvms() -> None:
    """Begin anew with the next call, such as in another environment."""
    with _lock:
        _jvms.clear()


def java_program(environment: Mapping[str, str]) -> str:
    """The `java` to run. Raises FileNotFoundError."""
    home = environment.get("JAVA_HOME", "")
    program = (
        os.path.join(home, "bin", "java") if home else shutil.which("java", path=environment.get("PATH", "")) or ""
    )
    if not program or not os.path.exists(program):
        raise FileNotFoundError("no Java was found (JAVA_HOME, PATH)")
    return program


def class_path(environment: Mapping[str, str], spark_last: bool = False) -> list[str]:
    """The first place that holds Hadoop's client, behind the configuration folder. Raises FileNotFoundError."""
    of_spark = [[entry] for entry in _jars_of_spark(environment)]
    others = _places_of_hadoop(environment)
    for entries in chain(others, of_spark) if spark_last else chain(of_spark, others):
        if any(_holds_hadoop(entry) for entry in entries):
            added = [environment.get("HADOOP_CONF_DIR", ""), *entries]
            added += environment.get("HADOOP_CLASSPATH", "").split(os.pathsep)
            return [entry for entry in added if entry]
    raise FileNotFoundError("Hadoop's jars were not found (SPARK_HOME, pyspark, CLASSPATH, HADOOP_HOME, hadoop)")


def _jars_of_spark(environment: Mapping[str, str]) -> list[str]:
    found = []
    if environment.get("SPARK_HOME"):
        found.append(os.path.join(environment["SPARK_HOME"], "jars", "*"))
    installed = importlib.util.find_spec("pyspark")
    if installed is not None and installed.origin:
        found.append(os.path.join(os.path.dirname(installed.origin), "jars", "*"))
    return found


def _places_of_hadoop(environment: Mapping[str, str]) -> Iterator[list[str]]:
    yield environment.get("CLASSPATH", "").split(os.pathsep)
    if environment.get("HADOOP_HOME"):
        share = os.path.join(environment["HADOOP_HOME"], "share", "hadoop")
        yield [os.path.join(share, folder, "*") for folder in _HADOOP_FOLDERS]
    program = shutil.which("hadoop", path=environment.get("PATH", ""))
    if program:
        said = subprocess.run([program, "classpath"], capture_output=True, text=True, timeout=30, check=False)
        yield said.stdout.strip().split(os.pathsep)


def _holds_hadoop(entry: str) -> bool:
    folder = os.path.dirname(entry) if entry.endswith("*") else entry
    patterns = ("hadoop-client-api-*.jar", "hadoop-hdfs-client-*.jar")
    if not entry.endswith("*"):
        return entry.endswith(".jar") and "hadoop-hdfs-client" in entry
    return any(glob.glob(os.path.join(glob.escape(folder), pattern)) for pattern in patterns)


def py4j_of_spark(environment: Mapping[str, str]) -> list[str]:
    """Where Spark keeps its py4j for Python: one archive; none without SPARK_HOME."""
    home = environment.get("SPARK_HOME", "")
    return glob.glob(os.path.join(glob.escape(home), "python", "lib", "py4j-*-src.zip"))[:1] if home else []


def _py4j_jar(entries: list[str]) -> str:
    """The jar of py4j in the class path; "" leaves it to py4j, which may have one of its own."""
    folders = [os.path.dirname(entry) for entry in entries if entry.endswith("*")]
    found = [jar for folder in folders for jar in glob.glob(os.path.join(glob.escape(folder), "py4j-*.jar"))]
    return found[0] if found else ""
