"""-update and -overwrite: what is copied again, and what is left alone."""

import time

import pytest

from hdfs2oss.model.errors import DuplicateEntry
from tests.trees import age

TREE = {"a": b"alpha", "d/b": b"beta", "d/e/c": b"", "empty/": None}


def test_a_second_update_copies_nothing_and_counts_every_file_as_skipped(copy, ends, count) -> None:
    source, target = ends
    first = copy(source.make(TREE).settle(), target, update=True)
    assert count(first, "COPY") == 3
    second = copy(source, target, update=True)
    assert (second.exit_code, count(second, "SKIP"), count(second, "BYTESSKIPPED")) == (0, 3, 9)
    lines = "\n".join(second.counters.lines())
    assert "\t\tSKIP=3" in lines
    assert "\t\tCOPY=" not in lines
    assert "BYTESCOPIED" not in lines
    assert target.read() == TREE


def test_update_puts_the_contents_straight_into_an_existing_target(copy, ends) -> None:
    source, target = ends
    target.make({"other": b"stays"})
    assert copy(source.make(TREE), target, update=True).exit_code == 0
    assert target.read() == {**TREE, "other": b"stays"}


def test_update_copies_a_file_whose_size_differs_even_if_the_target_is_newer(copy, ends, count) -> None:
    source, target = ends
    source.make({"a": b"short", "b": b"same"})
    source.settle()
    target.make({"a": b"much longer", "b": b"same"})
    report = copy(source, target, update=True)
    assert (count(report, "COPY"), count(report, "SKIP")) == (1, 1)
    assert target.read() == {"a": b"short", "b": b"same"}


def test_update_copies_a_file_of_equal_size_only_when_the_source_is_newer(copy, local_ends, count) -> None:
    source, target = local_ends
    source.make({"newer": b"NEW", "older": b"NEW", "equal": b"NEW", "empty": b""})
    target.make({"newer": b"old", "older": b"old", "equal": b"old", "empty": b""})
    for name, seconds in (("newer", 10), ("older", -10), ("empty", 10)):
        age(target.local / name, seconds)
        age(source.local / name, 0)
    stamp = (target.local / "equal").stat().st_mtime
    age(source.local / "equal", (source.local / "equal").stat().st_mtime - stamp)
    report = copy(source, target, update=True)
    assert target.read() == {"newer": b"NEW", "older": b"old", "equal": b"old", "empty": b""}
    assert (count(report, "COPY"), count(report, "SKIP")) == (1, 3)


def test_between_buckets_a_newer_source_is_copied_only_if_its_crc_64_differs(copy, make_place, count) -> None:
    source, target = make_place("oss", "source"), make_place("oss", "target")
    target.make({"same": b"same", "other": b"old"})
    # OSS knows whole seconds, and the source must be newer.
    deadline = time.monotonic() + 10
    source.make({"same": b"same", "other": b"new"})
    while (source / "other").mtime_ms() <= (target / "other").mtime_ms() and time.monotonic() < deadline:
        time.sleep(0.1)
        source.make({"same": b"same", "other": b"new"})
    report = copy(source, target, update=True)
    assert (report.exit_code, count(report, "COPY"), count(report, "SKIP"), count(report, "BYTESCOPIED")) == (
        0,
        1,
        1,
        3,
    )
    assert target.read() == {"same": b"same", "other": b"new"}


def test_update_copies_newer_content_of_the_same_size_onto_oss(copy, upload_ends, count) -> None:
    source, target = upload_ends
    source.make({"newer": b"NEW", "older": b"NEW"})
    target.make({"newer": b"old", "older": b"old"})
    age(source.local / "newer", -3600)
    age(source.local / "older", 3600)
    report = copy(source, target, update=True)
    assert target.read() == {"newer": b"NEW", "older": b"old"}
    assert (count(report, "COPY"), count(report, "SKIP")) == (1, 1)


def test_overwrite_copies_every_file_again(copy, ends, count) -> None:
    source, target = ends
    target.make({"a": b"omega", "other": b"stays"})
    report = copy(source.make(TREE), target, overwrite=True)
    assert (report.exit_code, count(report, "COPY"), count(report, "SKIP")) == (0, 3, 0)
    assert target.read() == {**TREE, "other": b"stays"}


@pytest.mark.parametrize("flag", ["update", "overwrite"])
def test_sync_merges_several_sources(copy, ends, flag) -> None:
    source, target = ends
    one = (source / "s1").make({"x": b"1", "d/p": b"2"})
    two = (source / "s2").make({"y": b"3", "d/q": b"4"})
    lone = (source / "lone").put(b"5")
    assert copy([one, two, lone], target, **{flag: True}).exit_code == 0
    assert target.read() == {"x": b"1", "y": b"3", "d/p": b"2", "d/q": b"4", "lone": b"5"}


def test_sync_of_two_sources_with_one_common_file_is_refused(copy, ends) -> None:
    source, target = ends
    one = (source / "s1").make({"x": b"1", "same": b"2"})
    two = (source / "s2").make({"y": b"3", "same": b"4"})
    with pytest.raises(DuplicateEntry, match="'same'"):
        copy([one, two], target, update=True)
    assert not target.exists()


def test_sync_of_an_empty_directory_makes_the_target(copy, ends) -> None:
    source, target = ends
    report = copy(source.make({}), target, update=True)
    assert report.exit_code == 0
    assert target.exists()
    assert target.read() == {}


def test_an_empty_directory_that_exists_at_the_target_is_left_alone(copy, ends, count) -> None:
    source, target = ends
    target.make({"empty/": None})
    report = copy(source.make({"empty/": None}), target, update=True)
    assert (report.exit_code, count(report, "DIRECTORIES_MADE")) == (0, 0)
    assert target.read() == {"empty/": None}


def test_what_only_the_target_holds_stays_and_is_not_counted(copy, ends, count) -> None:
    source, target = ends
    target.make({"z/deep/file": b"1", "0-first": b"2", "d/other": b"3"})
    report = copy(source.make(TREE), target, update=True)
    assert count(report, "FILES_EXPECTED") == 3
    assert target.read() == {**TREE, "z/deep/file": b"1", "0-first": b"2", "d/other": b"3"}


def test_filters_leave_out_files_and_whole_directories(copy, ends, count) -> None:
    source, target = ends
    source.make({"keep": b"1", "drop.tmp": b"2", "d/_temporary/x/y": b"3", "d/keep": b"4"})
    report = copy(source, target, update=True, filters=(r".*\.tmp", r".*/_temporary"))
    assert report.exit_code == 0
    assert target.read() == {"keep": b"1", "d/keep": b"4"}
    # What lies in an excluded directory is not even listed.
    excluded = (count(report, "DIRECTORIES_EXCLUDED"), count(report, "FILES_EXCLUDED"))
    assert (count(report, "FILES_EXPECTED"), *excluded) == (2, 1, 1)


def test_a_filtered_file_leaves_its_twin_at_the_target_alone(copy, ends) -> None:
    source, target = ends
    target.make({"drop.tmp": b"twin"})
    copy(source.make({"drop.tmp": b"new!", "keep": b"1"}), target, update=True, filters=(r".*\.tmp",))
    assert target.read() == {"drop.tmp": b"twin", "keep": b"1"}


def test_a_duplicate_that_a_filter_leaves_out_is_no_duplicate(copy, ends) -> None:
    source, target = ends
    one = (source / "s1").make({"x": b"1", "_SUCCESS": b""})
    two = (source / "s2").make({"y": b"2", "_SUCCESS": b""})
    assert copy([one, two], target, update=True, filters=(".*/_SUCCESS",)).exit_code == 0
    assert target.read() == {"x": b"1", "y": b"2"}


def test_a_file_where_a_directory_is_due_fails_alone(copy, local_ends, count) -> None:
    source, target = local_ends
    target.make({"d": b"a file", "a/inside": b"in a directory"})
    source.make({"a": b"a file", "d/x": b"1", "d/y": b"22", "d-e": b"3"})
    report = copy(source, target, update=True)
    assert report.exit_code == 4
    assert target.read() == {"d": b"a file", "a/inside": b"in a directory", "d-e": b"3"}
    assert (count(report, "COPY"), count(report, "FAIL")) == (1, 3)
    assert count(report, "BYTESFAILED") == len(b"a file") + 3
    assert report.discrepancy == ""
    causes = {failure.path: failure.message for failure in report.failures}
    assert "the target is a directory, the source a file" in causes["a"]
    assert "at the target d is a file" in causes["d/x"]
