"""The part of the contract about writing, changing, streams and multipart uploads."""

from __future__ import annotations

import os

import pytest

from hdfs2oss.filesystems.base import FileSystem, Stored
from hdfs2oss.filesystems.body import body_of
from hdfs2oss.model.errors import AlreadyExists, CorruptData, NotFound, StoreError
from hdfs2oss.model.values import FILE
from hdfs2oss.rules.checksum import compose_crc64, crc64
from tests.stores.contract_reading import ODD_NAMES, TREE_KEYS, ContractTools, accept


class WriteContract(ContractTools):
    """Whole files."""

    def test_put_publishes_and_tells_what_is_held(self, store: FileSystem, root: str) -> None:
        stored = self.put(store, f"{root}/new/deep/file", b"123456789")
        assert stored.length == 9
        assert stored.crc64 in (None, 0x995DC9BBDF1939FA)
        assert store.read_bytes(f"{root}/new/deep/file") == b"123456789"

    def test_put_replaces_a_file_and_leaves_nothing_beside_it(self, store: FileSystem, root: str) -> None:
        self.put(store, f"{root}/file", b"old and longer")
        self.put(store, f"{root}/file", b"new")
        assert store.read_bytes(f"{root}/file") == b"new"
        assert self.keys(store, root) == ["file"]

    def test_put_over_a_directory_is_refused(self, store: FileSystem, root: str) -> None:
        if not store.capabilities.real_directories:
            pytest.skip("the store holds both")
        self.put(store, f"{root}/d/file")
        with pytest.raises(AlreadyExists):
            self.put(store, f"{root}/d")
        assert store.read_bytes(f"{root}/d/file") == b"x"

    def test_put_below_a_file_is_refused(self, store: FileSystem, root: str) -> None:
        if not store.capabilities.real_directories:
            pytest.skip("the store holds both")
        self.put(store, f"{root}/file")
        with pytest.raises(AlreadyExists):
            self.put(store, f"{root}/file/below")

    def test_what_was_written_is_counted(self, store: FileSystem, root: str) -> None:
        before = store.traffic.snapshot()
        self.put(store, f"{root}/file", b"12345")
        after = store.traffic.snapshot()
        assert after["BYTES_WRITTEN"] - before["BYTES_WRITTEN"] == 5
        assert after["WRITE_OPS"] > before["WRITE_OPS"]

    def test_odd_names_come_back_as_they_were(self, store: FileSystem, root: str) -> None:
        names = [name for name in ODD_NAMES if not set(name) & set(store.capabilities.forbidden_characters)]
        for name in names:
            self.put(store, f"{root}/odd/{name}/{name}", name.encode())
        assert self.keys(store, f"{root}/odd", recursive=False) == sorted(f"{name}/" for name in names)
        for name in names:
            path = f"{root}/odd/{name}/{name}"
            assert store.read_bytes(path) == name.encode()
            assert store.remove(path)

    def test_a_forbidden_character_is_one_of_our_errors(self, store: FileSystem, root: str) -> None:
        for character in store.capabilities.forbidden_characters:
            with pytest.raises(StoreError):
                self.put(store, f"{root}/a{character}b")


class ChangeContract(ContractTools):
    """Directories, removal, exclusive creation."""

    def test_making_a_directory_twice_is_fine(self, store: FileSystem, root: str) -> None:
        store.make_directory(f"{root}/d/e")
        store.make_directory(f"{root}/d/e")
        assert self.keys(store, root) == ["d/", "d/e/"]

    def test_making_a_directory_over_a_file_is_refused(self, store: FileSystem, root: str) -> None:
        self.put(store, f"{root}/file")
        with pytest.raises(AlreadyExists):
            store.make_directory(f"{root}/file")
        assert store.read_bytes(f"{root}/file") == b"x"

    def test_making_a_directory_or_an_exclusive_file_below_a_file_is_refused(
        self, store: FileSystem, root: str
    ) -> None:
        if not store.capabilities.real_directories:
            pytest.skip("the store holds both")
        self.put(store, f"{root}/file")
        with pytest.raises(AlreadyExists):
            store.make_directory(f"{root}/file/below")
        with pytest.raises(AlreadyExists):
            store.create_exclusive(f"{root}/file/below", b"x")

    def test_removing_what_lies_below_a_file_finds_nothing(self, store: FileSystem, root: str) -> None:
        self.put(store, f"{root}/file")
        assert not store.remove(f"{root}/file/below")
        assert not store.remove(f"{root}/file/below", recursive=True)
        assert store.read_bytes(f"{root}/file") == b"x"

    def test_remove_says_whether_something_was_there(self, store: FileSystem, root: str) -> None:
        self.put(store, f"{root}/file")
        assert store.remove(f"{root}/file")
        assert not store.remove(f"{root}/file")
        assert store.status(f"{root}/file") is None

    def test_a_directory_is_removed_with_its_content_only_when_asked(self, store: FileSystem, root: str) -> None:
        self.tree(store, root)
        with pytest.raises(AlreadyExists):
            store.remove(f"{root}/a")
        assert store.status(f"{root}/a/c/d") is not None
        assert store.remove(f"{root}/a", recursive=True)
        assert self.keys(store, root) == [key for key in TREE_KEYS if not key.startswith("a/")]

    def test_an_empty_directory_is_removed(self, store: FileSystem, root: str) -> None:
        store.make_directory(f"{root}/empty")
        assert store.remove(f"{root}/empty")
        assert store.status(f"{root}/empty") is None

    def test_several_files_are_looked_at_together(self, store: FileSystem, root: str) -> None:
        for name in ("a", "d/b", "d/é x", "e"):
            self.put(store, f"{root}/{name}", name.encode())
        names = ["a", "a0", "d/b", "d/c", "d/é x", "e", "f"]
        found = store.look_at_each([f"{root}/{name}" for name in names])
        assert [one and one.length for one in found] == [1, None, 3, None, 6, 1, None]
        listed = {row.path: row for row in store.walk(root)}
        facts = [(one.kind, one.mtime_ms, one.etag) for one in found if one]
        assert facts == [(row.kind, row.mtime_ms, row.etag) for row in listed.values() if row.kind == FILE]
        assert store.look_at_each([]) == []

    def test_several_files_are_removed_and_nothing_else(self, store: FileSystem, root: str) -> None:
        names = ["a", "a-b", "d/b", "d/é x", "d/<&>", "e"]
        for name in names:
            self.put(store, f"{root}/{name}")
        removals = store.remove_each([f"{root}/{name}" for name in names[1:]], directories=False)
        assert [(one.was_there, one.error) for one in removals] == [(True, None)] * 5
        assert [row.path for row in store.walk(root) if row.kind == FILE] == ["a"]

    def test_of_several_directories_those_that_are_empty_are_removed(self, store: FileSystem, root: str) -> None:
        for name in ("empty", "full", "other"):
            store.make_directory(f"{root}/{name}")
        self.put(store, f"{root}/full/file")
        names = ("empty", "full", "gone", "other")
        removals = store.remove_each([f"{root}/{name}" for name in names], directories=True)
        assert [one.was_there and one.error is None for one in removals] == [True, False, False, True]
        assert isinstance(removals[1].error, AlreadyExists)
        assert removals[2].error is None
        assert self.keys(store, root) == ["full/", "full/file"]

    def test_the_first_to_create_a_file_wins(self, store: FileSystem, root: str) -> None:
        assert store.create_exclusive(f"{root}/d/one", b"first")
        assert not store.create_exclusive(f"{root}/d/one", b"second")
        assert store.read_bytes(f"{root}/d/one") == b"first"
        assert self.keys(store, f"{root}/d") == ["one"]


class StreamContract(ContractTools):
    """Files written piece by piece, for stores without `capabilities.multipart`."""

    @pytest.mark.parametrize("size", [0, 1, 300_000])
    def test_a_committed_stream_is_published_whole(self, store: FileSystem, root: str, size: int) -> None:
        data = os.urandom(size)
        checked: list[Stored] = []
        with store.open_writer(f"{root}/d/file", f"{root}/d/.work") as writer:
            for start in range(0, size, 70_000):
                writer.write(data[start : start + 70_000])
            assert store.status(f"{root}/d/file") is None
            stored = writer.commit(checked.append)
        assert checked[0].length == stored.length == size
        assert store.read_bytes(f"{root}/d/file") == data
        assert self.keys(store, f"{root}/d") == ["file"]

    def test_a_committed_stream_replaces_a_file(self, store: FileSystem, root: str) -> None:
        self.put(store, f"{root}/file", b"old")
        with store.open_writer(f"{root}/file", f"{root}/.work") as writer:
            writer.write(b"new")
            writer.commit(accept)
        assert store.read_bytes(f"{root}/file") == b"new"

    def test_a_stream_without_commit_leaves_nothing(self, store: FileSystem, root: str) -> None:
        self.put(store, f"{root}/other")
        with store.open_writer(f"{root}/file", f"{root}/.work") as writer:
            writer.write(b"half")
        assert self.keys(store, root) == ["other"]

    def test_a_stream_that_fails_its_check_leaves_the_old_file(self, store: FileSystem, root: str) -> None:
        self.put(store, f"{root}/file", b"old")
        with store.open_writer(f"{root}/file", f"{root}/.work") as writer:
            writer.write(b"new")
            with pytest.raises(CorruptData):
                writer.commit(self.refuse)
        assert store.read_bytes(f"{root}/file") == b"old"
        assert self.keys(store, root) == ["file"]

    def test_abort_after_commit_is_harmless(self, store: FileSystem, root: str) -> None:
        with store.open_writer(f"{root}/file", f"{root}/.work") as writer:
            writer.write(b"kept")
            writer.commit(accept)
            writer.abort()
        assert store.read_bytes(f"{root}/file") == b"kept"


class MultipartContract(ContractTools):
    """Files sent as parts, for stores with `capabilities.multipart`."""

    def test_parts_sent_in_any_order_become_one_file(self, store: FileSystem, root: str) -> None:
        data = [os.urandom(120_000), os.urandom(120_000), b"end"]
        upload = store.begin_upload(f"{root}/big")
        parts = [store.put_part(f"{root}/big", upload, number, body_of(data[number - 1])) for number in (3, 1, 2)]
        assert store.status(f"{root}/big") is None
        parts.sort()
        stored = store.complete_upload(f"{root}/big", upload, parts)
        assert stored.length == 240_003
        assert stored.crc64 == crc64(b"".join(data)) == compose_crc64((part.crc64, part.length) for part in parts)
        assert store.read_bytes(f"{root}/big") == b"".join(data)

    def test_a_part_sent_again_replaces_the_first(self, store: FileSystem, root: str) -> None:
        upload = store.begin_upload(f"{root}/big")
        store.put_part(f"{root}/big", upload, 1, body_of(b"wrong"))
        part = store.put_part(f"{root}/big", upload, 1, body_of(b"right"))
        store.complete_upload(f"{root}/big", upload, [part])
        assert store.read_bytes(f"{root}/big") == b"right"

    def test_completing_twice_finds_out_that_it_is_done(self, store: FileSystem, root: str) -> None:
        upload = store.begin_upload(f"{root}/big")
        part = store.put_part(f"{root}/big", upload, 1, body_of(b"once"))
        first = store.complete_upload(f"{root}/big", upload, [part])
        again = store.complete_upload(f"{root}/big", upload, [part])
        assert (again.length, again.etag, again.crc64) == (first.length, first.etag, first.crc64)

    def test_an_aborted_upload_leaves_nothing_and_may_be_aborted_again(self, store: FileSystem, root: str) -> None:
        upload = store.begin_upload(f"{root}/big")
        part = store.put_part(f"{root}/big", upload, 1, body_of(b"data"))
        store.abort_upload(f"{root}/big", upload)
        store.abort_upload(f"{root}/big", upload)
        assert store.status(f"{root}/big") is None
        with pytest.raises(NotFound):
            store.complete_upload(f"{root}/big", upload, [part])

    def test_a_part_that_is_not_what_was_sent_is_not_published(self, store: FileSystem, root: str) -> None:
        upload = store.begin_upload(f"{root}/big")
        part = store.put_part(f"{root}/big", upload, 1, body_of(b"data"))
        store.put_part(f"{root}/big", upload, 1, body_of(b"other"))
        with pytest.raises(StoreError):
            store.complete_upload(f"{root}/big", upload, [part])
