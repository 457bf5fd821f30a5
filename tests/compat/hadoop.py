"""A real HDFS of some version, and `hdfs2oss` on it, as an operator types it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from hdfs2oss.filesystems.base import FileSystem
from hdfs2oss.filesystems.registry import open_filesystem
from hdfs2oss.model.uri import Uri
from tests.sandbox.sandbox import Sandbox
from tests.sandbox.state import PROJECT
from tests.sandbox_stores import SandboxStores
from tests.trees import Place, Tree, make_tree

COMMAND_SECONDS = 300.0
COUNTER = re.compile(r"^\t\t(\w+)=(\d+)$", re.MULTILINE)


class Hadoop(NamedTuple):
    """What servers of a version can be asked, beside what those of all versions can.

    acls          ACLs, as the native client reads them
    xattrs        extended attributes
    snapshots     over WebHDFS
    appends       natively
    composed      composed checksums (3.1.1)
    differences   what changed between two snapshots, over WebHDFS (3.2)
    """

    version: str

    @property
    def _number(self) -> tuple[int, ...]:
        return tuple(map(int, self.version.split(".")))

    @property
    def acls(self) -> bool:
        return self._number >= (2, 7)

    @property
    def xattrs(self) -> bool:
        return self._number >= (2, 5)

    @property
    def snapshots(self) -> bool:
        return self._number >= (2, 5)

    @property
    def appends(self) -> bool:
        return self._number >= (2, 7)

    @property
    def letters(self) -> str:
        """Of -p."""
        return "-prbugpt" + "a" * self.acls + "x" * self.xattrs

    @property
    def composed(self) -> bool:
        return self._number >= (3, 1, 1)

    @property
    def differences(self) -> bool:
        return self._number >= (3, 2)


# What emr-tools was used with, old ones that still run, and 3.2.0, which takes one path for another (HDFS-14423).
VERSIONS = ["2.4.1", "2.5.2", "2.7.7", "2.10.2", "3.2.0", "3.3.6", "3.5.0"]


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    code: int
    text: str

    def __getitem__(self, counter: str) -> int:
        return int(dict(COUNTER.findall(self.text)).get(counter, 0))


class Cluster:
    """The servers of one version, with an OSS server beside them, and folders of this machine."""

    def __init__(self, sandbox: Sandbox, hadoop: Hadoop, folder: Path) -> None:
        self.hadoop = hadoop
        self._sandbox = sandbox
        self._folder = folder
        self._facts = sandbox.env()
        self._stores = SandboxStores(sandbox, with_web=True, threads=32)

    def hdfs(self, path: str) -> Uri:
        return self._stores.hdfs(f"/tmp/{path}").uri

    def oss(self, path: str) -> Uri:
        return self._stores.oss(f"/{path}").uri

    def local(self, name: str, tree: Tree) -> Path:
        """A tree on this machine."""
        return make_tree(self._folder / name, tree)

    def run(self, *words: object) -> Finished:
        """`hdfs2oss` with these words, in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "hdfs2oss", *map(str, words)],
            env={**os.environ, **self._facts, "HOME": str(self._folder), "PYTHONPATH": str(PROJECT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        return Finished(done.returncode, done.stderr + done.stdout)

    def shell(self, *words: object) -> str:
        """What `hadoop fs` of this version says."""
        done = self._sandbox.hadoop_shell(*map(str, words))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def allow_snapshots(self, place: Uri) -> None:
        done = self._sandbox.hadoop("org.apache.hadoop.hdfs.tools.DFSAdmin", "-allowSnapshot", place.path)
        assert done.returncode == 0, done.stderr

    def attributes(self, place: Uri) -> list[str]:
        """All that Hadoop's own client of this version tells of a tree of HDFS."""
        commands = [["-ls", "-R"]]
        commands += [["-getfacl", "-R"]] if self.hadoop.acls else []
        commands += [["-getfattr", "-R", "-d"]] if self.hadoop.xattrs else []
        return [self.shell(*command, place.path).replace(place.path, "") for command in commands]

    def filesystem(self, place: Uri) -> FileSystem:
        return open_filesystem(place, self._stores.config)

    def place(self, uri: Uri) -> Place:
        """A directory of HDFS or of OSS, by the project's own client."""
        return Place(uri, self._stores.config)

    def read(self, uri: Uri) -> dict[str, bytes | None]:
        return self.place(uri).read()

    def fetch(self, place: Uri) -> Path:
        """A tree of HDFS, as Hadoop's own client of this version reads it."""
        target = self._folder / "fetched"
        shutil.rmtree(target, ignore_errors=True)
        self.shell("-get", place, f"file://{target}")
        for remains in target.rglob(".*.crc"):
            remains.unlink()
        return target
