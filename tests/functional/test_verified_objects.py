"""Verifies of objects: one byte among many, what the ledger proves, markers, keys that are no paths."""

from __future__ import annotations

import io
import os

import pytest

from hdfs2oss.filesystems.local import LocalFileSystem
from hdfs2oss.filesystems.registry import close_filesystems, open_filesystem, seat_filesystem
from hdfs2oss.model.counters import OWN
from hdfs2oss.model.errors import PermissionDenied
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.verify_options import VerifyOptions
from hdfs2oss.runs.progress import Progress
from hdfs2oss.runs.verification import VerifyReport
from hdfs2oss.verbs.verify.job import VerifyJob
from tests.functional.conftest import IN_THIS_PROCESS
from tests.stores.faults import Fault, FlakyFileSystem
from tests.trees import Place


@pytest.fixture
def verify(runner, home):
    """Run a verify: `verify(source, target, read="unproven", ...)`."""

    def run(source: Place, target: Place, **options) -> VerifyReport:
        checked = VerifyOptions(sources=(source.uri,), target=target.uri, **{"read": "unproven", **options})
        progress = Progress(io.StringIO())
        try:
            return VerifyJob(checked, target.stores, runner, progress, [Uri("file", "", str(home))]).run()
        finally:
            progress.end()

    return run


def rows(report: VerifyReport) -> set[tuple[str, str]]:
    return {(row.difference, row.path) for row in report.first}


# So many that the work is shared; what is less runs where the driver is.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("runner", "files", "ignore_ledger"),
    [
        ("in two processes", 1_000, True),
        pytest.param("in two processes", 10_000, True, marks=pytest.mark.full),
        pytest.param("in this process", 10_000, False, marks=pytest.mark.full),
    ],
    indirect=["runner"],
)
def test_one_flipped_byte_among_many_objects_is_found(make_place, copy, verify, files, ignore_ledger) -> None:
    source, target = make_place("file", "source"), make_place("oss", "target")
    source.make({f"d{number % 7}/f{number:05}": f"content of {number}".encode() for number in range(files)}).settle()
    assert copy(source, target).exit_code == 0
    # Of the same length, and newer.
    (target / "d3/f00444").put(b"content of 44x")
    report = verify(source, target, ignore_ledger=ignore_ledger)
    assert (report.exit_code, rows(report)) == (7, {("CHECKSUM", "d3/f00444")})
    own = copy(source, target, update=True).counters.as_dict()[OWN]
    assert (own["FILES_COPIED"], own["FILES_SKIPPED"], own["BYTES_COPIED"]) == (1, files - 1, len("content of 444"))
    assert (target / "d3/f00444").content() == b"content of 444"


@pytest.mark.slow
@IN_THIS_PROCESS
def test_what_the_ledger_proves_costs_no_request_a_file(make_place, copy, verify) -> None:
    source, target = make_place("file", "source"), make_place("oss", "target")
    source.make({f"f{number}": b"x" for number in range(50)}).settle()
    assert copy(source, target).exit_code == 0
    store = open_filesystem(target.uri, target.stores)
    before = store.traffic.snapshot()
    report = verify(source, target, read="")
    spent = {name: count - before[name] for name, count in store.traffic.snapshot().items()}
    assert (report.exit_code, report.equal["LEDGER"].files, report.notices) == (0, 50, [])
    assert spent["READ_OPS"] < 10, spent
    # Whoever reads, or asks the stores, goes by what they give.
    assert verify(source, target, read="all").equal.keys() == {"READING"}
    assert verify(source, target, read="", sample_percent=100, seed="1").equal.keys() == {"READING"}
    assert rows(verify(source, target, read="", ignore_ledger=True)) == {("UNPROVEN", f"f{n}") for n in range(50)}


@IN_THIS_PROCESS
def test_an_object_that_was_written_again_is_compared_with_what_was_read_of_its_source(
    make_place, copy, verify
) -> None:
    source, target = make_place("file", "source"), make_place("oss", "target")
    data = b"large" * 30_000
    source.make({"same": data, "other": data, "late": b"1", "touched": b"1"}).settle()
    assert copy(source, target, part_size_bytes=102_400).exit_code == 0
    # Other ETags: they went up in parts before.
    (target / "same").put(data)
    (target / "other").put(data[:-1] + b"?")
    # Of another version of a source, nothing is known.
    (source / "late").put(b"2")
    (target / "touched").put(b"2")
    os.utime(source.local / "touched", (1, 1))
    report = verify(source, target, read="")
    assert rows(report) == {("CHECKSUM", "other"), ("UNPROVEN", "late"), ("UNPROVEN", "touched")}
    assert report.equal.keys() == {"LEDGER"}
    (row,) = [one for one in report.first if one.path == "other"]
    assert (row.source_checksum[:7], row.target_checksum[:7]) == ("CRC-64:", "CRC-64:")
    assert row.source_checksum != row.target_checksum


@IN_THIS_PROCESS
def test_a_ledger_that_cannot_be_read_is_said_and_the_stores_are_asked(make_place, copy, verify, home) -> None:
    source, target = make_place("file", "source"), make_place("oss", "target")
    source.make({"a": b"one", "b": b"two"}).settle()
    assert copy(source, target, leaves_proof=False).exit_code == 0
    (ledger,) = (home / ".hdfs2oss").glob("*/ledger/*.parquet")
    ledger.write_bytes(b"no ledger")
    report = verify(source, target)
    assert (report.exit_code, report.equal.keys()) == (0, {"READING"})
    assert "the ledger of the pair cannot be asked" in report.notices[0]


@IN_THIS_PROCESS
def test_attributes_of_what_the_ledger_proves_are_compared_all_the_same(make_place, copy, verify) -> None:
    source, target = make_place("file", "source"), make_place("oss", "target")
    source.make({"a": b"one", "b": b"two"}).settle()
    assert copy(source, target, preserve="p").exit_code == 0
    (source.local / "a").chmod(0o600)
    report = verify(source, target, preserve="p")
    assert (rows(report), report.equal.keys()) == ({("METADATA", "a")}, {"LEDGER"})


@IN_THIS_PROCESS
@pytest.mark.parametrize("side", ["source", "target"])
def test_a_part_that_cannot_be_listed_ends_with_8_and_is_no_equality(make_place, copy, verify, side) -> None:
    source, target = make_place("file", "source"), make_place("file", "target")
    source.make({"a": b"one", "d/b": b"two", "z": b"3"}).settle()
    assert copy(source, target).exit_code == 0
    seat_filesystem(
        Uri("file", "", "/"),
        target.stores,
        FlakyFileSystem(LocalFileSystem(), Fault("list", f"/{side}/d", PermissionDenied)),
    )
    try:
        report = verify(source, target)
    finally:
        close_filesystems()
    assert (report.exit_code, rows(report), report.discrepancy) == (8, {("ERROR", "d/b")}, "")
    assert [place.endswith("/d") for place, _ in report.problems] == [True]
    assert sum(one.files for one in report.equal.values()) == 2


@IN_THIS_PROCESS
def test_objects_are_compared_with_objects_without_reading_them(make_place, copy, verify) -> None:
    source, target = make_place("oss", "source"), make_place("oss", "target")
    source.make({f"f{number}": b"x" * number for number in range(20)})
    assert copy(source, target).exit_code == 0
    before = open_filesystem(source.uri, source.stores).traffic.snapshot()["BYTES_READ"]
    (target / "f7").put(b"y" * 7)
    report = verify(source, target, read="")
    assert rows(report) == {("CHECKSUM", "f7")}
    assert open_filesystem(source.uri, source.stores).traffic.snapshot()["BYTES_READ"] == before


@IN_THIS_PROCESS
def test_what_only_a_bucket_can_hold_is_told(make_place, copy, verify) -> None:
    source, target = make_place("file", "source"), make_place("oss", "target")
    source.make({"a": b"one", "d/b": b"two", "hollow/": None})
    assert copy(source, target).exit_code == 0
    assert verify(source, target).exit_code == 0
    store = open_filesystem(target.uri, target.stores)
    store.make_directory(target.uri.join("marker").path)
    store.put(target.uri.path + "/d//b", b"no path", "", {})
    store.remove(target.uri.join("a").path)
    target.make({"a/x": b"a directory now"})
    store.remove(target.uri.join("hollow").path)
    report = verify(source, target)
    found = {(row.difference, row.path, row.kind) for row in report.first}
    assert {("TYPE", "a", "F"), ("EXTRA", "a/x", "F"), ("EXTRA", "marker", "D"), ("MISSING", "hollow", "D")} <= found
    assert [row for row in report.first if row.difference == "EXTRA" and row.kind == "X"], report.first


@IN_THIS_PROCESS
def test_links_are_told_and_not_followed(make_place, copy, verify) -> None:
    source, target = make_place("file", "source"), make_place("file", "target")
    source.make({"a": b"one"})
    assert copy(source, target).exit_code == 0
    (source.local / "link").symlink_to("a")
    (target.local / "other").symlink_to("a")
    report = verify(source, target)
    assert rows(report) == {("ERROR", "link"), ("EXTRA", "other")}


@pytest.mark.slow
@IN_THIS_PROCESS
def test_a_sample_reads_its_share_and_says_which(make_place, copy, verify) -> None:
    source, target = make_place("file", "source"), make_place("oss", "target")
    source.make({f"f{number}": b"x" for number in range(200)})
    assert copy(source, target).exit_code == 0
    shares = [
        verify(
            source, target, read="", sample_percent=25, seed="1", accept=("length",), ignore_ledger=ignore_ledger
        ).equal
        for ignore_ledger in (True, True, False)
    ]
    assert [share.keys() for share in shares[1:]] == [{"READING", "LENGTH"}, {"READING", "LEDGER"}]
    read = [share["READING"].files for share in shares]
    assert read[0] == read[1] == read[2]
    assert 20 < read[0] < 80
