"""Plan files and ledger files: what goes in comes out, and the first attempt wins."""

import dataclasses
import json

import pyarrow as pa
import pytest

from hdfs2oss.model.errors import NotFound, PermissionDenied, Unreachable
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import CopyItem, CopyResult, Outcome, StoredPart, TaskReport, Work
from hdfs2oss.records import ledger
from hdfs2oss.records.jobdir import JobDir, default_base, pair_name
from hdfs2oss.records.planfile import PlanWriter, read_slices
from hdfs2oss.records.tables import (
    ITEM_SCHEMA,
    RESULT_SCHEMA,
    SCHEMA_VERSION,
    items_of,
    results_of,
    to_table,
    write_table,
)
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import MemoryFileSystem

ODD = "dir with space/数据/🦆 #?%+\n"


@pytest.fixture
def job_dir() -> JobDir:
    return JobDir(MemoryFileSystem(), "/jobs/pair", "run-1")


def item(path: str, **fields: object) -> CopyItem:
    return CopyItem(path, 0, "COPY", "F", 5, 1000)._replace(**fields)  # type: ignore[arg-type]


def test_items_come_back_as_they_were(job_dir: JobDir) -> None:
    items = [
        item(ODD, etag="E", target_length=7, target_mtime_ms=8, problem="no"),
        item("chunk", offset=1 << 41, size=1 << 40, first_part=10_000, part_size_bytes=5 << 30, upload_id="u"),
        item("", kind="D", action="MKDIR", root=3, work=Work.DIRECTORY),
    ]
    writer = PlanWriter("plan/1.parquet")
    for one in items:
        writer.add(one, 0.01)
    slices = writer.publish(job_dir)
    assert list(read_slices(job_dir, tuple(slices))) == items
    assert [(one.items, one.row_group) for one in slices] == [(3, 0)]


def test_row_groups_close_by_cost_and_can_be_read_one_by_one(job_dir: JobDir) -> None:
    writer = PlanWriter("plan/1.parquet")
    for number in range(10):
        writer.add(item(f"{number}", length=100), 0.2)
    slices = writer.publish(job_dir)
    assert [one.items for one in slices] == [2, 2, 2, 2, 2]
    assert sum(one.size_bytes for one in slices) == 1000
    assert [one.path for one in read_slices(job_dir, (slices[1],))] == ["2", "3"]
    assert [one.path for one in read_slices(job_dir, (slices[4], slices[0]))] == ["8", "9", "0", "1"]


@pytest.mark.parametrize("files", [1200, 20_000])
def test_small_files_are_cut_so_that_many_slots_have_work(job_dir: JobDir, files: int) -> None:
    writer = PlanWriter("plan/1.parquet", job_dir)
    one = item("f")
    for _ in range(files):
        writer.add(one, 0.003)
    slices = writer.publish(job_dir)
    assert sum(one.items for one in slices) == files
    assert max(one.items for one in slices) < files / 6
    assert len(slices) < 60


def test_a_plan_file_that_is_full_is_written_and_the_next_one_begun(job_dir: JobDir) -> None:
    writer = PlanWriter("plan/1.parquet", job_dir, most_items=4)
    for number in range(10):
        writer.add(item(f"{number}"), 100.0)
        assert len(job_dir.names("plan")) == (number + 1) // 4
    slices = writer.publish(job_dir)
    assert job_dir.names("plan") == ["1.parquet", "1.part-1.parquet", "1.part-2.parquet"]
    assert [one.row_group for one in slices] == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    assert [one.path for one in read_slices(job_dir, tuple(slices))] == [f"{number}" for number in range(10)]


def test_a_plan_that_just_fills_its_file_leaves_no_empty_one(job_dir: JobDir) -> None:
    writer = PlanWriter("plan/1.parquet", job_dir, most_items=2)
    for number in range(2):
        writer.add(item(f"{number}"), 100.0)
    assert len(writer.publish(job_dir)) == 2
    assert job_dir.names("plan") == ["1.parquet"]


def test_no_items_make_no_file(job_dir: JobDir) -> None:
    assert PlanWriter("plan/1.parquet").publish(job_dir) == []
    assert job_dir.names("plan") == []


def test_a_chunk_counts_by_its_size_and_a_directory_by_nothing(job_dir: JobDir) -> None:
    writer = PlanWriter("plan/1.parquet")
    writer.add(item("chunk", length=1000, size=300, work=Work.CHUNK), 0.01)
    writer.add(item("directory", kind="D", length=0), 0.01)
    (piece,) = writer.publish(job_dir)
    assert piece.size_bytes == 300


def report(task: str = "copy-00001", attempt: str = "1") -> TaskReport:
    failure = result("bad", Outcome.FAILED)._replace(message="no", parts=(StoredPart(1, "E", 2**64 - 1, 5),))
    return TaskReport(task, attempt, "host:1", f"{task}.parquet", 1.5, 0.5, 1 << 30, {"g": {"COPY": 1}}, (failure,))


def result(path: str, outcome: Outcome = Outcome.COPIED) -> CopyResult:
    return CopyResult(path, 0, "F", "COPY", outcome.value, 5, 1000)


def test_results_and_report_come_back_as_they_were(job_dir: JobDir) -> None:
    results = [
        result(ODD)._replace(crc64=2**64 - 1, crc32c=2**32 - 1, bytes_copied=1 << 44, proof="transfer"),
        result("none")._replace(crc64=None, crc32c=None),
        result("chunk", Outcome.CHUNK)._replace(
            offset=1 << 40, size=5, upload_id="u", parts=(StoredPart(1, "E", 2**64 - 1, 5), StoredPart(2, "F", 0, 1))
        ),
    ]
    assert ledger.publish(job_dir, report(), results) == report()
    assert list(ledger.read_results(job_dir, "copy-00001.parquet")) == results
    assert ledger.read_report(job_dir, "copy-00001.parquet") == report()


def test_a_ledger_of_another_version_is_read_by_the_names_of_its_columns(job_dir: JobDir) -> None:
    """An older file lacks columns, a newer one has more, and they stand in another order."""
    kept = [name for name in reversed(RESULT_SCHEMA.names) if name not in ("proof", "seconds", "stored_crc64", "parts")]
    table = to_table([result("a")._replace(crc64=7, proof="transfer")], RESULT_SCHEMA).select(kept)
    table = table.append_column("to_come", pa.array(["?"]))
    (row,) = results_of(table)
    assert row == result("a")._replace(crc64=7)
    items = to_table([item("a", etag="E")], ITEM_SCHEMA)
    assert list(items_of(items.drop_columns(["problem"]))) == [item("a", etag="E")]


def test_a_report_of_another_version_is_read_by_the_names_of_its_fields(job_dir: JobDir) -> None:
    ledger.publish(job_dir, report(), [])
    with job_dir.open_table("ledger/copy-00001.parquet") as table:
        assert table.footer("hdfs2oss.schema_version") == str(SCHEMA_VERSION)
        fields = json.loads(table.footer("hdfs2oss.task_report"))
    (failure,) = fields["failures"]
    del failure["proof"], failure["parts"], fields["not_compared"]
    fields["to_come"] = failure["to_come"] = 1
    job_dir.publish("ledger/x", write_table([], RESULT_SCHEMA, {"hdfs2oss.task_report": json.dumps(fields)}))
    expected = report().failures[0]._replace(parts=())
    assert ledger.read_report(job_dir, "x") == dataclasses.replace(report(), failures=(expected,))


def test_the_first_attempt_wins_and_a_later_one_takes_over_its_report(job_dir: JobDir) -> None:
    first, second = report(attempt="1"), report(attempt="2")
    ledger.publish(job_dir, first, [result("by-first")])
    assert ledger.publish(job_dir, second, [result("by-second")]) == first
    assert [one.path for one in ledger.read_results(job_dir, first.ledger_file)] == ["by-first"]


def test_a_task_without_results_still_leaves_its_report(job_dir: JobDir) -> None:
    ledger.publish(job_dir, report(), [])
    assert list(ledger.read_results(job_dir, "copy-00001.parquet")) == []
    assert ledger.read_report(job_dir, "copy-00001.parquet") == report()


def test_files_of_a_run_are_listed_and_never_written_twice(job_dir: JobDir) -> None:
    assert job_dir.names("ledger") == []
    assert job_dir.publish("ledger/a", b"1")
    assert not job_dir.publish("ledger/a", b"2")
    assert (job_dir.read("ledger/a"), job_dir.names("ledger")) == (b"1", ["a"])
    with pytest.raises(NotFound):
        job_dir.read("ledger/b")


def test_json_is_for_people_too(job_dir: JobDir) -> None:
    job_dir.publish_json("run.json", {"source": "数据"})
    assert job_dir.read("run.json") == '{\n  "source": "数据"\n}\n'.encode()


SOURCES = (Uri("hdfs", "nn", "/a"), Uri("hdfs", "nn", "/b"))
TARGET = Uri("oss", "bucket", "/lake/data set")


def test_the_name_of_a_pair_does_not_depend_on_the_order_of_its_sources() -> None:
    assert pair_name(SOURCES, TARGET) == pair_name(SOURCES[::-1], TARGET)
    assert pair_name(SOURCES, TARGET).startswith("data-set-")


def test_other_places_have_another_name() -> None:
    others = [
        pair_name(SOURCES[:1], TARGET),
        pair_name(SOURCES, TARGET.join("x")),
        pair_name((*SOURCES, TARGET), TARGET),
        pair_name(SOURCES, TARGET._replace(authority="other")),
    ]
    assert len({pair_name(SOURCES, TARGET), *others}) == 5


@pytest.mark.parametrize("path", ["/", "/数据", "/" + "long" * 100, "/a/.."])
def test_the_name_of_a_pair_is_one_plain_path_element(path: str) -> None:
    name = pair_name(SOURCES, Uri("oss", "bucket", path))
    assert name.replace("-", "").isalnum()
    assert name.isascii()
    assert len(name) <= 60


def test_the_default_place_is_hidden_in_the_home() -> None:
    assert str(default_base(Uri("hdfs", "nn", "/user/bob"))) == "hdfs://nn/user/bob/.hdfs2oss"


def test_a_record_is_written_again_after_what_may_pass() -> None:
    flaky = FlakyFileSystem(MemoryFileSystem(), Fault("create", "plan/1", Unreachable, times=1))
    job_dir = JobDir(flaky, "/jobs/pair", "run-1")
    assert job_dir.publish("plan/1", b"rows")
    assert flaky.calls == [("create", f"{job_dir.run_path}/plan/1")] * 2
    assert job_dir.read("plan/1") == b"rows"


def test_a_record_that_may_not_be_written_is_tried_once() -> None:
    flaky = FlakyFileSystem(MemoryFileSystem(), Fault("create", error=PermissionDenied))
    with pytest.raises(PermissionDenied):
        JobDir(flaky, "/jobs/pair", "run-1").publish("plan/1", b"rows")
    assert len(flaky.calls) == 1
