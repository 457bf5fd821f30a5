"""A copy without options: everything arrives, and every byte is accounted for."""

import json
import os
from pathlib import Path

import pytest

from hdfs2oss.model.counters import COPY_MAPPER, FILE_SYSTEM, OWN
from hdfs2oss.model.errors import DuplicateEntry, SourceNotFound, UsageError

TREE = {"a": b"alpha", "d/b": b"beta", "d/e/c": b"", "empty/": None, "d/hollow/deep/": None}
ODD_NAMES = {
    "with space": b"1",
    "plus+and%2F": b"2",
    "hash#and?question": b"3",
    "汉字/目录": b"4",
    "-dash": b"5",
    ".hidden/_under": b"6",
    "a": b"7",
    "a b": b"8",
    "a-b": b"9",
    "a.b/c": b"10",
    "quote'\"<&>\\": b"11",
    "🦆": b"12",
    "=cmd|{x}[y]*": b"13",
}


def test_a_tree_arrives_whole_with_empty_files_and_directories(copy, ends, count) -> None:
    source, target = ends
    report = copy(source.make(TREE), target)
    assert report.exit_code == 0, report.as_dict()
    assert target.read() == TREE
    assert (count(report, "COPY"), count(report, "BYTESCOPIED"), count(report, "BYTESEXPECTED")) == (3, 9, 9)
    # The root, d, d/e, d/hollow, d/hollow/deep and empty.
    assert count(report, "DIR_COPY") == 6


def test_ten_files_of_258660_bytes_are_counted_to_the_byte(copy, ends, count) -> None:
    source, target = ends
    sizes = [1, 0, 25_866, 51_732, 7, 99_999, 12_345, 54_321, 4_096, 10_293]
    assert sum(sizes) == 258_660
    tree = {f"part-{number:05d}": os.urandom(size) for number, size in enumerate(sizes)}
    report = copy(source.make(tree), target)
    assert target.read() == tree
    assert report.counters.as_dict()[COPY_MAPPER].items() >= {
        ("COPY", 10),
        ("BYTESCOPIED", 258_660),
        ("BYTESEXPECTED", 258_660),
        ("DIR_COPY", 1),
    }
    assert count(report, "SKIP") == count(report, "FAIL") == 0


def test_the_file_system_counters_hold_at_least_the_bytes_of_the_files(copy, upload_ends) -> None:
    source, target = upload_ends
    report = copy(source.make({"a": b"x" * 50_000, "b": b"y" * 70_000}), target)
    group = report.counters.as_dict()[FILE_SYSTEM]
    assert group["FILE: Number of bytes read"] >= 120_000
    assert group["OSS: Number of bytes written"] == 120_000
    assert group["OSS: Number of write operations"] >= 2


def test_odd_names_arrive_unchanged(copy, ends) -> None:
    source, target = ends
    report = copy(source.make(ODD_NAMES), target)
    assert report.exit_code == 0, report.as_dict()
    assert target.read() == ODD_NAMES


def test_an_empty_source_directory_makes_an_empty_target(copy, ends) -> None:
    source, target = ends
    report = copy(source.make({}), target)
    assert report.exit_code == 0
    assert target.exists()
    assert target.read() == {}


def test_files_that_exist_are_left_alone_whatever_their_size(copy, ends, count) -> None:
    source, target = ends
    target.make({source.uri.name + "/a": b"old and longer", source.uri.name + "/d/b": b"beta"})
    report = copy(source.make(TREE), target)
    assert report.exit_code == 0
    assert target.read() == {f"source/{path}": data for path, data in {**TREE, "a": b"old and longer"}.items()}
    assert (count(report, "SKIP"), count(report, "COPY"), count(report, "BYTESSKIPPED")) == (2, 1, 9)


def test_two_sources_and_a_file_each_get_their_name(copy, ends, make_place, count) -> None:
    source, target = ends
    one = (source / "one").make({"x": b"1"})
    two = (source / "two").make({"x": b"22", "hollow/": None})
    lone = (source / "lone").put(b"333")
    report = copy([one, two, lone], target)
    assert report.exit_code == 0, report.as_dict()
    assert target.read() == {"one/x": b"1", "two/x": b"22", "two/hollow/": None, "lone": b"333"}
    assert count(report, "COPY") == 3


def test_several_lone_files_make_the_target_directory(copy, ends) -> None:
    source, target = ends
    files = [(source / name).put(name.encode()) for name in ("f1", "f2", "f3")]
    assert copy(files, target).exit_code == 0
    assert target.read() == {"f1": b"f1", "f2": b"f2", "f3": b"f3"}


def test_directories_of_the_same_name_merge(copy, ends) -> None:
    source, target = ends
    one = (source / "p" / "d").make({"from-p": b"1", "sub/p": b"2"})
    two = (source / "q" / "d").make({"from-q": b"3", "sub/q": b"4"})
    report = copy([one, two], target)
    assert report.exit_code == 0, report.as_dict()
    assert target.read() == {"d/from-p": b"1", "d/sub/p": b"2", "d/from-q": b"3", "d/sub/q": b"4"}


def test_the_same_file_from_two_sources_is_refused_before_anything_is_copied(copy, ends) -> None:
    source, target = ends
    one = (source / "p" / "d").make({"only-p": b"1", "sub/same": b"2"})
    two = (source / "q" / "d").make({"sub/same": b"2"})
    with pytest.raises(DuplicateEntry, match=r"the same file 'd/sub/same': .*/p/d/sub/same and .*/q/d/sub/same"):
        copy([one, two], target)
    assert not target.exists()


def test_hundreds_of_sources_arrive_by_tasks_that_read_where_each_goes(copy, local_ends, count) -> None:
    source, target = local_ends
    in_directories = {f"d{number:03d}/f": f"{number}".encode() for number in range(150)}
    lone = {f"l{number:03d}": f"{number}".encode() for number in range(150)}
    source.make({**in_directories, **{f"l/{name}": data for name, data in lone.items()}})
    target.make({})
    report = copy(
        [*(source / name.split("/")[0] for name in in_directories), *(source / "l" / name for name in lone)], target
    )
    assert report.exit_code == 0, report.as_dict()
    assert target.read() == in_directories | lone
    assert count(report, "COPY") == 300


def test_two_lone_files_of_one_name_are_refused(copy, ends) -> None:
    source, target = ends
    files = [(source / name / "same").put(b"x") for name in ("p", "q")]
    with pytest.raises(DuplicateEntry, match=r"/p/same and .*/q/same"):
        copy(files, target)
    assert not target.exists()


def test_a_file_and_a_directory_of_one_name_never_both_arrive(copy, ends) -> None:
    """The file cannot be there beside the directory; it must not vanish without a word."""
    source, target = ends
    file = (source / "p" / "same").put(b"file")
    directory = (source / "q" / "same").make({"inside": b"directory"})
    try:
        report = copy([file, directory], target)
    except (DuplicateEntry, UsageError):
        assert not target.exists()
    else:
        assert report.exit_code == 4


def test_a_pattern_takes_names_that_begin_with_dot_or_underscore(copy, ends) -> None:
    source, target = ends
    source.make({".dot": b"1", "_under": b"2", "plain": b"3"})
    assert copy(source / "*", target).exit_code == 0
    assert target.read() == {".dot": b"1", "_under": b"2", "plain": b"3"}


def test_a_pattern_over_two_levels_flattens_to_the_last_name(copy, ends) -> None:
    source, target = ends
    source.make({"s1/f1": b"1", "s2/f2": b"2", "s2/dir/f3": b"3"})
    assert copy(source / "{s1,s2}/*", target).exit_code == 0
    assert target.read() == {"f1": b"1", "f2": b"2", "dir/f3": b"3"}


def test_a_missing_source_is_named_and_nothing_is_copied(copy, ends) -> None:
    source, target = ends
    there = (source / "there").put(b"1")
    with pytest.raises(SourceNotFound, match=r"the source does not exist: .*/gone"):
        copy([there, source / "gone"], target)
    assert not target.exists()


def test_a_lone_file_becomes_the_missing_target(copy, ends) -> None:
    source, target = ends
    file = (source / "f").put(b"1")
    assert copy(file, target / "x" / "y").exit_code == 0
    assert (target / "x" / "y").content() == b"1"


def test_a_lone_file_replaces_a_file_even_of_the_same_size_and_newer(copy, ends, count) -> None:
    source, target = ends
    file = (source / "f").put(b"new")
    (target / "t").put(b"old")
    (target / "f").put(b"decoy")
    for flags in ({}, {"update": True}, {"overwrite": True}):
        (target / "t").put(b"old")
        report = copy(file, target / "t", **flags)
        assert (report.exit_code, count(report, "COPY"), count(report, "SKIP")) == (0, 1, 0)
        assert target.read() == {"t": b"new", "f": b"decoy"}


def test_the_job_directory_holds_what_was_asked_planned_done_and_counted(copy, local_ends, home: Path) -> None:
    source, target = local_ends
    report = copy(source.make(TREE), target)
    (pair,) = (home / ".hdfs2oss").iterdir()
    assert sorted(path.name for path in pair.iterdir()) == ["_lock", "ledger", "runs"]
    (run,) = (pair / "runs").iterdir()
    assert sorted(path.name for path in run.iterdir()) == [
        "counters.txt",
        "ends",
        "intents",
        "layout.json",
        "ledger",
        "plan",
        "report.json",
        "run.json",
        "tasks",
    ]
    asked = json.loads((run / "run.json").read_text())
    assert (asked["sources"], asked["target"]) == ([str(source)], str(target))
    written = json.loads((run / "report.json").read_text())
    assert (written["success"], written["exit_code"], written["counters"]) == (True, 0, report.counters.as_dict())
    assert (run / "counters.txt").read_text().splitlines() == list(report.counters.lines())
    assert report.job_dir.endswith(f"runs/{run.name}")


def test_a_second_run_of_the_same_pair_shares_the_job_directory(copy, local_ends, home: Path) -> None:
    source, target = local_ends
    copy(source.make(TREE), target, update=True)
    copy(source, target, update=True)
    (pair,) = (home / ".hdfs2oss").iterdir()
    assert len(list((pair / "runs").iterdir())) == 2


def test_our_own_job_directory_and_work_files_take_no_part(copy, local_ends, count) -> None:
    source, target = local_ends
    source.make({"a": b"1", ".hdfs2oss/pair/x": b"2", "d/.hdfs2oss-work-abc": b"3"})
    report = copy(source, target)
    assert target.read() == {"a": b"1", "d/": None}
    assert (report.exit_code, count(report, "DIRECTORIES_EXCLUDED"), count(report, "FILES_EXCLUDED")) == (0, 1, 1)


def test_records_and_logs_inside_the_source_are_not_copied(copy, local_ends) -> None:
    source, target = local_ends
    source.make({"a": b"1", "d/b": b"2"})
    places = {"job_dir": source.uri.join("records"), "log_path": source.uri.join("d/log")}
    for _ in range(2):
        report = copy(source, target, overwrite=True, **places)
        assert (report.exit_code, target.read()) == (0, {"a": b"1", "d/b": b"2"})


def test_expected_equals_copied_skipped_failed_and_changed(copy, ends, count) -> None:
    source, target = ends
    target.make({"a": b"alpha"})
    report = copy(source.make(TREE), target, update=True, filters=(".*/never",))
    assert report.discrepancy == ""
    own = report.counters.as_dict()[OWN]
    assert (own["FILES_EXPECTED"], own["BYTES_EXPECTED"]) == (3, 9)


def test_no_work_file_is_left_at_the_target(copy, ends) -> None:
    source, target = ends
    copy(source.make(TREE), target)
    assert not [path for path in target.read() if "hdfs2oss-work" in path]
