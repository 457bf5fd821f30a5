"""-diff and -rdiff onto OSS: what was renamed, deleted and made between two snapshots; neither side is listed."""

import json
import os
import random
import shutil

import pytest

from hdfs2oss.filesystems.registry import open_filesystem
from hdfs2oss.local_oss.faults.rule import Rule
from hdfs2oss.model.errors import BrakeError, CommitError, SourceNotFound, SurveyError, UsageError
from hdfs2oss.model.uri import Uri
from hdfs2oss.records import generation
from hdfs2oss.records.jobdir import JobDir
from hdfs2oss.rules.filters import WORK_PREFIX
from tests.functional.conftest import IN_THIS_PROCESS

pytestmark = [IN_THIS_PROCESS, pytest.mark.slow]

TREE = {
    "a/f": b"a-f",
    "a/g": b"a-g",
    "b/f": b"b-f",
    "gone/x": b"x",
    "gone/deep/y": b"y",
    "kept": b"kept",
    "old name": b"renamed",
    "e/": None,
}


@pytest.fixture
def source(make_place, store):
    """A directory of which snapshots may be made."""
    source = make_place("file", "source").make(TREE)
    store.allow(source.local)
    return source


@pytest.fixture
def target(make_place):
    return make_place("oss", "target")


@pytest.fixture
def hold(copy, source, store, target):
    """Let the target hold the snapshot `s1` of the source as it is."""

    def make(**options) -> None:
        store.make_snapshot(source.uri.path, "s1")
        assert copy(source, target, update=True, from_snapshot="s1", **options).exit_code == 0

    return make


def rework(source, store) -> None:
    """A swap of two directories, a rename out of what goes, and the usual; then the snapshot `s2`."""
    root = source.local
    for old, new in (("a", "t"), ("b", "a"), ("t", "b"), ("old name", "b/new name"), ("gone/x", "saved")):
        os.rename(root / old, root / new)
    shutil.rmtree(root / "gone")
    source.make({"b/f": b"a-f, written to", "new/one": b"1", "new/empty/": None, "a/added": b"+"})
    os.rename(root / "kept", root / "new/kept")
    store.make_snapshot(source.uri.path, "s2")


REWORKED = {
    "a/f": b"b-f",
    "a/added": b"+",
    "b/f": b"a-f, written to",
    "b/g": b"a-g",
    "b/new name": b"renamed",
    "saved": b"x",
    "new/one": b"1",
    "new/empty/": None,
    "new/kept": b"kept",
    "e/": None,
}


def test_renames_and_deletes_are_applied_and_only_what_is_new_travels(copy, source, target, store, hold, count) -> None:
    hold()
    rework(source, store)
    source.make({"b/f": b"after s2"})
    done = copy(source, target, update=True, diff=("s1", "s2"))
    assert done.exit_code == 0
    assert target.read() == REWORKED
    new = ["b/f", "a/added", "new/one", "saved"]
    assert count(done, "BYTESCOPIED") == sum(len(REWORKED[path]) for path in new)
    assert (count(done, "COPY"), count(done, "SNAPSHOT_RENAMES"), count(done, "SNAPSHOT_DELETES")) == (4, 4, 1)


def test_neither_side_is_listed_to_know_what_changed(copy, source, target, store, hold, oss_server) -> None:
    source.make({f"many/{number:03d}": b"" for number in range(300)})
    hold()
    rework(source, store)
    done = copy(source, target, update=True, diff=("s1", "s2"))
    assert done.counters.get("hdfs2oss", "FILES_LISTED") == 4
    assert done.exit_code == 0
    assert len(target.read()) == len(REWORKED) + 300


def test_one_difference_after_another(copy, source, target, store, hold) -> None:
    hold()
    rework(source, store)
    copy(source, target, update=True, diff=("s1", "s2"))
    (source / "b").local.rename(source.local / "c")
    store.make_snapshot(source.uri.path, "s3")
    assert copy(source, target, update=True, diff=("s2", "s3")).exit_code == 0
    assert target.read() == {path.replace("b/", "c/"): data for path, data in REWORKED.items()}


def test_the_ledger_knows_what_it_did_not_touch_and_what_it_copied(copy, source, target, store, hold) -> None:
    source.make({"other/x": b"1"})
    hold()
    rework(source, store)
    done = copy(source, target, update=True, diff=("s1", "s2"))
    place = Uri("file", "", done.job_dir.removeprefix("file://").partition("/runs/")[0])
    rows = generation.read_all(JobDir(open_filesystem(place, target.stores), place.path, done.run_id))
    # Neither what was renamed nor what was deleted: by another name it is another object.
    assert [row.path for row in rows] == ["a/added", "b/f", "new/one", "other/x", "saved"]


def test_the_way_back(copy, source, target, store, hold) -> None:
    hold()
    rework(source, store)
    copy(source, target, update=True, diff=("s1", "s2"))
    assert copy(source, target, update=True, rdiff=("s2", "s1")).exit_code == 0
    assert target.read() == TREE


def test_a_source_below_the_snapshottable_directory(copy, make_place, store, target) -> None:
    lake = make_place("file", "lake").make({"other/x": b"x"})
    source = (lake / "data").make(TREE)
    store.allow(lake.local)
    store.make_snapshot(lake.uri.path, "s1")
    copy(source, target, from_snapshot="s1")
    rework(source, type("Lake", (), {"make_snapshot": staticmethod(lambda path, name: None)}))
    os.rename(source.local / "a", lake.local / "other/a")
    os.rename(lake.local / "other/x", source.local / "came")
    store.make_snapshot(lake.uri.path, "s2")
    assert copy(source, target, update=True, diff=("s1", "s2")).exit_code == 0
    left = {path: data for path, data in REWORKED.items() if not path.startswith("a/")}
    assert target.read() == {**left, "came": b"x"}
    os.rename(source.local, lake.local / "moved")
    os.rename(lake.local / "other", source.local)
    store.make_snapshot(lake.uri.path, "s3")
    with pytest.raises(SurveyError, match="is not the same directory in the two snapshots"):
        copy(source, target, update=True, diff=("s2", "s3"))


def test_filters_see_both_names(copy, source, target, store, hold) -> None:
    filters = (r".*/hidden.*",)
    source.make({"hidden file": b"h", "d/hidden": b"dh", "d/seen": b"ds"})
    hold(filters=filters)
    for old, new in (("kept", "hidden now"), ("hidden file", "seen now"), ("d", "moved")):
        os.rename(source.local / old, source.local / new)
    store.make_snapshot(source.uri.path, "s2")
    with pytest.raises(BrakeError, match="copied with other filters"):
        copy(source, target, update=True, diff=("s1", "s2"))
    assert copy(source, target, update=True, diff=("s1", "s2"), filters=filters).exit_code == 0
    expected = {**TREE, "seen now": b"h", "moved/seen": b"ds"}
    del expected["kept"]
    assert target.read() == expected


def test_a_directory_that_lost_its_last_file_stays(copy, source, target, store, hold) -> None:
    hold()
    os.rename(source.local / "b/f", source.local / "f")
    (source.local / "gone/x").unlink()
    store.make_snapshot(source.uri.path, "s2")
    copy(source, target, update=True, diff=("s1", "s2"))
    expected = {**TREE, "f": b"b-f", "b/": None}
    assert target.read() == {path: data for path, data in expected.items() if path not in ("b/f", "gone/x")}


def test_our_own_places_at_the_target_are_neither_moved_nor_deleted(copy, source, target, store, hold) -> None:
    source.make({"logs/x": b"x"})
    options = {"log_path": (target / "logs/ours").uri, "job_dir": (target / "gone/jobs").uri}
    hold(**options)
    rework(source, store)
    os.rename(source.local / "logs", source.local / "elsewhere")
    store.make_snapshot(source.uri.path, "s3")
    assert copy(source, target, update=True, diff=("s1", "s3"), **options).exit_code == 0
    found = target.read()
    assert {path: data for path, data in found.items() if "ours" not in path and "/jobs/" not in path} == {
        **REWORKED,
        "elsewhere/x": b"x",
    }
    assert len([path for path in found if path.startswith("logs/ours/") and "part-m" in path]) >= 2
    assert any(path.startswith("gone/jobs/") and path.endswith("report.json") for path in found)


# What is refused.


def test_a_target_of_which_nothing_is_known_is_refused_with_the_command_that_makes_it_so(
    copy, source, target, store
) -> None:
    store.make_snapshot(source.uri.path, "s1")
    rework(source, store)
    copy(source, target)
    with pytest.raises(BrakeError, match=r"it is not known that the target .* holds the snapshot s1") as refusal:
        copy(source, target, update=True, diff=("s1", "s2"))
    assert f"hdfs2oss -update --from-snapshot s1 {source} {target}" in refusal.value.hint


def test_a_target_that_holds_another_snapshot_is_refused(copy, source, target, store, hold) -> None:
    hold()
    rework(source, store)
    store.make_snapshot(source.uri.path, "s3")
    with pytest.raises(BrakeError, match="holds the snapshot s1, not s2"):
        copy(source, target, update=True, diff=("s2", "s3"))
    assert copy(source, target, update=True, diff=("s1", "s3")).exit_code == 0
    with pytest.raises(BrakeError, match="holds the snapshot s3, not s1") as refusal:
        copy(source, target, update=True, diff=("s1", "s3"))
    assert "there is nothing to do" in refusal.value.hint


def test_after_another_copy_nothing_is_known_any_more(copy, source, target, store, hold) -> None:
    hold()
    rework(source, store)
    copy(source, target, update=True)
    with pytest.raises(BrakeError, match="it is not known"):
        copy(source, target, update=True, diff=("s1", "s2"))


def test_a_snapshot_made_anew_is_another_one(copy, source, target, store, hold) -> None:
    hold()
    store.drop_snapshot(source.uri.path, "s1")
    store.make_snapshot(source.uri.path, "s1")
    os.utime(source.local / ".snapshot/s1", (1_600_000_000, 1_600_000_000))
    rework(source, store)
    with pytest.raises(BrakeError, match="it was made anew"):
        copy(source, target, update=True, diff=("s1", "s2"))


def test_a_copy_that_left_old_files_alone_proves_nothing(copy, source, target, store) -> None:
    store.make_snapshot(source.uri.path, "s1")
    (target / "source").make({"kept": b"other bytes"})
    copy(source, target, from_snapshot="s1")
    rework(source, store)
    with pytest.raises(BrakeError, match="it is not known"):
        copy(source, target, update=True, diff=("s1", "s2"))


def test_snapshots_that_are_missing_or_in_the_wrong_order_are_refused(copy, source, target, store, hold) -> None:
    hold()
    rework(source, store)
    with pytest.raises(SourceNotFound, match=r"no snapshot s9 .* has the snapshots s1, s2"):
        copy(source, target, update=True, diff=("s1", "s9"))
    with pytest.raises(SourceNotFound, match="no snapshot s0"):
        copy(source, target, update=True, diff=("s0", "s2"))
    with pytest.raises(UsageError, match=r"s1 of .* is not newer than s2"):
        copy(source, target, update=True, diff=("s2", "s1"))
    with pytest.raises(UsageError, match="what is there now is no snapshot"):
        copy(source, target, update=True, diff=("s1", "."))


def test_sources_that_are_no_single_directory_with_snapshots_are_refused(copy, source, target, store, hold) -> None:
    hold()
    rework(source, store)
    with pytest.raises(UsageError, match="was given 2 sources"):
        copy([source / "a", source / "b"], target, update=True, diff=("s1", "s2"))
    with pytest.raises(UsageError, match="was given a file"):
        copy(source / "a/f", target, update=True, diff=("s1", "s2"))
    with pytest.raises(UsageError, match="has no snapshots"):
        copy(target, source, update=True, diff=("s1", "s2"))


# Runs that end on the way.


def states(home) -> list[dict]:
    return [json.loads(path.read_text()) for path in home.glob(".hdfs2oss/*/state.json")]


@pytest.mark.parametrize(
    ("operation", "after", "step"),
    [
        ("copy_object", 1, "STAGE"),
        ("copy_object", 4, "PLACE"),
        ("copy_object", 6, "PLACE"),
        ("delete_objects", 1, "PLACE"),
        ("delete_objects", 3, "DROP"),
        ("put_object", 1, "COPY"),
    ],
)
def test_a_run_that_ends_in_any_step_is_gone_on_with(
    copy, source, target, store, hold, oss_server, home, operation, after, step
) -> None:
    hold()
    rework(source, store)
    oss_server.plan.replace(
        [Rule("error", operation=operation, after=after, status=403, code="AccessDenied", message="no")]
    )
    try:
        if step == "COPY":
            assert copy(source, target, update=True, diff=("s1", "s2")).exit_code == 4
        else:
            with pytest.raises(CommitError, match="from the snapshot s1 to s2"):
                copy(source, target, update=True, diff=("s1", "s2"))
    finally:
        oss_server.plan.replace([])
    assert [state["step"] for state in states(home)] == [step]
    store.make_snapshot(source.uri.path, "s3")
    with pytest.raises(BrakeError, match="was left half-way from the snapshot s1 to s2"):
        copy(source, target, update=True, diff=("s1", "s3"))
    assert copy(source, target, update=True, diff=("s1", "s2")).exit_code == 0
    assert target.read() == REWORKED
    assert states(home)[0]["held"]["snapshot"] == "s2"


def test_uploads_of_copies_that_a_killed_run_left_are_dropped_and_no_others(
    copy, source, target, store, hold, oss_server, count
) -> None:
    hold()
    rework(source, store)
    oss_server.plan.replace([Rule("error", operation="copy_object", after=4, status=403, code="AccessDenied")])
    with pytest.raises(CommitError):
        copy(source, target, update=True, diff=("s1", "s2"))
    oss_server.plan.replace([])
    bucket = open_filesystem(target.uri, target.stores)
    theirs = (target / "elsewhere").uri.path
    for path in ((target / "b/f").uri.path, (target / "saved").uri.path, theirs):
        bucket.begin_upload(path)
    done = copy(source, target, update=True, diff=("s1", "s2"))
    assert (done.exit_code, count(done, "UPLOADS_DROPPED")) == (0, 1)
    assert {one.path for one in bucket.find_uploads(target.uri.path)} == {theirs, (target / "saved").uri.path}


def test_a_full_copy_after_an_interrupted_difference_clears_its_hidden_place(
    copy, source, target, store, hold, oss_server
) -> None:
    hold()
    rework(source, store)
    oss_server.plan.replace([Rule("error", operation="delete_objects", after=1, status=403, code="AccessDenied")])
    with pytest.raises(CommitError):
        copy(source, target, update=True, diff=("s1", "s2"))
    oss_server.plan.replace([])
    assert any(WORK_PREFIX in path for path in target.read())
    assert copy(source, target, update=True, from_snapshot="s2").exit_code == 0
    assert not any(WORK_PREFIX in path for path in target.read())


@pytest.mark.parametrize("seed", range(12))
def test_random_trees_follow_their_source_through_random_ends(
    copy, make_place, store, target, oss_server, seed
) -> None:
    dice = random.Random(seed)
    source = make_place("file", "random").make({"d/f": b"0", "e/f": b"1", "e/d/g": b"2", "f": b"3"})
    store.allow(source.local)
    store.make_snapshot(source.uri.path, "s0")
    copy(source, target, update=True, from_snapshot="s0")
    for number in range(1, 4):
        for _ in range(dice.randint(1, 8)):
            disturb(source.local, dice)
        store.make_snapshot(source.uri.path, f"s{number}")
        span = (f"s{number - 1}", f"s{number}")
        oss_server.plan.replace(
            [Rule("error", operation="copy_object", after=dice.randint(0, 6), status=403, code="AccessDenied")]
        )
        try:
            copy(source, target, update=True, diff=span)
        except CommitError:
            oss_server.plan.replace([])
            copy(source, target, update=True, diff=span)
        finally:
            oss_server.plan.replace([])
        expected = (source / f".snapshot/s{number}").read()
        assert target.read() == {path: data for path, data in expected.items() if not path.startswith(".snapshot")}


def disturb(root, dice: random.Random) -> None:
    """Rename, swap, remove or write something below a directory."""
    inside = [path for path in root.rglob("*") if ".snapshot" not in path.parts]
    folders = [root, *(path for path in inside if path.is_dir())]
    new = dice.choice(folders) / dice.choice("defg")
    what = dice.choice(["rename", "rename", "swap", "remove", "write"])
    old = dice.choice(inside) if inside else None
    if what == "write" or old is None:
        if not new.is_dir():
            new.write_bytes(dice.randbytes(dice.randint(0, 9)))
    elif what == "rename":
        if not new.exists() and old not in new.parents:
            old.rename(new)
    elif what == "swap":
        other = dice.choice(inside)
        if other != old and old not in other.parents and other not in old.parents:
            old.rename(root / "tmp")
            other.rename(old)
            (root / "tmp").rename(other)
    elif old.is_dir():
        shutil.rmtree(old)
    else:
        old.unlink()
