"""Encryption zones of a real HDFS, with its real key server, by the native client and by Hadoop's own."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hdfs2oss.filesystems.registry import close_filesystems
from tests.sandbox import Sandbox
from tests.sandbox_stores import SandboxStores
from tests.trees import Place, make_tree, read_tree

pytestmark = [pytest.mark.hdfs, pytest.mark.full]

# One of several blocks, and lengths on both sides of a block of the cipher.
IN_ZONE = {"empty": b"", "one": b"1", "sixteen": bytes(16), "large": os.urandom(3_000_017), "d/e/small": b"12345"}
TREE = {"plain/a": b"aaa", **{f"deep/zone/{name}": data for name, data in IN_ZONE.items()}}
BLOCKS = ("-D", "dfs.blocksize=1048576")
# A configuration that is another cluster's: nobody answers there, so whoever asks it fails.
ELSEWHERE = ("-D", "hadoop.security.key.provider.path=kms://http@127.0.0.1:1/kms")
NATIVE, JVM = ELSEWHERE, ("--hdfs-client", "jvm")
CLIENTS = pytest.mark.parametrize("client", [NATIVE, JVM], ids=["native", "jvm"])
_numbers = itertools.count(1)


class Zones(SandboxStores):
    """Directories of the sandbox in a zone and outside, in which Hadoop's own tools read and write."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox, with_web=True)

    def fresh(self, name: str) -> Place:
        return self.hdfs(f"/{name}-{next(_numbers)}")

    def inside(self) -> Place:
        """A directory that is not there yet, in a zone."""
        return self.hdfs(f"/vault/{next(_numbers)}")

    def bucket(self) -> Place:
        return self.oss(f"/zones-{next(_numbers)}")

    def make_zone(self, path: str) -> None:
        self.shell("-mkdir", "-p", path)
        self.run("org.apache.hadoop.hdfs.tools.CryptoAdmin", "-createZone", "-keyName", "one", "-path", path)

    def put(self, folder: Path, place: Place) -> None:
        self.shell(*BLOCKS, "-put", *map(str, folder.iterdir()), f"{place.uri.path}/")

    def get(self, place: Place, folder: Path) -> dict[str, bytes | None]:
        """What Hadoop's own client finds there."""
        folder.mkdir()
        self.shell("-get", f"{place.uri.path}/*", str(folder))
        return read_tree(folder)


@pytest.fixture(scope="module")
def lake(kms_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> tuple[Zones, Place]:
    """A tree that Hadoop's own client has written, with a zone deep in it; and another zone, `/vault`."""
    zones = Zones(kms_sandbox)
    zones.run("org.apache.hadoop.crypto.key.KeyShell", "create", "one")
    zones.make_zone("/vault")
    lake = zones.fresh("lake")
    zones.make_zone(f"{lake.uri.path}/deep/zone")
    folder = tmp_path_factory.mktemp("lake")
    zones.put(make_tree(folder / "inside", IN_ZONE), lake / "deep/zone")
    zones.shell("-mkdir", f"{lake.uri.path}/plain")
    zones.put(make_tree(folder / "plain", {"a": b"aaa"}), lake / "plain")
    return zones, lake


@pytest.fixture(autouse=True)
def environment(command, kms_sandbox: Sandbox, home, monkeypatch) -> Iterator[None]:
    for name, value in kms_sandbox.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CLASSPATH", Path(kms_sandbox.env()["HADOOP_CLASSPATH_FILE"]).read_text().strip())
    command.extra = ["--job-dir", f"file://{home}/jobs"]
    yield
    close_filesystems()


@CLIENTS
def test_a_tree_with_a_zone_deep_in_it_comes_out_as_it_is_and_is_known_to_have(command, lake, client) -> None:
    zones, source = lake
    target = zones.bucket()
    done = command(*client, source, target)
    assert (done.code, done["COPY"], done["PROVEN_BY_TRANSFER"]) == (0, len(TREE), len(TREE))
    assert {name: data for name, data in target.read().items() if data is not None} == TREE
    again = command(*client, "-update", source, target)
    assert (again.code, again["COPY"], again["SKIP"]) == (0, 0, len(TREE))
    assert command("verify", *client, source, target).code == 0
    assert command("verify", *client, "--read", "--ignore-ledger", source, target).code == 0
    assert command("verify", *client, "--read-unproven", "--ignore-ledger", source, target).code == 0


@CLIENTS
def test_the_checksums_of_encrypted_bytes_are_no_proof_and_no_reason_to_doubt(command, lake, client) -> None:
    zones, source = lake
    target = zones.bucket()
    done = command(*client, "--proof", "end-to-end", source, target)
    assert (done.code, done["COPY"]) == (0, len(TREE))
    assert done["PROVEN_BY_TRANSFER"] >= len(IN_ZONE) - 1
    assert "lies in an encryption zone" in done.text
    inside = zones.inside()
    done = command(*client, "--proof", "end-to-end", target / "deep/zone", inside)
    assert (done.code, done["COPY"]) == (0, len(IN_ZONE))


@CLIENTS
def test_what_goes_into_a_zone_is_read_there_by_everybody(command, lake, client, tmp_path) -> None:
    zones, _ = lake
    tree = {**IN_ZONE, "larger": os.urandom(9_000_001)}
    source, inside = f"file://{make_tree(tmp_path / 'source', tree)}", zones.inside()
    done = command(*client, *BLOCKS, source, inside)
    assert (done.code, done["COPY"]) == (0, len(tree)), done.text
    assert zones.get(inside, tmp_path / "got") == tree
    bucket = zones.bucket()
    assert command(*client, inside, bucket).code == 0
    back = zones.inside()
    done = command(*client, bucket, back)
    assert (done.code, done["COPY"]) == (0, len(tree)), done.text
    assert zones.get(back, tmp_path / "back") == tree


@CLIENTS
@pytest.mark.parametrize("way", ["zone to zone", "zone to plain", "plain to zone"])
def test_between_two_hdfs_a_zone_makes_no_file_another(command, lake, client, tmp_path, way) -> None:
    zones, source = lake
    if way == "plain to zone":
        plain = zones.fresh("plain")
        assert command(*client, source / "deep/zone", plain).code == 0
        start = plain
    else:
        start = source / "deep/zone"
    end = zones.fresh("plain") if way == "zone to plain" else zones.inside()
    done = command(*client, "-update", start, end)
    assert (done.code, done["COPY"]) == (0, len(IN_ZONE))
    got = zones.get(end, tmp_path / "got")
    # A zone has an empty trash from its beginning.
    got.pop(".Trash/", None)
    assert got == IN_ZONE
    # Without what the first run has left on record, too: two of the same length are asked for their checksums then.
    for words in ((), ("--ignore-ledger",)):
        again = command(*client, "-update", *words, start, end)
        assert (again.code, again["COPY"], again["SKIP"]) == (0, 0, len(IN_ZONE)), again.text
    assert command("verify", *client, start, end).code == 0
    # Without a record nothing but the bytes can tell, and none is said to differ.
    unproven = command("verify", *client, "--ignore-ledger", start, end)
    assert unproven.code == 7
    assert "differ" not in unproven.text.partition("FAILED")[0], unproven.text
    assert command("verify", *client, "--ignore-ledger", "--read-unproven", start, end).code == 0


def test_where_the_namenode_cannot_be_asked_for_its_key_server_nothing_of_a_zone_is_read_or_written(
    command, lake, tmp_path
) -> None:
    zones, source = lake
    silent = ("-D", "dfs.namenode.http-address=127.0.0.1:1")
    target = zones.bucket()
    done = command(*silent, "-skipcrccheck", "-update", source, target)
    assert (done.code, done["FAIL"]) == (4, len(IN_ZONE)), done.text
    assert "lies in an encryption zone, and nobody tells which key server has the keys" in done.text
    assert "--hdfs-client jvm --processes 0" in done.text
    assert {name: data for name, data in target.read().items() if data is not None} == {"plain/a": b"aaa"}
    inside = zones.inside()
    folder = make_tree(tmp_path / "source", IN_ZONE)
    done = command(*silent, f"file://{folder}", inside)
    assert (done.code, done["FAIL"]) == (4, len(IN_ZONE)), done.text
    assert "--hdfs-client jvm --processes 0" in done.text
    assert zones.shell("-ls", "-R", inside.uri.path).count("\n-") == 0
    close_filesystems()
    # The command that was named.
    done = command(*JVM, *silent, f"file://{folder}", inside)
    assert (done.code, done["COPY"]) == (0, len(IN_ZONE))


def test_what_is_deleted_in_a_zone_goes_to_the_trash_of_the_zone_by_java_and_natively_stays(
    command, lake, tmp_path
) -> None:
    zones, _ = lake
    inside = zones.inside()
    folder = make_tree(tmp_path / "source", {"kept": b"1", "gone": b"22"})
    assert command(f"file://{folder}", inside).code == 0
    (folder / "gone").unlink()
    done = command("-update", "-delete", "--max-delete", "9", f"file://{folder}", inside)
    assert done.code != 0, done.text
    assert "--hdfs-client jvm" in done.text
    assert inside.read() == {"kept": b"1", "gone": b"22"}
    done = command(*JVM, "-update", "-delete", "--max-delete", "9", f"file://{folder}", inside)
    assert (done.code, done["FILES_DELETED"], done["FILES_IN_TRASH"]) == (0, 1, 1)
    assert inside.read() == {"kept": b"1"}
    assert f"/Current{inside.uri.path}/gone" in zones.shell("-ls", "-R", "/vault/.Trash")


@pytest.mark.parametrize("side", ["source", "target"])
def test_the_raw_form_of_encrypted_files_is_refused(command, lake, side) -> None:
    zones, source = lake
    raw = f"hdfs://{source.uri.authority}/.reserved/raw{source.uri.path}/deep/zone"
    target = zones.bucket()
    done = command(*((raw, target) if side == "source" else (source, raw)))
    assert done.code == 2, done.text
    assert "raw form of encrypted files" in done.text
    assert not target.exists()
