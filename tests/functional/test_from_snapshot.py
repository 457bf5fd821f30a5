"""--from-snapshot and --make-snapshot: what is copied is what a snapshot holds, under the names it has outside."""

import pytest

from hdfs2oss.model.errors import SourceNotFound, UsageError
from hdfs2oss.model.uri import Uri
from hdfs2oss.records.jobdir import JobDir
from hdfs2oss.records.leavings import SNAPSHOT, Leaving, announce, confirm
from tests.functional.conftest import IN_THIS_PROCESS

pytestmark = IN_THIS_PROCESS


@pytest.fixture
def lake(make_place, store):
    """A directory of which snapshots may be made, with one, `s1`, of `data` in it as it was before."""
    lake = make_place("file", "lake")
    (lake / "data").make({"a": b"old", "d/b": b"kept", "d/gone": b"gone"})
    store.allow(lake.local)
    store.make_snapshot(lake.uri.path, "s1")
    (lake / "data").make({"a": b"newer", "new": b"new"})
    (lake / "data/d/gone").local.unlink()
    return lake


OLD = {"a": b"old", "d/b": b"kept", "d/gone": b"gone"}


def snapshots(lake) -> set[str]:
    return {path.name for path in (lake / ".snapshot").local.iterdir()}


def test_the_source_is_read_as_the_snapshot_of_a_directory_above_it_holds_it(copy, lake, make_place) -> None:
    target = make_place("oss", "target")
    done = copy(lake / "data", target, from_snapshot="s1")
    assert done.exit_code == 0
    assert target.read() == OLD
    assert ".snapshot" not in done.source


def test_a_source_keeps_its_name_below_a_target_that_is_there(copy, lake, make_place) -> None:
    target = make_place("oss", "target").make({"other": b""})
    copy(lake / "data", target, from_snapshot="s1")
    assert target.read() == {"other": b"", **{f"data/{path}": data for path, data in OLD.items()}}


def test_files_patterns_and_several_sources_are_found_in_the_snapshot(copy, lake, make_place) -> None:
    target = make_place("oss", "target")
    assert copy([lake / "data/a", lake / "data/d/*"], target, from_snapshot="s1").exit_code == 0
    assert target.read() == {"a": b"old", "b": b"kept", "gone": b"gone"}


def test_filters_and_the_log_see_the_names_outside(copy, lake, make_place, tmp_path) -> None:
    target, log = make_place("oss", "target"), Uri("file", "", str(tmp_path / "log"))
    assert (
        copy(
            lake / "data",
            target,
            from_snapshot="s1",
            filters=(f"{lake.uri.path}/data/d/g.*",),
            log_path=log,
            verbose=True,
        ).exit_code
        == 0
    )
    assert target.read() == {"a": b"old", "d/b": b"kept"}
    lines = "".join(path.read_text() for path in (tmp_path / "log").rglob("part-*"))
    assert f"FILE_COPIED: source=file://{lake.uri.path}/data/a" in lines
    assert ".snapshot" not in lines


def test_a_large_file_is_read_in_chunks_from_the_snapshot(copy, lake, make_place, store) -> None:
    (lake / "data/large").put(b"x" * 450_000)
    store.make_snapshot(lake.uri.path, "s2")
    (lake / "data/large").put(b"y" * 450_000)
    target = make_place("oss", "target")
    parts = {"part_size_bytes": 100 * 1024, "chunk_size_bytes": 200 * 1024}
    assert copy(lake / "data", target, from_snapshot="s2", **parts).exit_code == 0
    assert (target / "large").content() == b"x" * 450_000


def test_a_snapshot_that_is_missing_is_refused_with_those_there_are(copy, lake, make_place) -> None:
    target = make_place("oss", "target")
    with pytest.raises(SourceNotFound, match=r"no snapshot s9 of .*data: .*lake has the snapshots s1"):
        copy(lake / "data", target, from_snapshot="s9")
    with pytest.raises(SourceNotFound, match="does not exist in its snapshot s1"):
        copy(lake / "data/new", target, from_snapshot="s1")
    with pytest.raises(SourceNotFound, match=r"no directory at or above .* is snapshottable"):
        copy(make_place("file", "elsewhere").make({"a": b""}), target, from_snapshot="s1")
    assert not target.exists()


def test_what_has_no_snapshots_or_is_in_one_is_refused(copy, lake, make_place) -> None:
    with pytest.raises(UsageError, match="has no snapshots"):
        copy(make_place("oss", "source").make({"a": b""}), make_place("oss", "target"), from_snapshot="s1")
    with pytest.raises(UsageError, match="names a snapshot already"):
        copy(lake / ".snapshot/s1", make_place("oss", "target"), from_snapshot="s1")


def test_a_snapshot_is_made_read_and_dropped(copy, lake, make_place, count) -> None:
    target = make_place("oss", "target")
    done = copy(lake / "data", target, from_snapshot="mine", make_snapshot=True)
    assert done.exit_code == 0
    assert target.read() == {"a": b"newer", "d/b": b"kept", "new": b"new"}
    assert (count(done, "SNAPSHOTS_MADE"), count(done, "SNAPSHOTS_DROPPED")) == (1, 1)
    assert snapshots(lake) == {"s1"}


def test_a_snapshot_of_that_name_is_left_alone(copy, lake, make_place) -> None:
    with pytest.raises(UsageError, match="has a snapshot s1 already"):
        copy(lake / "data", make_place("oss", "target"), from_snapshot="s1", make_snapshot=True)
    assert snapshots(lake) == {"s1"}


def test_where_none_may_be_made_the_command_that_allows_it_is_named(copy, make_place, store) -> None:
    source = make_place("file", "elsewhere").make({"a": b""})
    with pytest.raises(UsageError) as refusal:
        copy(source, make_place("oss", "target"), from_snapshot="mine", make_snapshot=True)
    assert f"hdfs dfsadmin -allowSnapshot {source.uri.path}" in refusal.value.hint


def test_a_copy_that_fails_drops_its_snapshot(copy, lake, make_place, store) -> None:
    target = make_place("file", "target")
    target.put(b"a file stands where the target is due")
    with pytest.raises(UsageError):
        copy(lake / "data", target, from_snapshot="mine", make_snapshot=True)
    target = make_place("file", "other").make({"data/a/": None})
    assert copy(lake / "data", target, from_snapshot="mine", make_snapshot=True).exit_code == 4
    assert snapshots(lake) == {"s1"}


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_the_snapshot_of_a_run_that_was_killed_is_dropped_by_the_next_one(
    copy, lake, make_place, store, count, home, is_confirmed
) -> None:
    target = make_place("oss", "target")
    first = copy(lake / "data", target, update=True)
    dead = JobDir(store, str(next(home.glob(".hdfs2oss/*"))), "20200101-000000-000000")
    leaving = announce(dead, Leaving(SNAPSHOT, lake.uri, "mine"))
    store.make_snapshot(lake.uri.path, "mine")
    if is_confirmed:
        confirm(dead, leaving, store.status(f"{lake.uri.path}/.snapshot/mine").mtime_ms)
    again = copy(lake / "data", target, update=True)
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert count(again, "LEAVINGS_REMOVED") == 1
    assert snapshots(lake) == {"s1"}


def test_a_snapshot_made_since_under_the_same_name_is_not_dropped(copy, lake, make_place, store, home) -> None:
    target = make_place("oss", "target")
    copy(lake / "data", target, update=True)
    dead = JobDir(store, str(next(home.glob(".hdfs2oss/*"))), "20200101-000000-000000")
    confirm(dead, announce(dead, Leaving(SNAPSHOT, lake.uri, "theirs")), 1_600_000_000_000)
    store.make_snapshot(lake.uri.path, "theirs")
    copy(lake / "data", target, update=True)
    assert snapshots(lake) == {"s1", "theirs"}
