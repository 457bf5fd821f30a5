"""An object that arrived damaged and could not be removed is never taken for the file."""

import io
import os

import pytest

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.oss.client import RETRIES
from hdfs2oss.filesystems.oss.filesystem import OssFileSystem
from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems, seat_filesystem
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.local_oss.faults.rule import Rule
from hdfs2oss.model.counters import OWN
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runs.progress import Progress
from hdfs2oss.runs.report import Report
from hdfs2oss.verbs.copy.job import CopyJob
from tests.trees import Place, make_tree

# A few tries with what is damaged each time, without the waiting.
QUICK = RETRIES._replace(attempts=3, base_seconds=0.0)
TREE = {"a": b"first", "d/b": b"second"}


# The damage cannot be removed; or nobody has seen that it was done, and the next tries are refused.
SEEN = [Rule("flip", method="PUT", key="*/b"), Rule("error", method="DELETE", status=403, code="AccessDenied")]
UNSEEN = [
    Rule("flip", method="PUT", key="*/b", count=1),
    Rule("lost-answer", method="PUT", key="*/b", count=1),
    Rule("error", method="PUT", key="*/b", after=1, status=403, code="AccessDenied"),
]


@pytest.mark.faults
@pytest.mark.parametrize(("rules", "told"), [(SEEN, "could not be removed"), (UNSEEN, "")], ids=["seen", "unseen"])
def test_damage_that_could_not_be_removed_is_written_again_by_the_next_run(tmp_path, rules, told) -> None:
    source = make_tree(tmp_path / "source", TREE)
    for path in TREE:
        os.utime(source / path, (1, 1))
    with LocalOssServer(tmp_path / "oss", access_key_id="k", access_key_secret="s", buckets=["lake"]) as server:
        stores = StoreConfig(oss={"lake": OssAccess(server.endpoint, "k", "s")}, threads=2)
        target = Uri("oss", "lake", "/target")

        def run() -> Report:
            opened = OssFileSystem("lake", stores.oss["lake"], retries=QUICK)
            seat_filesystem(target._replace(path="/"), stores, opened)
            asked = CopyOptions(sources=(Uri("file", "", str(source)),), target=target, update=True)
            progress = Progress(io.StringIO())
            try:
                home = Uri("file", "", str(tmp_path / "home"))
                return CopyJob(asked, stores, LocalRunner(0), progress, [home]).run()
            finally:
                progress.end()
                close_filesystems()

        server.plan.replace(rules)
        broken = run()
        assert (broken.exit_code, broken.counters.get(OWN, "FILES_FAILED")) == (4, 1)
        assert told in broken.failures[0].message
        assert Place(target, stores).read() != TREE
        server.plan.replace([])
        mended = run()
        assert (mended.exit_code, mended.counters.get(OWN, "FILES_COPIED")) == (0, 1)
        assert Place(target, stores).read() == TREE
        # What was written again has another ETag.
        again = run()
        assert (again.exit_code, again.counters.get(OWN, "FILES_SKIPPED")) == (0, 2)
        close_filesystems()
