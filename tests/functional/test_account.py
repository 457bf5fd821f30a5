"""A whole copy that balances, and one whose listing lost a row on its way to the plan."""

import dataclasses
import io
import random

import pytest

from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems, open_filesystem, seat_filesystem
from hdfs2oss.model.counters import OWN
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.phases.roots import find_roots
from hdfs2oss.phases.survey import survey
from hdfs2oss.phases.survey.wave import Share
from hdfs2oss.rules.account import discrepancy
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runs.progress import Progress
from hdfs2oss.tasks.context import RunContext
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


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_a_bucket_listed_in_units_of_any_size_balances_as_a_whole_one(oss_stores, make_place, seed) -> None:
    chosen = random.Random(seed)
    names = ["a", "a-b", "a.b", "a0", "b", "tmp", "ä"]
    source, other = make_place("oss", "one"), make_place("oss", "two")
    for place in (source, other):
        store = open_filesystem(place.uri, oss_stores)
        keys = {"/".join(chosen.choices(names, k=chosen.randint(1, 4))) for _ in range(12)}
        for key in keys:
            # Nothing but a merge of directories: the same file twice would be refused.
            store.put(f"{place.uri.path}/{key}/{place.uri.name}", b"x" * chosen.randint(0, 9), "", {})
        store.put(f"{place.uri.path}/only-{place.uri.name}/a/b", b"12", "", {})
    options = CopyOptions(
        sources=(source.uri, other.uri),
        target=make_place("file", "target").uri,
        update=True,
        filters=(".*/tmp", r".*/a\.b"),
    )
    context = RunContext(options, find_roots(options, oss_stores), oss_stores, make_place("file", "jobs").uri, "run")
    counts = []
    for entries in (1_000_000, chosen.randint(1, 9), 0):
        share = Share(entries, 3600.0)
        found = survey(dataclasses.replace(context, run_id=f"run-{entries}"), LocalRunner(0), share, share)
        assert found.problems == []
        own = dict(found.counters[OWN])
        counts.append(own)
        own |= {"FILES_COPIED": own["FILES_PLANNED"], "BYTES_COPIED": own.get("BYTES_PLANNED", 0)}
        own |= {"DIRECTORIES_MADE": own.get("DIRECTORIES_PLANNED", 0)}
        assert discrepancy(own, is_listed_whole=True) == ""
    assert counts[0] == counts[1] == counts[2]
