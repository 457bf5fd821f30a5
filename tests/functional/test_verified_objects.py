"""Verifies of objects: one byte among many, markers, keys that are no paths; on both runners."""

from __future__ import annotations

import io

import pytest

from hdfs2oss.filesystems.registry import open_filesystem
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.verify_options import VerifyOptions
from hdfs2oss.runs.progress import Progress
from hdfs2oss.runs.verification import VerifyReport
from hdfs2oss.verbs.verify.job import VerifyJob
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


@pytest.mark.parametrize("files", [1_000, pytest.param(10_000, marks=pytest.mark.full)])
def test_one_flipped_byte_among_many_objects_is_found(make_place, copy, verify, runner, files) -> None:
    source, target = make_place("file", "source"), make_place("oss", "target")
    source.make({f"d{number % 7}/f{number:05}": f"content of {number}".encode() for number in range(files)}).settle()
    assert copy(source, target).exit_code == 0
    # Of the same length, and newer.
    (target / "d3/f00444").put(b"content of 44x")
    report = verify(source, target)
    assert (report.exit_code, rows(report)) == (7, {("CHECKSUM", "d3/f00444")})


def test_objects_are_compared_with_objects_without_reading_them(make_place, copy, verify) -> None:
    source, target = make_place("oss", "source"), make_place("oss", "target")
    source.make({f"f{number}": b"x" * number for number in range(20)})
    assert copy(source, target).exit_code == 0
    before = open_filesystem(source.uri, source.stores).traffic.snapshot()["BYTES_READ"]
    (target / "f7").put(b"y" * 7)
    report = verify(source, target, read="")
    assert rows(report) == {("CHECKSUM", "f7")}
    assert open_filesystem(source.uri, source.stores).traffic.snapshot()["BYTES_READ"] == before


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


def test_links_are_told_and_not_followed(make_place, copy, verify) -> None:
    source, target = make_place("file", "source"), make_place("file", "target")
    source.make({"a": b"one"})
    assert copy(source, target).exit_code == 0
    (source.local / "link").symlink_to("a")
    (target.local / "other").symlink_to("a")
    report = verify(source, target)
    assert rows(report) == {("ERROR", "link"), ("EXTRA", "other")}


def test_a_sample_reads_its_share_and_says_which(make_place, copy, verify) -> None:
    source, target = make_place("file", "source"), make_place("oss", "target")
    source.make({f"f{number}": b"x" for number in range(200)})
    assert copy(source, target).exit_code == 0
    shares = [
        verify(source, target, read="", sample_percent=25, seed=seed, accept=("length",)).equal for seed in ("1", "1")
    ]
    assert shares[0].keys() == {"READING", "LENGTH"}
    read = [share["READING"].files for share in shares]
    assert read[0] == read[1]
    assert 20 < read[0] < 80
