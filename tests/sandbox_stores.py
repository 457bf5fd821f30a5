"""The stores of a sandbox as the package reaches them, with Hadoop's own tools beside.

stores = SandboxStores(sandbox)
copy(stores.hdfs("/lake"), stores.oss("/lake"))
"""

from __future__ import annotations

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.registry import StoreConfig
from hdfs2oss.model.uri import Uri
from tests.sandbox import Sandbox
from tests.sandbox.sandbox import SHELL_CLASS
from tests.trees import Place


class SandboxStores:
    """Its HDFS and its bucket; `with_web` where the package is to know the NameNode's WebHDFS as well."""

    def __init__(self, sandbox: Sandbox, with_web: bool = False, threads: int = 8) -> None:
        self.sandbox = sandbox
        facts = self.facts = sandbox.env()
        self._bucket = facts["SANDBOX_BUCKET"]
        access = OssAccess(facts["OSS_ENDPOINT"], facts["OSS_ACCESS_KEY_ID"], facts["OSS_ACCESS_KEY_SECRET"])
        conf = {"fs.defaultFS": facts["SANDBOX_HDFS"]} if "SANDBOX_HDFS" in facts else {}
        if with_web:
            conf["dfs.namenode.http-address"] = facts["SANDBOX_WEBHDFS"].removeprefix("http://")
        self.config = StoreConfig(conf, {self._bucket: access}, threads=threads)

    def hdfs(self, path: str) -> Place:
        """A directory on HDFS, made or not."""
        return Place(Uri("hdfs", self.facts["SANDBOX_HDFS"].removeprefix("hdfs://").rstrip("/"), path), self.config)

    def oss(self, path: str) -> Place:
        """A directory in the bucket."""
        return Place(Uri("oss", self._bucket, path), self.config)

    def shell(self, *words: str) -> str:
        """What `hadoop fs` with these words prints; it must succeed."""
        return self.run(SHELL_CLASS, *words)

    def run(self, main_class: str, *words: str) -> str:
        """The same of any program of Hadoop's."""
        done = self.sandbox.hadoop(main_class, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout
