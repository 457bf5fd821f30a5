"""A whole copy that balances, and one whose listing lost a row on its way to the plan."""

import io

import pytest

from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems, open_filesystem, seat_filesystem
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runs.progress import Progress
from hdfs2oss.verbs.copy.job import CopyJob
from tests.stores.faults import ForgetfulFileSystem
from tests.trees import make_tree


@pytest.mark.parametrize(
    ("lost", "account"),
    [
        ("d/b", "3 files were listed, but: 2 planned, 0 skipped, 0 excluded, 0 conflicting"),
        (
            "/hollow",
            "3 directories were listed, but: 0 planned, 0 skipped, 0 excluded, 0 conflicting, 2 implied, 0 merged",
        ),
        ("no such row", ""),
    ],
)
def test_a_file_that_a_listing_lost_on_the_way_is_no_success(tmp_path, lost, account) -> None:
    source = make_tree(tmp_path / "source", {"a": b"1", "d/b": b"22", "d/c": b"", "d/hollow/": None})
    stores = StoreConfig()
    local = open_filesystem(Uri("file", "", "/"), stores)
    seat_filesystem(Uri("file", "", "/"), stores, ForgetfulFileSystem(local, lost))
    options = CopyOptions(sources=(Uri("file", "", str(source)),), target=Uri("file", "", str(tmp_path / "target")))
    progress = Progress(io.StringIO())
    try:
        report = CopyJob(options, stores, LocalRunner(0), progress, [Uri("file", "", str(tmp_path / "home"))]).run()
    finally:
        progress.end()
        close_filesystems()
    assert (report.discrepancy, report.exit_code) == (account, 1 if account else 0)
