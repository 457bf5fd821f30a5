"""How files come to be at the target: cases 94 to 96."""

import pytest

from hdfs2oss.filesystems.registry import open_filesystem
from hdfs2oss.model.values import CopyItem, PlanSlice
from hdfs2oss.records.intents import Intent, claim, work_path_of
from hdfs2oss.records.jobdir import JobDir
from hdfs2oss.records.planfile import PlanWriter
from hdfs2oss.rules.filters import WORK_PREFIX

TREE = {"a": b"1", "d/b": b"2", "e/": None}


def work_names(place) -> list[str]:
    store = open_filesystem(place.uri, place.stores)
    if store.status(place.uri.path) is None:
        return []
    return [row.path for row in store.walk(place.uri.path) if WORK_PREFIX in row.path or "._WIP_" in row.path]


@pytest.mark.parametrize("words", [(), ("-direct",)], ids=["without -direct", "with -direct"])
def test_94_files_appear_under_their_names_with_and_without_direct(command, ends, oss_server, words) -> None:
    source, target = ends
    source.make({"a": b"1", "b": b"2"})
    done = command(*words, source, target)
    assert (done.code, done["COPY"]) == (0, 2), done.text
    assert target.read() == {"a": b"1", "b": b"2"}
    assert work_names(target) == []
    if target.uri.scheme == "oss" and source.uri.scheme == "file":
        # A request for each object, and none for a rename.
        assert "OSS: Number of write operations=2\n" in done.text


def test_95_an_atomic_copy_becomes_its_target_and_never_one_that_exists(command, ends) -> None:
    source, target = ends
    source.make(TREE)
    done = command("-atomic", source, target)
    if target.uri.scheme == "oss":
        assert (done.code, "nothing renames a tree at once" in done.text) == (2, True), done.text
        return
    files = [content for content in TREE.values() if content is not None]
    assert (done.code, done["COPY"], done["BYTESCOPIED"]) == (0, len(files), sum(map(len, files))), done.text
    assert target.read() == TREE
    again = command("-atomic", source, target)
    assert (again.code, f"the target {target} exists" in again.text) == (2, True), again.text
    assert target.read() == TREE
    parent = type(target)(target.uri.parent, target.stores)
    assert work_names(parent) == []


def test_95_an_atomic_copy_by_way_of_another_directory(command, ends) -> None:
    source, target = ends
    if target.uri.scheme == "oss":
        pytest.skip("nothing is renamed there")
    source.make(TREE)
    folder = type(target)(target.uri.parent.join("tmp"), target.stores)
    done = command("-atomic", "-tmp", folder, source / "a", target / "deep/a")
    assert (done.code, done["COPY"], done["BYTESCOPIED"]) == (0, 1, 1), done.text
    assert target.read() == {"deep/a": b"1"}
    assert work_names(type(target)(target.uri.parent, target.stores)) == []


def test_96_work_files_of_a_run_that_died_are_removed_and_those_of_others_stay(command, ends, home) -> None:
    source, target = ends
    if target.uri.scheme == "oss":
        pytest.skip("no file is written under another name there")
    source.make(TREE).settle()
    assert command("-update", "--job-dir", f"file://{home}/jobs", source, target).code == 0
    store = open_filesystem(target.uri, target.stores)
    records = next((home / "jobs").glob("*"))
    dead = JobDir(
        open_filesystem(target.uri._replace(scheme="file", authority="", path="/"), target.stores),
        str(records),
        "20200101-000000-000000",
    )
    plan = PlanWriter("plan/x.parquet")
    plan.add(CopyItem("a", 0, "COPY", "F", 1, 0), 1.0)
    slices: tuple[PlanSlice, ...] = tuple(plan.publish(dead))
    mine = claim(dead, Intent("copy-00000", 0, target.uri.path, 1, slices))
    path = target.uri.join("a").path
    ours = work_path_of(dead.run_id, "copy-00000", mine.number, path, 1)
    theirs = target.uri.join(f"{WORK_PREFIX}theirs").path
    for stray in (ours, theirs):
        store.put(stray, b"half", f"{stray}-w", {})
    done = command("-update", "--job-dir", f"file://{home}/jobs", source, target)
    assert (done.code, done["WORK_FILES_REMOVED"]) == (0, 1), done.text
    assert store.status(ours) is None
    assert store.status(theirs) is not None
