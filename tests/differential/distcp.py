"""The real `hadoop distcp`, with the local job runner, in one JVM for many runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pyspark
from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway

from tests.sandbox.java import FLAGS

# Without it the Java client waits 400 ms after each small file.
_CONF = {
    "mapreduce.framework.name": "local",
    "dfs.client.block.write.locateFollowingBlock.initial.delay.ms": "20",
}
_COUNTERS = {
    "Files Copied": "COPY",
    "Files Skipped": "SKIP",
    "Bytes Copied": "BYTESCOPIED",
    "Bytes Skipped": "BYTESSKIPPED",
}
_COUNTER = re.compile(r"^\t\t(.+?) ?=(\d+)$", re.MULTILINE)


class Finished(NamedTuple):
    """A run that has ended: the exit code of its Java `run`, the counters it printed, and all it said."""

    code: int
    counters: dict[str, int]
    text: str


class RealDistCp:
    """Runs command lines of DistCp, one after the other."""

    def __init__(self, gateway: JavaGateway, log: Path) -> None:
        self._gateway = gateway
        self._log = log
        self._conf = gateway.jvm.org.apache.hadoop.conf.Configuration()
        for key, value in _CONF.items():
            self._conf.set(key, value)

    def run(self, *words: str) -> Finished:
        """As the command line does it, target probed and all."""
        jvm = self._gateway.jvm
        before = self._log.stat().st_size
        # DistCp writes what it was told into the configuration: each run has one of its own.
        conf = jvm.org.apache.hadoop.conf.Configuration(self._conf)
        tool = jvm.org.apache.hadoop.tools.DistCp(conf, None)
        code = tool.run(self._strings(words))
        with self._log.open("rb") as log:
            log.seek(before)
            text = log.read().decode("utf-8", "replace")
        counted = dict(_COUNTER.findall(text.rpartition("DistCp Counters")[2]))
        counters = {ours: int(counted.get(theirs, 0)) for theirs, ours in _COUNTERS.items()}
        return Finished(code, counters, text)

    def xattrs(self, path: str) -> dict[str, bytes]:
        """The extended attributes of a path."""
        jvm = self._gateway.jvm
        found = jvm.org.apache.hadoop.fs.FileSystem.get(self._conf).getXAttrs(jvm.org.apache.hadoop.fs.Path(path))
        return {str(name): bytes(found[name]) for name in found}

    def set_xattr(self, path: str, name: str, value: bytes) -> None:
        jvm = self._gateway.jvm
        filesystem = jvm.org.apache.hadoop.fs.FileSystem.get(self._conf)
        filesystem.setXAttr(jvm.org.apache.hadoop.fs.Path(path), name, value)

    def _strings(self, words: tuple[str, ...]) -> Any:
        array = self._gateway.new_array(self._gateway.jvm.java.lang.String, len(words))
        for at, word in enumerate(words):
            array[at] = word
        return array


@contextmanager
def real_distcp(environment: Mapping[str, str], log: Path) -> Iterator[RealDistCp]:
    """A JVM as a client of the sandbox whose environment is given; it goes when the block ends."""
    (jar,) = (Path(pyspark.__file__).parent / "jars").glob("py4j*.jar")
    class_path = Path(environment["HADOOP_CLASSPATH_FILE"]).read_text().strip()
    with log.open("w") as output:
        port, token = launch_gateway(
            jarpath=str(jar),
            classpath=class_path,
            javaopts=["-Xmx512m", *FLAGS, "-Dhadoop.root.logger=INFO,console"],
            die_on_exit=True,
            enable_auth=True,
            redirect_stdout=output,
            redirect_stderr=output,
        )
        gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port, auth_token=token))
        try:
            yield RealDistCp(gateway, log)
        finally:
            gateway.shutdown()
