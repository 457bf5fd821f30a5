"""Skipped, updated, overwritten, large files, and what fails, by the catalogue (46-61, 97, 105)."""

import os
import random

import pytest

from hdfs2oss.filesystems.registry import open_filesystem
from tests.trees import Place, age

DEEP = {f"{a}/{b}/{c}": f"{a}{b}{c}".encode() for a in "xyz" for b in "12" for c in "fg"} | {"empty": b"", "e/": None}


def test_46_a_deep_tree_updated_again_copies_nothing(command, ends) -> None:
    source, target = ends
    source.make(DEEP).settle()
    assert command("-update", source, target)["COPY"] == 13
    assert (source / "x/1/f").mtime_ms() <= (target / "x/1/f").mtime_ms()
    done = command("-update", "-delete", source, target)
    assert done.code == 0
    assert (done["COPY"], done["BYTESCOPIED"], done["SKIP"]) == (0, 0, 13)
    assert target.read() == DEEP


def test_47_a_new_file_among_old_ones_is_the_only_one_copied_and_what_went_goes(command, ends) -> None:
    source, target = ends
    source.make(DEEP).settle()
    target.make({**DEEP, "y/1/gone": b"1", "gone": b"2", "old/dir/f": b"3"})
    command("-update", source, target)
    source.make({"x/1/new": b""})
    done = command("-update", "-delete", source, target)
    assert done.code == 0
    assert target.read() == {**DEEP, "x/1/new": b""}
    assert (done["COPY"], done["BYTESCOPIED"], done["SKIP"]) == (1, 0, 13)


@pytest.mark.parametrize(
    ("seconds", "copied", "content"),
    [(3600, 0, b"OLD"), (-3600, 1, b"new")],
    ids=["an older source is skipped", "a newer source is copied"],
)
@pytest.mark.parametrize("scheme", ["file", "oss"])
def test_48_49_equal_size_and_other_content(command, make_place, scheme, seconds, copied, content) -> None:
    source, target = make_place("file", "source"), make_place(scheme, "target")
    target.make({"f": b"OLD", "empty": b""})
    source.make({"f": b"new", "empty": b""})
    age(source.local, seconds)
    done = command("-update", source, target)
    assert (done.code, done["COPY"], done["SKIP"]) == (0, copied, 2 - copied)
    assert target.read() == {"f": content, "empty": b""}


def test_51_without_times_files_of_one_size_are_the_same(command, ends) -> None:
    """Between two HDFS checksums decide, so they are left out."""
    source, target = ends
    target.make({"f": b"OLD"})
    source.make({"f": b"new"})
    if source.uri.scheme != "oss":
        date(source / "f", (target / "f").mtime_ms() + 3_600_000)
    else:
        date(target / "f", (source / "f").mtime_ms() - 3_600_000)
    words = ("-update", "-skipcrccheck", "-D", "distcp.update.modification.time=false")
    done = command(*words, source, target)
    assert (done.code, done["SKIP"], done["BYTESSKIPPED"], done["COPY"]) == (0, 1, 3, 0), done.text
    assert target.read() == {"f": b"OLD"}


def test_50_equal_times_and_sizes_are_skipped(command, ends) -> None:
    """An object has the time it was stored; the other side is given that time. Between two HDFS checksums decide."""
    source, target = ends
    source.make({"f": b"new"})
    target.make({"f": b"OLD"})
    first, second = (source, target) if source.uri.scheme == "oss" else (target, source)
    if first.uri.scheme != "oss":
        date(first / "f", 1_700_000_000_000)
    date(second / "f", (first / "f").mtime_ms())
    assert (source / "f").mtime_ms() == (target / "f").mtime_ms()
    done = command("-update", *(["-skipcrccheck"] if ends_on_hdfs(ends) else []), source, target)
    assert (done.code, done["SKIP"], done["BYTESSKIPPED"], done["COPY"]) == (0, 1, 3, 0), done.text
    assert target.read() == {"f": b"OLD"}


@pytest.mark.parametrize(
    ("hours", "copied"), [(-1, 0), (1, 1)], ids=["an older source is skipped", "a newer source is copied"]
)
def test_48_equal_size_and_other_content_in_every_direction(command, ends, hours, copied) -> None:
    """Between two HDFS, with checksums left out."""
    source, target = ends
    target.make({"f": b"OLD", "empty": b""})
    source.make({"f": b"new", "empty": b""})
    first, second = (target, source) if source.uri.scheme != "oss" else (source, target)
    is_source = second is source
    for name in ("f", "empty"):
        date(second / name, (first / name).mtime_ms() + (hours if is_source else -hours) * 3_600_000)
    done = command("-update", *(["-skipcrccheck"] if ends_on_hdfs(ends) else []), source, target)
    assert (done.code, done["COPY"], done["SKIP"]) == (0, copied, 2 - copied), done.text
    assert target.read() == {"f": b"new" if copied else b"OLD", "empty": b""}


def date(place: Place, mtime_ms: int) -> None:
    """Let a file have been written then; those on OSS have the time they were stored."""
    if place.uri.scheme == "file":
        os.utime(place.local, (mtime_ms / 1000, mtime_ms / 1000))
    else:
        store = open_filesystem(place.uri, place.stores)
        store.client.native().set_times(place.uri.path, mtime_ms, mtime_ms)  # type: ignore[attr-defined]


def ends_on_hdfs(ends: tuple[Place, Place]) -> bool:
    return [end.uri.scheme for end in ends] == ["hdfs", "hdfs"]


@pytest.mark.parametrize("letters", ["-p", "-pb"])
def test_61_differs_a_tree_whose_attributes_are_kept_is_not_sent_again(command, ends, letters) -> None:
    source, target = ends
    source.make({"a": b"1", "d/b": b"22", "empty": b""}).settle()
    assert command("-update", letters, source, target)["COPY"] == 3
    done = command("-update", letters, source, target)
    assert (done.code, done["COPY"], done["SKIP"], done["BYTESCOPIED"]) == (0, 0, 3, 0)
    assert target.read() == {"a": b"1", "d/b": b"22", "empty": b""}


def test_onto_oss_the_store_joins_the_head_that_it_has_with_the_tail(command, make_place, oss_server) -> None:
    source, target = make_place("file", "source"), make_place("oss", "target")
    data = random.Random(3).randbytes(3_000_000)
    source.make({"grown": data[:2_000_000], "other": data[:2_000_000], "small": data[:1000]})
    words = ("-update", "-append", "--part-size", "256k", source, target)
    assert command(*words)["BYTESCOPIED"] == 4_001_000
    source.make({"grown": data, "other": data[::-1], "small": data[:2000]})
    done = command(*words)
    assert (done.code, done["COPY"], done["BYTESCOPIED"]) == (0, 3, 1_000_000 + 3_000_000 + 2000)
    assert (done["BYTESEXPECTED"], done["PROVEN_BY_TRANSFER"]) == (6_002_000, 3)
    assert target.read() == {"grown": data, "other": data[::-1], "small": data[:2000]}


def test_52_update_replaces_a_file_of_another_size_by_a_lone_file(command, ends) -> None:
    source, target = ends
    file = (source / "f").put(b"other content")
    (target / "f").put(b"old")
    assert command("-update", "-delete", file, target / "f").code == 0
    assert target.read() == {"f": b"other content"}


def test_53_without_flags_an_existing_shorter_file_is_kept(command, ends) -> None:
    source, target = ends
    (source / "s").make({"f": b"longer than before"})
    (target / "s").make({"f": b"old"})
    done = command(source / "s", target)
    assert (done.code, done["SKIP"], done["COPY"]) == (0, 1, 0)
    assert target.read() == {"s/f": b"old"}


def test_54_overwrite_replaces_same_length_content(command, ends) -> None:
    source, target = ends
    source.make({"f": b"new"})
    target.make({"f": b"OLD"})
    done = command("-overwrite", source, target)
    assert (done.code, done["COPY"]) == (0, 1)
    assert target.read() == {"f": b"new"}


def test_60_differs_a_directory_onto_a_file_and_a_file_onto_a_directory_fail_alone_also_with_i(command, ends) -> None:
    source, target = ends
    source.make({"d/x": b"1", "f": b"2", "fine": b"3"})
    target.make({"d": b"a file", "f/x": b"in a directory"})
    done = command("-i", "-update", source, target)
    assert (done.code, done["FAIL"], done["COPY"]) == (4, 2, 1)
    assert target.read() == {"d": b"a file", "f/x": b"in a directory", "fine": b"3"}
    assert "Next:" in done.text


def test_97_three_large_files_arrive_whole(command, ends) -> None:
    source, target = ends
    chance = random.Random(7)
    tree = {f"large-{megabytes}": chance.randbytes(megabytes * 1024 * 1024 + 1) for megabytes in (1, 2, 3)}
    source.make(tree)
    done = command("--part-size", "256k", "--chunk-size", "1m", source, target)
    assert (done.code, done["COPY"]) == (0, 3)
    assert done["BYTESCOPIED"] == sum(len(data) for data in tree.values())
    assert target.read() == tree


def test_the_counters_have_hadoops_form(command, local_ends) -> None:
    source, target = local_ends
    sizes = [25_866] * 10
    source.make({f"part-{number}": b"x" * size for number, size in enumerate(sizes)})
    done = command(source, target)
    assert done["COPY"] == 10
    assert done["BYTESCOPIED"] == done["BYTESEXPECTED"] == 258_660
    lines = done.text.splitlines()
    groups = [line for line in lines if line.startswith("\t") and not line.startswith("\t\t")]
    values = [line for line in lines if line.startswith("\t\t")]
    assert f"Counters: {len(values)}" in lines
    assert groups.index("\tFile System Counters") == 0
    assert "\torg.apache.hadoop.tools.mapred.CopyMapper$Counter" in groups


@pytest.mark.parametrize("flags", [(), ("-i",)], ids=["plain", "-i"])
def test_105_differs_a_file_that_cannot_be_read_fails_alone_and_the_exit_code_tells(
    command, local_ends, make_place, flags
) -> None:
    """A symbolic link is what even root cannot copy as a file."""
    source, target = local_ends
    log = make_place("file", "log")
    source.make({"a": b"1", "b": b"22", "c": b"333"})
    (source.local / "link").symlink_to("a")
    done = command(*flags, "-log", log, source, target)
    assert (done.code, done["COPY"], done["FAIL"]) == (4, 3, 1)
    assert target.read() == {"a": b"1", "b": b"22", "c": b"333"}
    text = b"".join(data or b"" for data in log.read().values()).decode()
    assert f"FAIL: {source}/link - " in text
    assert done.text.rstrip().endswith("does fail !!!")
