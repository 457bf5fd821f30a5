"""What the next -update knows from the ledger of the pair, so that it asks for listings only."""

import dataclasses
import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems, open_filesystem
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.model.counters import OWN
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.records import generation as generations
from hdfs2oss.records.jobdir import JobDir
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runs.progress import Progress
from hdfs2oss.runs.report import Report
from hdfs2oss.verbs.copy.job import CopyJob
from tests.trees import Place, age

pytestmark = pytest.mark.slow

TREE = {"a": b"alpha", "b-1": b"beta", "b/c": b"gamma", "d/e/f": b"delta"}


def job_dir_of(report: Report) -> JobDir:
    place = Uri("file", "", report.job_dir.removeprefix("file://").partition("/runs/")[0])
    return JobDir(open_filesystem(place, StoreConfig()), place.path, report.run_id)


def known(report: Report) -> dict[str, generations.KnownFile]:
    return {row.path: row for row in generations.read_all(job_dir_of(report))}


def etag_of(place: Place) -> str:
    status = open_filesystem(place.uri, place.stores).status(place.uri.path)
    assert status is not None
    return status.etag


def test_the_ledger_of_a_pair_has_one_row_for_every_file_in_key_order(copy, upload_ends) -> None:
    source, target = upload_ends
    rows = known(copy(source.make(TREE).settle(), target, update=True))
    assert list(rows) == ["a", "b-1", "b/c", "d/e/f"]
    assert {row.source for row in rows.values()} == {f"{source}/{path}" for path in TREE}
    assert {row.proof for row in rows.values()} == {"transfer"}


def test_an_object_that_was_replaced_by_one_of_the_same_length_is_copied_anew(copy, upload_ends, count) -> None:
    source, target = upload_ends
    copy(source.make(TREE).settle(), target, update=True)
    (target / "b").make({"c": b"gamm4"})
    report = copy(source, target, update=True)
    assert (report.exit_code, count(report, "COPY"), count(report, "SKIP")) == (0, 1, 3)
    assert target.read() == TREE


def test_an_object_that_was_written_again_with_the_same_bytes_is_looked_at_and_known_from_then_on(
    copy, upload_ends, count
) -> None:
    source, target = upload_ends
    data = b"large" * 30_000
    copy(source.make({"a": data, "b": b"b"}).settle(), target, update=True, part_size_bytes=102_400)
    (target / "a").put(data)
    # Another ETag: it went up in parts before.
    second = copy(source, target, update=True)
    assert (second.exit_code, count(second, "COPY"), count(second, "SKIP")) == (0, 0, 2)
    row = known(second)["a"]
    assert (row.target_etag, row.run, row.proof) == (etag_of(target / "a"), second.run_id, "transfer")
    third = copy(source, target, update=True)
    assert (count(third, "SKIP"), count(third, "FILES_NOT_COMPARED")) == (2, 0)
    assert known(third)["a"].run == second.run_id


@pytest.mark.parametrize("options", [{"ignore_ledger": True}, {"skip_crc": True}])
def test_whoever_wants_no_ledger_or_no_checksums_has_sizes_and_times_decide(copy, upload_ends, count, options) -> None:
    source, target = upload_ends
    copy(source.make(TREE).settle(), target, update=True)
    (target / "b").make({"c": b"gamm4"})
    report = copy(source, target, update=True, **options)
    assert (report.exit_code, count(report, "COPY"), count(report, "SKIP")) == (0, 0, 4)


def test_a_file_that_is_older_than_its_copy_and_was_replaced_since_is_not_taken_for_the_one_that_was_copied(
    copy, make_place, count
) -> None:
    """Stores that have no checksum in common: by DistCp's rule of times it would stay at the source for ever."""
    source, target = make_place("file", "source"), make_place("oss", "target")
    copy(source.make(TREE).settle(), target, update=True)
    (source / "a").put(b"ALPHA")
    age(source.local / "a", 7200)
    report = copy(source, target, update=True)
    assert (count(report, "COPY"), count(report, "SKIP")) == (1, 3)
    assert target.read() == {**TREE, "a": b"ALPHA"}


def test_what_is_deleted_or_fails_is_not_known_any_more(copy, upload_ends) -> None:
    source, target = upload_ends
    copy(source.make(TREE).settle(), target, update=True)
    (source.local / "a").unlink()
    report = copy(source, target, update=True, delete=True)
    assert report.exit_code == 0, report.as_dict()
    assert list(known(report)) == ["b-1", "b/c", "d/e/f"]


def test_rows_of_a_run_that_never_came_to_its_end_are_taken_in_by_the_next_one(copy, upload_ends, count) -> None:
    source, target = upload_ends
    first = copy(source.make(TREE).settle(), target, update=True)
    job_dir = job_dir_of(first)
    for name in job_dir.names_for_pair("ledger"):
        # As if it had been killed before its compaction.
        Path(job_dir.path, "ledger", name).unlink()
    (target / "b").make({"c": b"gamm4"})
    report = copy(source, target, update=True)
    assert (count(report, "COPY"), count(report, "SKIP")) == (1, 3)
    assert {row.run for row in known(report).values()} == {first.run_id, report.run_id}


def test_several_sources_in_another_order_know_their_files(copy, upload_ends, count) -> None:
    source, target = upload_ends
    one, two = (source / "one").make({"x": b"1"}), (source / "two").make({"y": b"22"})
    source.settle()
    copy([one, two], target, update=True)
    (target / "x").put(b"9")
    report = copy([two, one], target, update=True)
    assert (count(report, "COPY"), count(report, "SKIP")) == (1, 1)
    assert known(report)["y"].source == f"{two}/y"


def runs_of(report: Report) -> list[str]:
    return sorted(job_dir_of(report).names_for_pair("runs"))


def test_the_records_of_old_runs_go_and_what_they_knew_stays(copy, upload_ends) -> None:
    source, target = upload_ends
    reports = [copy(source.make({f"f{number}": b"1"}), target, update=True, keep_runs=2) for number in range(4)]
    assert runs_of(reports[-1]) == [one.run_id for one in reports[2:]]
    assert list(known(reports[-1])) == ["f0", "f1", "f2", "f3"]
    assert known(reports[-1])["f0"].run == reports[0].run_id


def test_a_run_that_nobody_has_swept_or_taken_in_stays(copy, upload_ends) -> None:
    source, target = upload_ends
    first = copy(source.make(TREE).settle(), target, update=True)
    copy(source, target, update=True)
    # As if it had been killed, and followed by one that did not know of it.
    (Path(job_dir_of(first).run_path) / "report.json").unlink()
    later = [copy(source, target, update=True, keep_runs=1) for _ in range(2)]
    assert first.run_id in runs_of(later[-1])
    assert len(runs_of(later[-1])) == 2


@dataclasses.dataclass
class Lake:
    """A tree, and a bucket that it goes to, whose requests are on record."""

    source: Place
    target: Place
    server: LocalOssServer
    log: Path
    home: Path

    def update(self, **options) -> Report:
        checked = CopyOptions(sources=(self.source.uri,), target=self.target.uri, update=True, **options)
        runner, progress = LocalRunner(0, pause_seconds=0.0), Progress(io.StringIO())
        try:
            return CopyJob(checked, self.source.stores, runner, progress, [Uri("file", "", str(self.home))]).run()
        finally:
            progress.end()
            runner.close()

    def operations(self, since: int) -> Counter[str]:
        """What was asked of the target since so many requests, but for what a run leaves there of itself."""
        self.server.settle_log()
        entries = [json.loads(line) for line in self.log.read_text().splitlines()[since:]]
        return Counter(one["operation"] for one in entries if not one["key"].startswith(".hdfs2oss/"))

    @property
    def requests(self) -> int:
        """How many there were."""
        self.server.settle_log()
        return len(self.log.read_text().splitlines())


@pytest.fixture
def lake(tmp_path: Path, home: Path) -> Iterator[Lake]:
    log = tmp_path / "requests"
    with LocalOssServer(
        tmp_path / "oss", access_key_id="id", access_key_secret="secret", buckets=["lake"], request_log=log
    ) as server:
        stores = StoreConfig(oss={"lake": OssAccess(server.endpoint, "id", "secret")}, threads=16)
        yield Lake(
            Place(Uri("file", "", str(tmp_path / "source")), stores),
            Place(Uri("oss", "lake", "/t"), stores),
            server,
            log,
            home,
        )
        close_filesystems()


def names(files: int) -> list[str]:
    return [f"part={number % 10}/{number:07d}" for number in range(files)]


MANY = [1_100, pytest.param(200_000, marks=[pytest.mark.full, pytest.mark.timeout(3600)])]


@pytest.mark.parametrize("files", MANY)
def test_of_many_files_the_next_run_reads_what_changed_and_asks_for_pages_only(lake: Lake, files: int) -> None:
    lake.source.make({name: name.encode() for name in names(files)}).settle()
    assert lake.update().exit_code == 0
    # Of many files there are ranges, up to 32, and pages that begin one or end one.
    pages = -(-files // 1000) + 12 + (32 if files > 20_000 else 0)

    changed = lake.source / names(files)[files // 3]
    changed.put(b"other bytes")
    before = lake.requests
    report = lake.update()
    own = report.counters.as_dict()[OWN]
    assert (report.exit_code, own["FILES_COPIED"], own["FILES_SKIPPED"]) == (0, 1, files - 1)
    assert own["BYTES_COPIED"] == len(b"other bytes")
    asked = lake.operations(before)
    assert asked["put_object"] == 1
    assert asked["list_objects_v1_or_v2"] <= pages, asked
    assert sum(asked.values()) - asked["list_objects_v1_or_v2"] <= 10, asked

    # One byte of one object is another one; its length is the same, its time newer.
    victim = names(files)[files // 2]
    flipped = bytes([victim.encode()[0] ^ 1]) + victim.encode()[1:]
    (lake.target / victim).put(flipped)
    before = lake.requests
    own = lake.update().counters.as_dict()[OWN]
    assert (own["FILES_COPIED"], own["FILES_SKIPPED"]) == (1, files - 1)
    store = open_filesystem(lake.target.uri, lake.target.stores)
    assert store.read_bytes((lake.target / victim).uri.path) == victim.encode()
    assert sum(lake.operations(before).values()) <= pages + 12

    before = lake.requests
    assert lake.update().counters.get(OWN, "FILES_SKIPPED") == files
    assert sum(lake.operations(before).values()) <= pages + 8
