"""-atomic: the target is not there until all of it is, and then at once."""

import os
from dataclasses import replace

import pytest

from hdfs2oss.filesystems.local import LocalFileSystem
from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems, open_filesystem, seat_filesystem
from hdfs2oss.model.errors import CommitError, DuplicateEntry, Hdfs2ossError, PermissionDenied, UsageError
from hdfs2oss.model.uri import Uri
from hdfs2oss.records import generation as generations
from hdfs2oss.records.jobdir import JobDir
from hdfs2oss.records.leavings import WORK_DIRECTORY, Leaving, announce
from hdfs2oss.runners.local import LocalRunner

TREE = {"a": b"1", "d/b": b"2", "e/": None}


class WatchedFileSystem(LocalFileSystem):
    """Tells what was moved where; `meanwhile` happens before, and `refusal` is raised instead."""

    def __init__(self) -> None:
        super().__init__()
        self.moves: list[tuple[str, str]] = []
        self.meanwhile = lambda: None
        self.refusal: Hdfs2ossError | None = None
        self.loses_answers = False

    def move(self, path: str, new_path: str) -> None:
        self.meanwhile()
        if self.refusal is not None and not self.loses_answers:
            raise self.refusal
        self.moves.append((path, new_path))
        super().move(path, new_path)
        if self.refusal is not None:
            raise self.refusal


@pytest.fixture
def runner():
    """The store lives in this process, so tasks do too."""
    return LocalRunner(0)


@pytest.fixture
def store(oss_stores):
    store = WatchedFileSystem()
    seat_filesystem(Uri("file", "", "/"), oss_stores, store)
    yield store
    close_filesystems()


@pytest.fixture
def ends(make_place, store):
    return make_place("file", "source").make(TREE), make_place("file", "target")


def beside(target) -> list[str]:
    return sorted(name for name in os.listdir(target.local.parent) if name != "source")


def test_the_target_appears_by_one_rename(copy, ends, store) -> None:
    source, target = ends
    seen = []
    store.meanwhile = lambda: seen.extend(beside(target))
    assert copy(source, target, atomic=True).exit_code == 0
    assert target.read() == TREE
    assert [new_path for _, new_path in store.moves] == [target.uri.path]
    assert len(seen) == 1
    assert seen[0].startswith("._WIP_target-")
    assert beside(target) == ["target"]


def test_a_lone_file_and_several_sources_appear_likewise(copy, make_place, store) -> None:
    source = make_place("file", "source").make(TREE)
    file, several = make_place("file", "file"), make_place("file", "deep/several")
    assert copy(source / "a", file, atomic=True).exit_code == 0
    assert file.content() == b"1"
    assert copy([source / "a", source / "d"], several, atomic=True).exit_code == 0
    assert several.read() == {"a": b"1", "d/b": b"2"}
    assert len(store.moves) == 2


def test_the_work_directory_goes_where_it_is_told_to(copy, ends, make_place, store) -> None:
    source, target = ends
    folder = make_place("file", "tmp")
    assert copy(source, target, atomic=True, work_dir=folder.uri).exit_code == 0
    assert store.moves[0][0].startswith(f"{folder.uri.path}/._WIP_target-")
    assert target.read() == TREE


def test_the_contents_of_an_empty_directory_appear_as_one(copy, make_place, store) -> None:
    target = make_place("file", "target")
    assert copy(make_place("file", "source").make({}), target, atomic=True, overwrite=True).exit_code == 0
    assert target.read() == {}
    assert target.exists()


def test_a_target_that_exists_is_refused(copy, ends, store) -> None:
    source, target = ends
    target.make({"old": b"old"})
    with pytest.raises(UsageError, match=r"the target .* exists"):
        copy(source, target, atomic=True)
    with pytest.raises(UsageError, match=r"the target .* exists"):
        copy(source / "a", target / "old", atomic=True)
    assert target.read() == {"old": b"old"}


@pytest.mark.parametrize("option", ["log_path", "job_dir"])
def test_records_that_would_make_the_target_exist_are_refused_before_anything_is_written(copy, ends, option) -> None:
    source, target = ends
    with pytest.raises(UsageError, match="would exist before its end"):
        copy(source, target, atomic=True, **{option: (target / "ours/deep").uri})
    assert beside(target) == []


def test_a_home_in_the_target_is_refused_unless_the_records_go_elsewhere(copy, make_place, store, home) -> None:
    source = make_place("file", "source").make(TREE)
    home.rmdir()
    target = replace(source, uri=Uri("file", "", str(home)))
    with pytest.raises(UsageError, match="would exist before its end"):
        copy(source, target, atomic=True)
    assert copy(source, target, atomic=True, job_dir=(make_place("file", "jobs")).uri).exit_code == 0
    assert target.read() == TREE


def test_a_target_that_comes_meanwhile_is_kept_and_so_is_the_copy(copy, ends, store) -> None:
    source, target = ends
    store.meanwhile = lambda: target.make({"theirs": b"theirs"})
    with pytest.raises(CommitError, match=r"the copy is whole, in .*_WIP_target.* and could not become") as failure:
        copy(source, target, atomic=True)
    assert target.read() == {"theirs": b"theirs"}
    work = next(name for name in beside(target) if name.startswith("._WIP_"))
    assert f"hdfs dfs -mv file://{target.local.parent}/{work} {target}" in failure.value.hint
    store.meanwhile = lambda: None
    (target / "theirs").local.unlink()
    target.local.rmdir()
    assert copy(source, target, atomic=True).exit_code == 0
    assert beside(target) == ["target"]


def test_a_rename_whose_answer_was_lost_is_found_out(copy, ends, store) -> None:
    source, target = ends
    store.refusal, store.loses_answers = PermissionDenied("no answer"), True
    assert copy(source, target, atomic=True).exit_code == 0
    assert target.read() == TREE


def test_nothing_is_published_when_a_file_failed_and_nothing_is_left(copy, ends, store) -> None:
    source, target = ends
    (source / "link").local.symlink_to("a")
    done = copy(source, target, atomic=True)
    assert done.exit_code == 4
    assert any("nothing was published" in notice for notice in done.notices)
    assert beside(target) == []


def test_a_run_that_ends_badly_leaves_no_work_directory(copy, ends, make_place, store) -> None:
    source, target = ends
    twin = make_place("file", "source/twin").make({"a": b"another a"})
    with pytest.raises(DuplicateEntry):
        copy([source / "a", twin / "a"], target, atomic=True)
    assert beside(target) == []


def test_the_work_directory_of_a_run_that_was_killed_goes_with_the_next_one(copy, ends, store, home, count) -> None:
    source, target = ends
    (source / "link").local.symlink_to("a")
    copy(source, target, atomic=True)
    (source / "link").local.unlink()
    dead = JobDir(store, str(next(home.glob(".hdfs2oss/*"))), "20200101-000000-000000")
    work = Uri("file", "", f"{target.local.parent}/._WIP_target-dead")
    announce(dead, Leaving(WORK_DIRECTORY, work))
    store.put(f"{work.path}/half", b"", f"{work.path}/w", {})
    done = copy(source, target, atomic=True)
    assert (done.exit_code, count(done, "LEAVINGS_REMOVED")) == (0, 1)
    assert beside(target) == ["target"]


def test_onto_oss_nothing_can_be_switched_at_once(copy, make_place, store) -> None:
    source, target = make_place("file", "source").make(TREE), make_place("oss", "target")
    with pytest.raises(UsageError, match="nothing renames a tree at once"):
        copy(source, target, atomic=True)
    assert not target.exists()


def test_a_work_directory_in_the_wrong_place_is_refused(copy, ends, store, make_place) -> None:
    source, target = ends
    with pytest.raises(UsageError, match="lies in the target"):
        copy(source, target, atomic=True, work_dir=(target / "x").uri)
    with pytest.raises(UsageError, match="lies in the source"):
        copy(source, target, atomic=True, work_dir=(source / "d").uri)
    with pytest.raises(UsageError, match="is on another file system"):
        copy(source, target, atomic=True, work_dir=make_place("oss", "tmp").uri)


def known_of(home) -> list[str]:
    (pair,) = (home / ".hdfs2oss").glob("*/ledger")
    job_dir = JobDir(open_filesystem(Uri("file", "", "/"), StoreConfig()), str(pair.parent), "")
    return [row.path for row in generations.read_all(job_dir)]


def test_what_was_not_published_is_not_known_to_be_there(copy, local_ends, home) -> None:
    source, target = local_ends
    source.make({"a": b"1", "b": b"2"})
    os.mkfifo(source.local / "pipe")
    assert copy(source, target, atomic=True).exit_code != 0
    assert not target.exists()
    assert known_of(home) == []
    (source.local / "pipe").unlink()
    assert copy(source, target, atomic=True).exit_code == 0
    assert known_of(home) == ["a", "b"]


def test_of_a_lone_file_its_work_name_is_not_known(copy, local_ends, home) -> None:
    source, target = local_ends
    source.make({"a": b"1"})
    (target / "x").make({})
    assert copy(source / "a", target / "new", atomic=True).exit_code == 0
    assert known_of(home) == []
