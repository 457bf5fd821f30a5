"""Copies between OSS and an HDFS whose servers are of another Hadoop, from 2.4 on: what all of them can do, and what is
said, and done instead, where old ones cannot."""

import getpass
import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from hdfs2oss.model.uri import Uri
from tests.compat.hadoop import VERSIONS, Cluster, Finished, Hadoop
from tests.sandbox.sandbox import Sandbox
from tests.trees import read_tree

pytestmark = [pytest.mark.hdfs, pytest.mark.full, pytest.mark.timeout(900)]

BLOCK_BYTES = 1 << 20
SMALL_BLOCKS = f"-Ddfs.blocksize={BLOCK_BYTES}"
# Each beside the name that a server takes it for which undoes escapes twice, or ends a path at a semicolon.
ODD_NAMES = (
    *(
        "a b",
        "a+b",
        "a%2Bb",
        "a%20b",
        "a%b",
        "50%",
        "%41",
        "A",
        "a",
        "a;b",
        ";",
        "x&y=z",
        "#?",
        "[a]{b}",
        "ü",
        "数据",
        "😀",
    ),
    *("'q\"", "a,b", "~", "back\\slash"),
)
TREE = {
    "empty": b"",
    "blocks": os.urandom(3 * BLOCK_BYTES + 1000),
    "deep/er/file": b"x" * 1000,
    "nothing here/": None,
    **{f"names/{name}": name.encode() * 3 for name in ODD_NAMES},
    **{f"in {name}/file": name.encode() * 2 for name in ODD_NAMES},
}
FILES = {name: data for name, data in TREE.items() if data is not None}


@pytest.fixture(scope="module", params=VERSIONS)
def cluster(
    request: pytest.FixtureRequest, sandbox_name: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """The servers of one version after the other; those before have ended."""
    servers = Sandbox(sandbox_name(), hadoop=request.param)
    servers.up()
    try:
        yield Cluster(servers, Hadoop(request.param), tmp_path_factory.mktemp("compat"))
    finally:
        servers.down()


class Lake(NamedTuple):
    """One tree, at its source on HDFS, on OSS, and back on HDFS; and both copies."""

    cluster: Cluster
    source: Uri
    target: Uri
    back: Uri
    there: Finished
    again: Finished


@pytest.fixture(scope="module")
def lake(cluster: Cluster) -> Lake:
    """With modes, times, ACLs and extended attributes, as far as the servers know these."""
    here = cluster.local("tree", TREE)
    (here / "deep/er").chmod(0o750)
    (here / "deep").chmod(0o1777)
    (here / "empty").chmod(0o600)
    os.utime(here / "deep/er/file", (1_600_000_000, 1_500_000_000))
    os.utime(here / "nothing here", (1_600_000_000, 1_500_000_001))
    source, target, back = cluster.hdfs("source"), cluster.oss("lake"), cluster.hdfs("back")
    made = cluster.run(SMALL_BLOCKS, "-pupt", f"file://{here}", source)
    assert made.code == 0, made.text
    if cluster.hadoop.acls:
        cluster.shell("-setfacl", "-m", "user:alice:r-x,default:group:staff:rwx", source.join("deep").path)
    if cluster.hadoop.xattrs:
        cluster.shell("-setfattr", "-n", "user.origin", "-v", "hamburg", source.join("names/a+b").path)
    there = cluster.run("--proof", "end-to-end", cluster.hadoop.letters, source, target)
    again = cluster.run("--proof", "end-to-end", cluster.hadoop.letters, target, back)
    return Lake(cluster, source, target, back, there, again)


def test_a_tree_goes_to_oss_and_comes_back_as_it_was(lake: Lake) -> None:
    composed = lake.cluster.hadoop.composed
    stated = f"{len(FILES)} end-to-end" if composed else f"1 end-to-end, {len(FILES) - 1} by transfer"
    for copy in (lake.there, lake.again):
        assert copy.code == 0, copy.text
        assert stated in copy.text
        assert ("those before Hadoop 3.1.1 do not" in copy.text) is not composed
    assert read_tree(lake.cluster.fetch(lake.back)) == TREE
    assert lake.cluster.attributes(lake.back) == lake.cluster.attributes(lake.source)


def test_what_is_there_already_is_not_copied_again_and_is_verified(lake: Lake) -> None:
    for source, target in ((lake.source, lake.target), (lake.target, lake.back)):
        # Of what came back as old as it was, only its attributes tell that it is not older than its object.
        for options in ([], [lake.cluster.hadoop.letters, "--ignore-ledger"]):
            nothing = lake.cluster.run("-update", *options, source, target)
            assert nothing.code == 0, nothing.text
            assert (nothing["COPY"], nothing["SKIP"]) == (0, len(FILES)), nothing.text
        for options in ([], ["--ignore-ledger", "--read-unproven"]):
            verified = lake.cluster.run("verify", "-update", *options, source, target)
            assert verified.code == 0, verified.text
    # By what the stores state alone, where they state it.
    stated = lake.cluster.run("verify", "-update", "--ignore-ledger", lake.source, lake.target)
    assert stated.code == (0 if lake.cluster.hadoop.composed else 7), stated.text


def test_between_two_directories_checksums_decide_and_each_is_that_of_its_own_file(lake: Lake) -> None:
    cluster, third = lake.cluster, lake.cluster.hdfs("third")
    assert cluster.run(SMALL_BLOCKS, lake.source, third).code == 0
    changed = {f"names/{name}": name.encode()[::-1] * 3 for name in ("a b", "a+b", "a%2Bb", "a;b", "a%b")}
    changed["in a+b/file"] = changed["in a;b/file"] = b"!!!!!!"
    assert cluster.run(SMALL_BLOCKS, "-overwrite", f"file://{cluster.local('changed', changed)}", third).code == 0
    found = cluster.run(SMALL_BLOCKS, "-update", "--ignore-ledger", lake.source, third)
    assert found.code == 0, found.text
    assert (found["COPY"], found["SKIP"]) == (len(changed), len(FILES) - len(changed)), found.text
    assert cluster.read(third) == TREE


def test_large_files_go_in_chunks_that_are_joined_under_whatever_name(cluster: Cluster) -> None:
    files = {f"in {name}/{name}": os.urandom(3 * BLOCK_BYTES + 7) for name in ("a b", "a+b", "a%2Bb", "ü;数")}
    here, target = cluster.local("large", files), cluster.hdfs("joined")
    done = cluster.run(SMALL_BLOCKS, "--chunk-size", "1m", "--part-size", "1m", f"file://{here}", target)
    assert done.code == 0, done.text
    assert "as one stream" not in done.text
    assert cluster.read(target) == files


def test_deletion_leaves_what_the_source_has_and_the_trash_has_the_rest(cluster: Cluster) -> None:
    kept, gone = {"names/a+b": b"1", "names/keep": b"2"}, {"names/a b": b"3", "names/a;b": b"4", "old/x": b"5"}
    here, target = cluster.local("mirror", {**kept, **gone}), cluster.hdfs("mirror")
    assert cluster.run(f"file://{here}", target).code == 0
    for name in gone:
        (here / name).unlink()
    (here / "old").rmdir()
    done = cluster.run("-update", "-delete", f"file://{here}", target)
    assert done.code == 0, done.text
    assert cluster.read(target) == kept
    trash = Uri("hdfs", target.authority, f"/user/{getpass.getuser()}/.Trash/Current{target.path}")
    assert cluster.read(trash) == gone


def test_a_file_that_has_grown_sends_its_tail(cluster: Cluster) -> None:
    head, tail = os.urandom(BLOCK_BYTES + 10), os.urandom(5000)
    here, target = cluster.local("growing", {"log+1": head}), cluster.hdfs("growing")
    assert cluster.run(f"file://{here}", target).code == 0
    cluster.local("growing", {"log+1": head + tail})
    done = cluster.run("-update", "-append", f"file://{here}", target)
    assert done.code == 0, done.text
    # Where the tail alone cannot be sent, the whole file is.
    assert done["BYTESCOPIED"] == len(tail if cluster.hadoop.appends else head + tail), done.text
    assert cluster.read(target) == {"log+1": head + tail}


def test_a_snapshot_is_copied_and_what_changed_since_is_asked_for_where_that_can_be(cluster: Cluster) -> None:
    source, target = cluster.hdfs("snap+shot"), cluster.oss("snapshot")
    before, after = {"a": b"1", "b;c": b"2"}, {"a": b"1", "e": b"2", "d": b"3"}
    assert cluster.run(f"file://{cluster.local('before', before)}", source).code == 0
    cluster.allow_snapshots(source)
    hdfs = cluster.filesystem(source)
    if not cluster.hadoop.snapshots:
        made = cluster.run("-update", "--from-snapshot", "now", "--make-snapshot", source, target)
        assert made.code == 3, made.text
        return
    hdfs.make_snapshot(source.path, "s1")
    first = cluster.run("-update", "--from-snapshot", "s1", source, target)
    assert first.code == 0, first.text
    hdfs.move(source.join("b;c").path, source.join("e").path)
    cluster.place(source.join("d")).put(b"3")
    made = cluster.run("-update", "--from-snapshot", "now", "--make-snapshot", source, cluster.oss("made"))
    assert made.code == 0, made.text
    assert cluster.read(cluster.oss("made")) == after
    assert [one.path for one in hdfs.walk(source.join(".snapshot").path, recursive=False)] == ["s1"]

    hdfs.make_snapshot(source.path, "s2")
    found = cluster.run("-update", "-diff", "s1", "s2", source, target)
    if cluster.hadoop.differences:
        assert found.code == 0, found.text
        assert cluster.read(target) == after
    else:
        assert found.code == 3, found.text
        assert "that takes Hadoop 3.2" in found.text


def test_attributes_that_servers_do_not_know_are_refused_before_anything_is_copied(cluster: Cluster) -> None:
    here, source, target = cluster.local("plain", {"d/x": b"1"}), cluster.oss("plain"), cluster.hdfs("plain")
    assert cluster.run(f"file://{here}", source).code == 0
    for letter, is_known in (("a", cluster.hadoop.acls), ("x", cluster.hadoop.xattrs)):
        done = cluster.run(f"-p{letter}", source, target.join(letter))
        assert done.code == (0 if is_known else 2), done.text
        assert ("too old" in done.text) is not is_known
        assert cluster.place(target.join(letter)).exists() is is_known
