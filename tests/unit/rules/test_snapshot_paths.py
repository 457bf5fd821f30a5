"""Where a snapshot holds what."""

import pytest

from hdfs2oss.rules.snapshot_paths import SnapshotPlace, is_in_snapshot, roots_above


@pytest.mark.parametrize(
    ("root", "path", "inside"),
    [
        ("/data", "/data", "/data/.snapshot/s1"),
        ("/data", "/data/a/b", "/data/.snapshot/s1/a/b"),
        ("/", "/", "/.snapshot/s1"),
        ("/", "/a", "/.snapshot/s1/a"),
    ],
)
def test_a_path_is_held_below_the_name_of_the_snapshot(root: str, path: str, inside: str) -> None:
    place = SnapshotPlace(root, "s1")
    assert place.holds(path)
    assert place.inside(path) == inside


def test_a_directory_whose_name_only_begins_alike_is_not_held() -> None:
    assert not SnapshotPlace("/data", "s1").holds("/data2/a")
    assert SnapshotPlace("/data", "s1").relative("/data/a/b") == "a/b"


def test_roots_are_looked_for_upwards() -> None:
    assert list(roots_above("/a/b/c")) == ["/a/b/c", "/a/b", "/a", "/"]
    assert list(roots_above("/")) == ["/"]


def test_only_a_whole_element_makes_a_path_one_of_a_snapshot() -> None:
    assert is_in_snapshot("/data/.snapshot/s1")
    assert not is_in_snapshot("/data/.snapshots/s1")
