"""What the next -update knows from the ledger of the pair."""

from hdfs2oss.filesystems.registry import StoreConfig, open_filesystem
from hdfs2oss.model.uri import Uri
from hdfs2oss.records import generation as generations
from hdfs2oss.records.jobdir import JobDir

TREE = {"a": b"alpha", "b-1": b"beta", "b/c": b"gamma", "d/e/f": b"delta"}


def ledger_of(report) -> list[generations.KnownFile]:
    place = Uri("file", "", report.job_dir.removeprefix("file://").partition("/runs/")[0])
    return list(generations.read_all(JobDir(open_filesystem(place, StoreConfig()), place.path, report.run_id)))


def test_the_ledger_of_a_pair_has_one_row_for_every_file_in_key_order(copy, upload_ends) -> None:
    source, target = upload_ends
    rows = ledger_of(copy(source.make(TREE).settle(), target, update=True))
    assert [row.path for row in rows] == ["a", "b-1", "b/c", "d/e/f"]
    assert {row.source for row in rows} == {f"{source}/{path}" for path in TREE}
    assert {row.proof for row in rows} == {"transfer"}


def test_an_object_that_was_replaced_by_one_of_the_same_length_is_copied_anew(copy, upload_ends, count) -> None:
    source, target = upload_ends
    copy(source.make(TREE).settle(), target, update=True)
    (target / "b").make({"c": b"gamm4"})
    report = copy(source, target, update=True)
    assert (report.exit_code, count(report, "COPY"), count(report, "SKIP")) == (0, 1, 3)
    assert target.read() == TREE
