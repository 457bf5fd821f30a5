"""Snapshots of a real HDFS: read, made, compared."""

import random

import pytest

from tests.hdfs_snapshots import allow, rename, snapshot, snapshots, store_of, with_web
from tests.stores.snapshots import Node, report
from tests.trees import Place

pytestmark = pytest.mark.hdfs


@pytest.fixture
def places(hdfs_place, command, monkeypatch, sandbox, home):
    """Makes places on the sandbox's stores, which the command line reaches, too."""
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    command.extra = ["--job-dir", f"file://{home}/jobs"]

    def make(scheme: str, name: str) -> Place:
        return with_web(hdfs_place(scheme, name))

    return make


@pytest.fixture
def lake(places) -> Place:
    """A snapshottable directory."""
    return allow(places("hdfs", "lake").make({}))


def test_a_snapshot_is_copied_whatever_the_source_has_become(command, lake, places) -> None:
    target = places("oss", "target")
    source = (lake / "data").make({"a": b"old", "d/b": b"kept", "d/gone": b"gone", "e/": None})
    snapshot(lake, "s1")
    source.make({"a": b"newer", "new": b"new"})
    store_of(lake).remove((source / "d").uri.path, recursive=True)
    done = command("--from-snapshot", "s1", source, target)
    assert done.code == 0, done.text
    assert target.read() == {"a": b"old", "d/b": b"kept", "d/gone": b"gone", "e/": None}
    refused = command("--from-snapshot", "s7", source, target)
    assert refused.code == 3
    assert f"{lake.uri.path} has the snapshots s1" in refused.text


def test_a_snapshot_is_made_for_a_copy_and_dropped_after_it(command, lake, places) -> None:
    target = places("oss", "target")
    source = (lake / "data").make({"a": b"1"})
    done = command("--from-snapshot", "mine", "--make-snapshot", source, target)
    assert (done.code, done["SNAPSHOTS_MADE"], done["SNAPSHOTS_DROPPED"]) == (0, 1, 1), done.text
    assert target.read() == {"a": b"1"}
    assert snapshots(lake) == set()


def test_where_snapshots_are_not_allowed_the_command_that_allows_them_is_named(command, places) -> None:
    source = places("hdfs", "elsewhere").make({"a": b"1"})
    done = command("--from-snapshot", "mine", "--make-snapshot", source, places("oss", "target"))
    assert done.code == 2
    assert f"hdfs dfsadmin -allowSnapshot {source.uri.path}" in done.text


def test_a_file_that_was_being_written_is_copied_as_long_as_the_snapshot_holds_it(command, lake, places) -> None:
    source, target = (lake / "data").make({"a": b"1"}), places("oss", "target")
    path = (source / "open").uri.path
    native = store_of(lake).client.native()
    with native.create(path) as file:
        file.write(b"x" * 1000)
        file.hsync()
        snapshot(lake, "s1")
        done = command("--from-snapshot", "s1", source, target)
    copied = target.read()
    assert copied["a"] == b"1"
    held = store_of(lake).status(f"{lake.uri.path}/.snapshot/s1/data/open").length
    assert (done.code, len(copied["open"])) == (0, held) if "open" in copied else done.code == 4, done.text


# -diff and -rdiff: cases 109 to 111.


TREE = {"a/f": b"a-f", "a/g": b"a-g", "b/f": b"b-f", "gone/x": b"x", "kept": b"kept", "log": b"first", "e/": None}
REWORKED = {
    "a/f": b"b-f",
    "b/f": b"a-f",
    "b/g": b"a-g",
    "b/kept ä": b"kept",
    "new/one": b"1",
    "new/empty/": None,
    "log": b"first, second",
    "e/": None,
}


def rework(source: Place) -> None:
    """A swap of two directories, a rename, a deletion, a creation and an append; then `s2`, and one more change."""
    for path, new_path in (("a", "t"), ("b", "a"), ("t", "b"), ("kept", "b/kept ä")):
        rename(source, path, new_path)
    store_of(source).remove((source / "gone").uri.path, recursive=True)
    source.make({"new/one": b"1", "new/empty/": None})
    native = store_of(source).client.native()
    with native.append((source / "log").uri.path) as file:
        file.write(b", second")
    snapshot(source, "s2")
    source.make({"a/f": b"after s2"})


@pytest.fixture(params=["hdfs", "oss"])
def ends(request, places, command) -> tuple[Place, Place]:
    """A source with the snapshot `s1`, and a target that holds it, on HDFS with a snapshot of its own."""
    source, target = allow(places("hdfs", "source").make(TREE)), places(request.param, "target")
    snapshot(source, "s1")
    done = command("-update", "--from-snapshot", "s1", source, target)
    assert done.code == 0, done.text
    if request.param == "hdfs":
        snapshot(allow(target), "s1")
    return source, target


def test_109_only_what_is_new_between_two_snapshots_is_copied(command, ends) -> None:
    source, target = ends
    rework(source)
    done = command("-update", "-diff", "s1", "s2", source, target)
    assert done.code == 0, done.text
    assert target.read() == REWORKED
    assert (done["COPY"], done["BYTESCOPIED"]) == (2, len(b"1") + len(b"first, second"))
    assert (done["SNAPSHOT_RENAMES"], done["SNAPSHOT_DELETES"]) == (3, 1)
    assert command("-update", "-diff", "s1", "s2", source, target).code == 6


def test_110_what_cannot_be_synchronised_is_refused_and_nothing_is_touched(command, ends, places) -> None:
    source, target = ends
    rework(source)
    missing = command("-update", "-diff", "s1", "s9", source, target)
    assert (missing.code, "no snapshot s9" in missing.text) == (3, True), missing.text
    turned = command("-update", "-diff", "s2", "s1", source, target)
    assert (turned.code, "is not newer than s2" in turned.text) == (2, True), turned.text
    unknown = command("-update", "-diff", "s1", "s2", source, places("oss", "other"))
    assert (unknown.code, "it is not known" in unknown.text) == (6, True), unknown.text
    plain = places("hdfs", "plain").make({"a": b""})
    none = command("-update", "-diff", "s1", "s2", plain, target)
    assert (none.code, "no directory at or above" in none.text) == (3, True), none.text
    bare = command("-update", "-diff", "s1", "s2", source, plain)
    assert (bare.code, "no snapshot s1 of the target" in bare.text) == (3, True), bare.text
    assert target.read() == TREE
    assert plain.read() == {"a": b""}


def test_110_a_target_that_changed_is_refused(command, ends) -> None:
    source, target = ends
    if target.uri.scheme == "oss":
        assert command("-update", source, target).code == 0
    else:
        target.make({"intruder": b""})
    rework(source)
    before = target.read()
    done = command("-update", "-diff", "s1", "s2", source, target)
    assert done.code == 6, done.text
    assert target.read() == before


def test_111_renames_to_and_from_filtered_names_delete_and_create(command, places, tmp_path) -> None:
    source, target = allow(places("hdfs", "source").make({"x.tmp": b"tmp", "y": b"y", "z": b"z"})), places("oss", "t")
    filters = tmp_path / "filters"
    filters.write_text(".*[.]tmp\n")
    words = ("-update", "-filters", filters)
    snapshot(source, "s1")
    assert command(*words, "--from-snapshot", "s1", source, target).code == 0
    rename(source, "x.tmp", "x")
    rename(source, "y", "y.tmp")
    snapshot(source, "s2")
    done = command(*words, "-diff", "s1", "s2", source, target)
    assert done.code == 0, done.text
    assert target.read() == {"x": b"tmp", "z": b"z"}
    assert (done["COPY"], done["SNAPSHOT_DELETES"]) == (1, 1)


def test_111_rdiff_takes_the_target_back(command, ends) -> None:
    source, target = ends
    rework(source)
    assert command("-update", "-diff", "s1", "s2", source, target).code == 0
    if target.uri.scheme == "hdfs":
        snapshot(target, "s2")
    done = command("-update", "-rdiff", "s2", "s1", source, target)
    assert done.code == 0, done.text
    assert target.read() == TREE


def test_a_large_report_comes_in_pages(lake) -> None:
    """A NameNode gives a thousand entries at once."""
    files = {f"d{number % 3}/{number:04d}": b"" for number in range(1200)}
    native, store = store_of(lake).client.native(), store_of(lake)
    store.make_snapshot(lake.uri.path, "s1")
    for path in files:
        native.mkdirs((lake / path).uri.path, 0o755, True)
    store.make_snapshot(lake.uri.path, "s2")
    for path in files:
        native.rename((lake / path).uri.path, (lake / f"{path}-renamed").uri.path)
    store.make_snapshot(lake.uri.path, "s3")
    found = store.changes_between(lake.uri.path, "s2", "s3")
    renamed = {(one.path, one.new_path) for one in found if one.kind == "RENAME"}
    assert renamed == {(path, f"{path}-renamed") for path in files}
    assert {one.kind for one in found} == {"RENAME", "MODIFY"}


@pytest.mark.parametrize("seed", range(6))
def test_a_namenode_says_what_the_model_of_the_tests_says(lake, seed) -> None:
    store, dice = store_of(lake), random.Random(seed)
    for path in ("d/e/f", "d/g", "e/d/d", "f"):
        (lake / path).put(b"")
    trees = []
    for name in ("s1", "s2"):
        for _ in range(dice.randint(2, 8)):
            disturb(lake, dice)
        store.make_snapshot(lake.uri.path, name)
        trees.append(tree_of(lake))
    assert sorted(store.changes_between(lake.uri.path, "s1", "s2")) == sorted(report(*trees))


def tree_of(place: Place, below: str = "") -> dict[str, Node]:
    """The tree by the numbers of its inodes; files are never written to."""
    found = {}
    listing = store_of(place).web.get((place / below).uri.path, "LISTSTATUS")["FileStatuses"]["FileStatus"]
    for row in listing:
        path = f"{below}/{row['pathSuffix']}".lstrip("/")
        found[path] = Node(row["fileId"], row["type"] == "DIRECTORY")
        if found[path].is_directory:
            found |= tree_of(place, path)
    return found


def disturb(place: Place, dice: random.Random) -> None:
    """Rename, swap, remove or make something."""
    tree = tree_of(place)
    folders = ["", *(path for path, node in tree.items() if node.is_directory)]
    new = f"{dice.choice(folders)}/{dice.choice('defg')}".lstrip("/")
    what = dice.choice(["rename", "rename", "rename", "swap", "remove", "make"])
    old, other = (dice.choice(sorted(tree) or ["f"]) for _ in range(2))
    if what == "make" or old not in tree:
        if new not in tree:
            store_of(place).make_directory((place / new).uri.path)
    elif what == "rename":
        if new not in tree and not f"{new}/".startswith(f"{old}/"):
            rename(place, old, new)
    elif what == "swap":
        if not f"{old}/".startswith(f"{other}/") and not f"{other}/".startswith(f"{old}/"):
            for path, new_path in ((old, "tmp"), (other, old), ("tmp", other)):
                rename(place, path, new_path)
    else:
        store_of(place).remove((place / old).uri.path, recursive=True)
