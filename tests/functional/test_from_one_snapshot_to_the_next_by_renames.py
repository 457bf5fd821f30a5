"""-diff and -rdiff where the target has snapshots, too: it is renamed in place, and must not have changed."""

import json
import os
import random

import pytest

from hdfs2oss.filesystems.registry import close_filesystems, seat_filesystem
from hdfs2oss.model.errors import BrakeError, CommitError, PermissionDenied, SurveyError, UsageError
from hdfs2oss.model.uri import Uri
from hdfs2oss.rules.filters import WORK_PREFIX
from tests.functional.conftest import IN_THIS_PROCESS
from tests.functional.test_from_one_snapshot_to_the_next import REWORKED, TREE, disturb, rework
from tests.stores.snapshots import SnapshotFileSystem

pytestmark = [IN_THIS_PROCESS, pytest.mark.slow]


class TiringFileSystem(SnapshotFileSystem):
    """Moves so often, and then no more."""

    strength = 10**9

    def move(self, path: str, new_path: str) -> None:
        if self.strength == 0:
            raise PermissionDenied(f"cannot move {path}: tired")
        self.strength -= 1
        super().move(path, new_path)


@pytest.fixture
def store(oss_stores):
    store = TiringFileSystem()
    seat_filesystem(Uri("file", "", "/"), oss_stores, store)
    yield store
    close_filesystems()


@pytest.fixture
def ends(make_place, store, copy):
    """A source, and a target that holds its snapshot `s1` and has one of that name."""
    source, target = make_place("file", "source").make(TREE), make_place("file", "target")
    store.allow(source.local)
    store.make_snapshot(source.uri.path, "s1")
    copy(source, target, update=True, from_snapshot="s1")
    store.allow(target.local)
    store.make_snapshot(target.uri.path, "s1")
    return source, target


def read(place) -> dict[str, bytes | None]:
    return {path: data for path, data in place.read().items() if not path.startswith(".snapshot")}


def test_renames_and_deletes_are_applied_and_only_what_is_new_travels(copy, ends, store, count) -> None:
    source, target = ends
    rework(source, store)
    source.make({"b/f": b"after s2"})
    done = copy(source, target, update=True, diff=("s1", "s2"))
    assert done.exit_code == 0
    assert read(target) == REWORKED
    assert (count(done, "COPY"), count(done, "SNAPSHOT_RENAMES"), count(done, "SNAPSHOT_DELETES")) == (4, 4, 1)


def test_up_to_what_is_there_now(copy, ends, store) -> None:
    source, target = ends
    rework(source, store)
    source.make({"b/f": b"after s2"})
    assert copy(source, target, update=True, diff=("s1", ".")).exit_code == 0
    assert read(target) == {**REWORKED, "b/f": b"after s2"}


def test_a_target_that_changed_is_refused(copy, ends, store) -> None:
    source, target = ends
    rework(source, store)
    target.make({"intruder": b"!"})
    with pytest.raises(BrakeError, match=r"changed since its snapshot s1: CREATE intruder"):
        copy(source, target, update=True, diff=("s1", "s2"))
    assert read(target) == {**TREE, "intruder": b"!"}


def test_a_target_without_the_snapshot_is_refused_and_so_is_one_that_has_none_to_compare(
    copy, ends, store, make_place
) -> None:
    source, target = ends
    rework(source, store)
    store.drop_snapshot(target.uri.path, "s1")
    with pytest.raises(SurveyError, match=r"no snapshot s1 of the target .*snapshottable and has no snapshot"):
        copy(source, target, update=True, diff=("s1", "s2"))


def test_an_immediate_second_run_is_refused(copy, ends, store) -> None:
    source, target = ends
    rework(source, store)
    copy(source, target, update=True, diff=("s1", "s2"))
    with pytest.raises(BrakeError, match="holds the snapshot s2 already") as refusal:
        copy(source, target, update=True, diff=("s1", "s2"))
    assert f"hdfs dfs -createSnapshot {target.uri.path} s2" in refusal.value.hint


def test_the_way_back_takes_from_the_source_what_is_not_there(copy, ends, store) -> None:
    source, target = ends
    rework(target, store)
    assert copy(source, target, update=True, rdiff=("s2", "s1")).exit_code == 0
    assert read(target) == TREE


def test_the_way_back_of_a_directory_by_itself(copy, ends, store) -> None:
    source, _ = ends
    rework(source, store)
    assert copy(source, source, update=True, rdiff=("s2", "s1")).exit_code == 0
    assert read(source) == TREE


def test_a_directory_cannot_be_its_own_target_otherwise(copy, ends, store) -> None:
    source, _ = ends
    rework(source, store)
    with pytest.raises(UsageError, match="are the same"):
        copy(source, source, update=True, diff=("s1", "s2"))


def test_the_job_directory_within_the_target_is_no_change_of_it(copy, make_place, store) -> None:
    source, target = make_place("file", "source").make(TREE), make_place("file", "target")
    job_dir = (target / "jobs").uri
    store.allow(source.local)
    store.make_snapshot(source.uri.path, "s1")
    copy(source, target, update=True, from_snapshot="s1", job_dir=job_dir)
    store.allow(target.local)
    store.make_snapshot(target.uri.path, "s1")
    rework(source, store)
    assert copy(source, target, update=True, diff=("s1", "s2"), job_dir=job_dir).exit_code == 0
    assert {path: data for path, data in read(target).items() if not path.startswith("jobs/")} == REWORKED


def test_a_directory_that_holds_our_records_is_neither_moved_nor_deleted(copy, make_place, store) -> None:
    source, target = make_place("file", "source").make(TREE), make_place("file", "target")
    job_dir = (target / "gone/jobs").uri
    for place in (source, target):
        store.allow(place.local)
    store.make_snapshot(source.uri.path, "s1")
    copy(source, target, update=True, from_snapshot="s1", job_dir=job_dir)
    store.make_snapshot(target.uri.path, "s1")
    rework(source, store)
    with pytest.raises(BrakeError, match="holds records of hdfs2oss, and gone was renamed or deleted"):
        copy(source, target, update=True, diff=("s1", "s2"), job_dir=job_dir)
    assert {path: data for path, data in read(target).items() if "jobs/" not in path} == TREE


def test_a_directory_that_goes_and_of_which_nothing_was_taken_need_not_be_there(copy, make_place, store) -> None:
    source, target = make_place("file", "source").make(TREE), make_place("file", "target")
    for place in (source, target):
        store.allow(place.local)
    store.make_snapshot(source.uri.path, "s1")
    copy(source, target, update=True, from_snapshot="s1", include=("f",))
    store.make_snapshot(target.uri.path, "s1")
    assert "gone" not in os.listdir(target.local)
    rework(source, store)
    assert copy(source, target, update=True, diff=("s1", "s2"), include=("f",)).exit_code == 0
    assert read(target) == {path: REWORKED[path] for path in ("a/f", "b/f")}


@pytest.mark.parametrize("strength", range(11))
def test_a_run_that_ends_at_any_rename_is_gone_on_with(copy, ends, store, home, strength) -> None:
    source, target = ends
    rework(source, store)
    store.strength = strength
    try:
        copy(source, target, update=True, diff=("s1", "s2"))
    except CommitError:
        (state,) = (json.loads(path.read_text()) for path in home.glob(".hdfs2oss/*/state.json"))
        assert state["step"] in ("STAGE", "PLACE")
    else:
        assert strength >= 9
    store.strength = 10**9
    if strength < 9:
        assert copy(source, target, update=True, diff=("s1", "s2")).exit_code == 0
    assert read(target) == REWORKED
    assert not list(target.local.glob(f"{WORK_PREFIX}*"))


@pytest.mark.parametrize("seed", range(10))
def test_random_trees_follow_their_source_there_and_back(copy, make_place, store, seed) -> None:
    dice = random.Random(seed)
    source = make_place("file", "random").make({"d/f": b"0", "e/f": b"1", "e/d/g": b"2", "f": b"3"})
    target = make_place("file", "target")
    store.allow(source.local)
    store.make_snapshot(source.uri.path, "s0")
    copy(source, target, update=True, from_snapshot="s0")
    store.allow(target.local)
    store.make_snapshot(target.uri.path, "s0")
    for number in (1, 2):
        for _ in range(dice.randint(1, 8)):
            disturb(source.local, dice)
        store.make_snapshot(source.uri.path, f"s{number}")
        span = (f"s{number - 1}", f"s{number}")
        store.strength = dice.randint(0, 10)
        try:
            copy(source, target, update=True, diff=span)
        except CommitError:
            store.strength = 10**9
            copy(source, target, update=True, diff=span)
        store.strength = 10**9
        assert read(target) == (source / f".snapshot/s{number}").read()
        store.make_snapshot(target.uri.path, f"s{number}")
    copy(source, target, update=True, rdiff=("s2", "s1"))
    assert read(target) == (source / ".snapshot/s1").read()
    assert os.path.isdir(target.local)
