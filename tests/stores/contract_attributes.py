"""The part of the contract about attributes: what a store says it keeps comes back as it was."""

from __future__ import annotations

import os

import pytest

from hdfs2oss.filesystems.base import FileSystem
from hdfs2oss.model.attributes import NOTHING, AclEntry, Attributes
from hdfs2oss.model.errors import NotFound
from hdfs2oss.model.values import DIRECTORY, FILE
from tests.stores.contract_reading import ContractTools

ACCESS = (AclEntry("access", "user", "bob", "r-x"), AclEntry("access", "group", "", "r-x"))
DEFAULT = (
    AclEntry("default", "user", "", "rwx"),
    AclEntry("default", "user", "cäsar", "--x"),
    AclEntry("default", "group", "", "r-x"),
    AclEntry("default", "mask", "", "r-x"),
    AclEntry("default", "other", "", "---"),
)
XATTRS = (("user.bin", bytes(range(256))), ("user.empty", b""), ("user.ü:,;=%", "wört".encode()))
TIMES = {"mtime_ms": 1_500_000_000_123, "atime_ms": 1_500_000_001_456}
FILES = Attributes(permission=0o640, replication=2, acl=ACCESS, xattrs=XATTRS, **TIMES)
DIRECTORIES = Attributes(permission=0o1750, acl=(*ACCESS, *DEFAULT), xattrs=XATTRS[:1], **TIMES)


class AttributesContract(ContractTools):
    """`keeps` of the capabilities says which letters of -p take part."""

    def letters(self, store: FileSystem) -> str:
        kept = store.capabilities.keeps
        if not kept:
            pytest.skip("the store keeps none")
        return "".join(letter for letter in "rpaxt" if letter in kept)

    def test_a_file_is_published_with_its_attributes(self, store: FileSystem, root: str) -> None:
        wanted = FILES.only(self.letters(store))
        stored = store.put(f"{root}/d/file", b"12", f"{root}/d/.work", {}, wanted)
        assert stored.length == 2
        found = store.read_attributes(f"{root}/d/file", FILE, self.letters(store))
        assert found == wanted._replace(replication=found.replication)
        assert found.replication == wanted.replication
        assert store.read_bytes(f"{root}/d/file") == b"12"
        assert self.keys(store, f"{root}/d") == ["file"]

    def test_a_file_that_is_there_gets_attributes_and_keeps_its_bytes(self, store: FileSystem, root: str) -> None:
        letters = self.letters(store)
        self.put(store, f"{root}/file", b"12")
        wanted = FILES.only(letters)
        assert store.keep_attributes(f"{root}/file", FILE, wanted)
        assert store.read_attributes(f"{root}/file", FILE, letters) == wanted
        assert store.read_bytes(f"{root}/file") == b"12"
        assert not store.keep_attributes(f"{root}/file", FILE, wanted)

    def test_a_directory_keeps_attributes_and_what_lies_in_it(self, store: FileSystem, root: str) -> None:
        letters = self.letters(store)
        store.make_directory(f"{root}/d")
        self.put(store, f"{root}/d/file")
        wanted = DIRECTORIES.only(letters)
        assert store.keep_attributes(f"{root}/d", DIRECTORY, wanted)
        found = store.read_attributes(f"{root}/d", DIRECTORY, letters)
        assert found == wanted
        assert not store.keep_attributes(f"{root}/d", DIRECTORY, wanted)
        assert self.keys(store, root) == ["d/", "d/file"]

    def test_attributes_that_are_not_wanted_stay(self, store: FileSystem, root: str) -> None:
        letters = self.letters(store)
        store.put(f"{root}/file", b"1", f"{root}/.work", {}, FILES.only(letters))
        store.keep_attributes(f"{root}/file", FILE, Attributes(permission=0o600))
        found = store.read_attributes(f"{root}/file", FILE, letters)
        expected = FILES.only(letters)._replace(permission=0o600)
        assert found == expected

    def test_times_alone_are_set_when_the_mtime_is_another(self, store: FileSystem, root: str) -> None:
        self.letters(store)
        self.put(store, f"{root}/file")
        assert store.keep_attributes(f"{root}/file", FILE, Attributes(**TIMES))
        assert not store.keep_attributes(f"{root}/file", FILE, Attributes(**{**TIMES, "atime_ms": 1}))
        assert store.read_attributes(f"{root}/file", FILE, "t") == Attributes(**TIMES)

    def test_an_acl_that_is_no_more_wanted_goes(self, store: FileSystem, root: str) -> None:
        if "a" not in self.letters(store):
            pytest.skip("the store has no ACLs")
        store.put(f"{root}/file", b"1", f"{root}/.work", {}, FILES.only("a"))
        assert store.keep_attributes(f"{root}/file", FILE, Attributes(permission=0o640, acl=()))
        assert store.read_attributes(f"{root}/file", FILE, "a") == Attributes(permission=0o640, acl=())

    @pytest.mark.parametrize("wanted", [(), ACCESS, DEFAULT], ids=["all of it", "defaults", "access"])
    def test_of_a_directory_goes_what_is_no_more_wanted_of_its_acl(
        self, store: FileSystem, root: str, wanted: tuple[AclEntry, ...]
    ) -> None:
        if "a" not in self.letters(store):
            pytest.skip("the store has no ACLs")
        store.make_directory(f"{root}/d")
        store.keep_attributes(f"{root}/d", DIRECTORY, Attributes(permission=0o750, acl=(*ACCESS, *DEFAULT)))
        assert store.keep_attributes(f"{root}/d", DIRECTORY, Attributes(permission=0o750, acl=wanted))
        assert store.read_attributes(f"{root}/d", DIRECTORY, "a").acl == wanted
        assert not store.keep_attributes(f"{root}/d", DIRECTORY, Attributes(permission=0o750, acl=wanted))

    def test_owner_and_group_are_kept(self, store: FileSystem, root: str) -> None:
        self.letters(store)
        if store.capabilities.counter_name == "FILE" and os.getuid() != 0:
            pytest.skip("only root gives files away")
        # On a disk they must exist.
        wanted = Attributes(owner="nobody", group="root")
        self.put(store, f"{root}/file")
        assert store.keep_attributes(f"{root}/file", FILE, wanted)
        assert store.read_attributes(f"{root}/file", FILE, "ug") == wanted

    def test_attributes_of_a_missing_file_are_not_found(self, store: FileSystem, root: str) -> None:
        letters = self.letters(store)
        with pytest.raises(NotFound):
            store.read_attributes(f"{root}/missing", FILE, letters)
        with pytest.raises(NotFound):
            store.keep_attributes(f"{root}/missing", FILE, Attributes(permission=0o600))

    def test_nothing_wanted_changes_nothing(self, store: FileSystem, root: str) -> None:
        letters = self.letters(store)
        self.put(store, f"{root}/file")
        before = store.read_attributes(f"{root}/file", FILE, letters)
        assert not store.keep_attributes(f"{root}/file", FILE, NOTHING)
        assert store.read_attributes(f"{root}/file", FILE, letters) == before
