"""The part of the contract about looking, listing and reading."""

from __future__ import annotations

import itertools

import pytest

from hdfs2oss.filesystems.base import FileSystem, Stored
from hdfs2oss.model.errors import CorruptData, NotFound
from hdfs2oss.model.values import DIRECTORY, FILE

# Byte order of keys is not that of names: `a-b` and `a b` come before what lies below `a`.
TREE = ("a/b", "a/c/d", "a b", "a-b", "a0", "b/x", "z", "é", "aé/q", "数据/文件", "\U0001f600")
TREE_KEYS = [
    "a b", "a-b", "a/", "a/b", "a/c/", "a/c/d", "a0", "aé/", "aé/q",
    "b/", "b/x", "z", "é", "数据/", "数据/文件", "\U0001f600",
]  # fmt: skip
ODD_NAMES = (
    "with space", " led", "trailed ", "a+b", "a#b", "a%41", "a?b=c&d", "*[x]{y}", "quote'\"", "back\\slash",
    "line\nfeed", "tab\there", "<&>", "x=1,y=2;z", "~", "\U0001f600 emoji", "é decomposed e\u0301", "n" * 255,
)  # fmt: skip


def accept(_: Stored) -> None:
    """A check that finds nothing wrong."""


class ContractTools:
    """Shorthand of the suite."""

    @pytest.fixture
    def root(self) -> str:
        return "/contract"

    @staticmethod
    def put(store: FileSystem, path: str, data: bytes = b"x") -> Stored:
        return store.put(path, data, path.rpartition("/")[0] + "/.work", {})

    @staticmethod
    def keys(store: FileSystem, path: str, after: str = "", until: str = "", recursive: bool = True) -> list[str]:
        return [row.key for row in store.walk(path, after, until, recursive)]

    def tree(self, store: FileSystem, root: str) -> None:
        for path in TREE:
            self.put(store, f"{root}/{path}", path.encode())

    @staticmethod
    def refuse(_: Stored) -> None:
        raise CorruptData("not what was sent")


class StatusContract(ContractTools):
    """Looking at one path."""

    def test_status_of_a_missing_path_is_none(self, store: FileSystem, root: str) -> None:
        assert store.status(f"{root}/missing") is None
        assert store.status(f"{root}/missing/deeper") is None

    def test_status_tells_kind_and_length_of_a_file(self, store: FileSystem, root: str) -> None:
        self.put(store, f"{root}/file", b"12345")
        status = store.status(f"{root}/file")
        assert status is not None
        assert (status.path, status.kind, status.length) == ("", FILE, 5)

    def test_status_below_a_file_is_none(self, store: FileSystem, root: str) -> None:
        self.put(store, f"{root}/file")
        assert store.status(f"{root}/file/below") is None

    def test_status_of_a_directory_says_so(self, store: FileSystem, root: str) -> None:
        self.put(store, f"{root}/d/e/file")
        for path in (f"{root}/d", f"{root}/d/e"):
            status = store.status(path)
            assert status is not None
            assert (status.path, status.kind) == ("", DIRECTORY)

    def test_the_root_is_a_directory(self, store: FileSystem) -> None:
        status = store.status("/")
        assert status is not None
        assert status.kind == DIRECTORY

    def test_status_of_an_empty_directory_survives(self, store: FileSystem, root: str) -> None:
        store.make_directory(f"{root}/empty/inner")
        status = store.status(f"{root}/empty/inner")
        assert status is not None
        assert status.kind == DIRECTORY

    def test_a_listing_says_the_same_as_status(self, store: FileSystem, root: str) -> None:
        self.put(store, f"{root}/file", b"12345")
        (row,) = store.walk(root)
        alone = store.status(f"{root}/file")
        assert alone is not None
        assert row == alone._replace(path="file", checksum=row.checksum, atime_ms=row.atime_ms)
        assert row.mtime_ms > 1_600_000_000_000


class WalkContract(ContractTools):
    """Listings as ordered streams."""

    def test_a_walk_is_in_key_order_with_directories_before_their_files(self, store: FileSystem, root: str) -> None:
        self.tree(store, root)
        assert self.keys(store, root) == TREE_KEYS

    def test_a_walk_of_one_level_names_directories_only(self, store: FileSystem, root: str) -> None:
        self.tree(store, root)
        expected = [key for key in TREE_KEYS if "/" not in key.rstrip("/")]
        assert self.keys(store, root, recursive=False) == expected

    def test_a_walk_of_a_sub_directory_is_relative_to_it(self, store: FileSystem, root: str) -> None:
        self.tree(store, root)
        assert self.keys(store, f"{root}/a") == ["b", "c/", "c/d"]

    def test_a_walk_tells_lengths(self, store: FileSystem, root: str) -> None:
        self.tree(store, root)
        lengths = {row.path: row.length for row in store.walk(root) if row.kind == FILE}
        assert lengths == {path: len(path.encode()) for path in TREE}

    def test_a_walk_of_a_missing_directory_raises(self, store: FileSystem, root: str) -> None:
        for recursive in (True, False):
            with pytest.raises(NotFound):
                self.keys(store, f"{root}/missing", recursive=recursive)

    def test_a_walk_of_a_file_raises(self, store: FileSystem, root: str) -> None:
        self.put(store, f"{root}/file")
        with pytest.raises(NotFound):
            self.keys(store, f"{root}/file")

    def test_a_walk_of_what_lies_below_a_file_raises_as_if_nothing_were_there(
        self, store: FileSystem, root: str
    ) -> None:
        self.put(store, f"{root}/file")
        for path in (f"{root}/file/below", f"{root}/file/below/deeper"):
            for recursive in (True, False):
                with pytest.raises(NotFound):
                    self.keys(store, path, recursive=recursive)

    def test_a_walk_of_an_empty_directory_gives_nothing(self, store: FileSystem, root: str) -> None:
        store.make_directory(f"{root}/empty")
        assert self.keys(store, f"{root}/empty") == []
        assert self.keys(store, f"{root}/empty", recursive=False) == []
        assert self.keys(store, root) == ["empty/"]

    def test_a_walk_after_a_key_leaves_out_that_child_and_what_lies_below(self, store: FileSystem, root: str) -> None:
        self.tree(store, root)
        for child in [key for key in TREE_KEYS if "/" not in key.rstrip("/")]:
            expected = [
                key for key in TREE_KEYS if key > child and not key.startswith(child if child[-1] == "/" else "\0")
            ]
            assert self.keys(store, root, after=child) == expected, child
            one_level = [key for key in expected if "/" not in key.rstrip("/")]
            assert self.keys(store, root, after=child, recursive=False) == one_level, child

    def test_a_walk_until_a_key_includes_that_child_and_what_lies_below(self, store: FileSystem, root: str) -> None:
        self.tree(store, root)
        for child in [key for key in TREE_KEYS if "/" not in key.rstrip("/")]:
            expected = [key for key in TREE_KEYS if key.partition("/")[0] + ("/" if "/" in key else "") <= child]
            assert self.keys(store, root, until=child) == expected, child

    def test_slices_of_a_walk_make_up_the_whole(self, store: FileSystem, root: str) -> None:
        self.tree(store, root)
        bounds = ["", "a-b", "a/", "b/", "é", ""]
        slices = [self.keys(store, root, *pair) for pair in itertools.pairwise(bounds)]
        assert [key for part in slices for key in part] == TREE_KEYS

    def test_nothing_after_the_last_key_is_no_error(self, store: FileSystem, root: str) -> None:
        self.tree(store, root)
        assert self.keys(store, root, after=TREE_KEYS[-1]) == []

    def test_stopped_anywhere_a_walk_gives_the_rest_of_the_open_directories(self, store: FileSystem, root: str) -> None:
        self.tree(store, root)
        for given in range(len(TREE_KEYS) + 1):
            walk = store.walk(root)
            keys = [next(walk).key for _ in range(given)]
            walk.stop_descending()
            keys += [row.key for row in (*walk.files(), *walk)]
            last = TREE_KEYS[given - 1].rstrip("/") if given else ""
            above = {last[:cut] for cut in range(len(last)) if last[cut] == "/"} | {""}
            rest = [key for key in TREE_KEYS[given:] if key.rstrip("/").rpartition("/")[0] in above]
            assert keys == TREE_KEYS[:given] + rest, given

    def test_after_seeking_nothing_from_that_key_on_is_left_out(self, store: FileSystem, root: str) -> None:
        self.tree(store, root)
        for given in (0, 1, 4):
            for sought in TREE_KEYS:
                walk = store.walk(root)
                keys = [next(walk).key for _ in range(given)]
                walk.seek(sought)
                keys += [row.key for row in walk]
                assert keys == sorted(set(keys)), "in order"
                assert set(keys) >= {key for key in TREE_KEYS if key >= sought}

    def test_a_directory_of_several_pages_is_complete_and_sought_in(
        self, store: FileSystem, many: tuple[str, int]
    ) -> None:
        path, count = many
        expected = [f"f{number:05d}" for number in range(count)]
        assert self.keys(store, path) == expected
        assert self.keys(store, path, recursive=False) == expected
        assert self.keys(store, path, after="f01998") == expected[1999:]
        walk = store.walk(path)
        keys = [next(walk).key]
        walk.seek("f02400")
        keys += [row.key for row in walk]
        assert keys[-100:] == expected[2400:]

    @pytest.fixture
    def many(self, store: FileSystem, root: str) -> tuple[str, int]:
        for number in range(2500):
            self.put(store, f"{root}/many/f{number:05d}", b"")
        return f"{root}/many", 2500


class ReadContract(ContractTools):
    """Reading ranges."""

    DATA = bytes(range(256)) * 2000

    def test_a_file_is_read_in_pieces_of_the_size_asked_for(self, store: FileSystem, root: str) -> None:
        self.put(store, f"{root}/file", self.DATA)
        with store.open_reader(f"{root}/file", len(self.DATA)) as reader:
            assert reader.length == len(self.DATA)
            pieces = list(reader.stream(0, reader.length, 100_000))
        assert [len(piece) for piece in pieces] == [100_000] * 5 + [12_000]
        assert b"".join(pieces) == self.DATA

    @pytest.mark.parametrize(("offset", "size"), [(0, 1), (1, 70_000), (65_535, 2), (511_999, 1), (5, 0), (0, 512_000)])
    def test_a_range_is_what_lies_there(self, store: FileSystem, root: str, offset: int, size: int) -> None:
        self.put(store, f"{root}/file", self.DATA)
        for expected_length in (len(self.DATA), -1):
            with store.open_reader(f"{root}/file", expected_length) as reader:
                data = b"".join(reader.stream(offset, size, 4096))
            assert data == self.DATA[offset : offset + size]

    def test_one_reader_serves_several_ranges(self, store: FileSystem, root: str) -> None:
        self.put(store, f"{root}/file", self.DATA)
        with store.open_reader(f"{root}/file", len(self.DATA)) as reader:
            first, second = reader.stream(0, 200_000, 50_000), reader.stream(200_000, 312_000, 50_000)
            both = [next(first), next(second), *first, *second]
        assert sorted(map(len, both), reverse=True)[0] == 50_000
        assert sum(map(len, both)) == 512_000

    def test_a_range_past_the_end_raises(self, store: FileSystem, root: str) -> None:
        self.put(store, f"{root}/file", b"short")
        with store.open_reader(f"{root}/file", 5) as reader, pytest.raises(CorruptData):
            list(reader.stream(0, 6, 100))
        with store.open_reader(f"{root}/file", 5) as reader, pytest.raises(CorruptData):
            list(reader.stream(10, 1, 100))

    def test_an_empty_file_gives_no_bytes(self, store: FileSystem, root: str) -> None:
        self.put(store, f"{root}/empty", b"")
        with store.open_reader(f"{root}/empty", 0) as reader:
            assert reader.length == 0
            assert list(reader.stream(0, 0, 100)) == []
        assert store.read_bytes(f"{root}/empty") == b""

    def test_reading_what_is_missing_or_a_directory_raises(self, store: FileSystem, root: str) -> None:
        self.put(store, f"{root}/d/file")
        for path in (f"{root}/missing", f"{root}/d"):
            with pytest.raises(NotFound), store.open_reader(path, 1) as reader:
                list(reader.stream(0, 1, 1))
        with pytest.raises(NotFound):
            store.read_bytes(f"{root}/missing")

    def test_reading_what_lies_below_a_file_raises_as_if_nothing_were_there(self, store: FileSystem, root: str) -> None:
        self.put(store, f"{root}/file")
        for path in (f"{root}/file/below", f"{root}/file/below/deeper"):
            with pytest.raises(NotFound), store.open_reader(path, 1) as reader:
                list(reader.stream(0, 1, 1))
            with pytest.raises(NotFound):
                store.read_bytes(path)

    def test_what_was_read_is_counted(self, store: FileSystem, root: str) -> None:
        self.put(store, f"{root}/file", self.DATA)
        before = store.traffic.snapshot()
        assert store.read_bytes(f"{root}/file") == self.DATA
        after = store.traffic.snapshot()
        assert after["BYTES_READ"] - before["BYTES_READ"] == len(self.DATA)
        assert after["READ_OPS"] > before["READ_OPS"]
