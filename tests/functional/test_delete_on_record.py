"""Whole runs that delete, in this process and in worker processes, and what is on record of them."""

import pytest

from hdfs2oss.filesystems.registry import open_filesystem
from hdfs2oss.model.uri import parse_uri
from hdfs2oss.records import ledger
from hdfs2oss.records.jobdir import JobDir

TREE = {f"d{number}/f": b"x" for number in range(10)}
OLD = {f"old/{number}/f": b"old" for number in range(30)} | {"d1/old": b"old"}


@pytest.mark.slow
def test_what_is_missing_goes_and_each_entry_is_on_record(copy, ends, count) -> None:
    source, target = ends
    source.make(TREE).settle()
    target.make({**TREE, **OLD})
    report = copy(source, target, update=True, delete=True)
    assert report.exit_code == 0, report.failures
    assert target.read() == TREE
    assert (count(report, "FILES_DELETED"), count(report, "FILES_MISSING")) == (31, 31)
    place = parse_uri(report.job_dir).uri
    base, _, run = place.path.rpartition("/runs/")
    job_dir = JobDir(open_filesystem(place, target.stores), base, run)
    rows = [row for name in job_dir.names("ledger") for row in ledger.read_results(job_dir, name)]
    gone = sorted(row.path for row in rows if (row.action, row.outcome, row.kind) == ("DELETE", "DELETED", "F"))
    assert gone == sorted(OLD)
