"""Lists of differences in pieces: every line belongs to one of them, and none to another pair."""

from __future__ import annotations

import pytest

from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems, seat_filesystem
from hdfs2oss.model.differences import Difference
from hdfs2oss.model.errors import UsageError
from hdfs2oss.model.uri import Uri
from hdfs2oss.records.diff_list import DiffSlice, Foreign, lines_between, open_list, read_slice
from hdfs2oss.records.differences import DifferenceFiles
from tests.stores.memory import MemoryFileSystem

STORES = StoreConfig()
ROWS = [Difference(f"d/ä\n{number}", "MISSING", "F", number, detail="odd") for number in range(20)]


@pytest.fixture
def store():
    made = MemoryFileSystem()
    seat_filesystem(Uri("file", "", "/"), STORES, made)
    yield made
    close_filesystems()


@pytest.mark.parametrize("text", [b"one\ntwo\n\nthree\n", b"one\ntwo\n\nthree", b"\n", b"x"])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_every_line_begins_in_one_piece(store, text, size) -> None:
    store.place("/f", text)
    pieces = [list(lines_between(store, "/f", at, at + size)) for at in range(0, len(text), size)]
    found = [line for piece in pieces for line in piece]
    assert found == text.removesuffix(b"\n").split(b"\n")


def test_what_was_written_is_read_and_odd_names_stay_as_they_are(store) -> None:
    DifferenceFiles(Uri("file", "", "/out"), STORES).write_lines("pair", ROWS)
    listed = open_list(Uri("file", "", "/out/differences.jsonl"), STORES)
    assert listed.pair == "pair"
    assert [row for piece in listed.slices for row in read_slice(piece, "pair", STORES)] == ROWS


def test_a_long_list_is_several_files_and_a_short_one_is_one_all_the_same(store) -> None:
    files = DifferenceFiles(Uri("file", "", "/out"), STORES)
    files.write_lines("pair", ROWS, file_bytes=1000)
    names = sorted(name for name in store.files() if name.endswith(".jsonl"))
    assert names[0] == "/out/differences-00001.jsonl"
    assert names[-1] == "/out/differences.jsonl"
    assert sum(store.read_bytes(name).count(b"\n") for name in names) == len(ROWS)
    DifferenceFiles(Uri("file", "", "/none"), STORES).write_lines("pair", [])
    assert store.read_bytes("/none/differences.jsonl") == b""


def test_a_line_of_another_pair_among_ours_is_refused(store) -> None:
    files = DifferenceFiles(Uri("file", "", "/out"), STORES)
    files.write_lines("pair", ROWS[:2])
    ours = store.read_bytes("/out/differences.jsonl")
    store.place("/out/mixed.jsonl", ours + ours.replace(b'"pair"', b'"pair"', 1).replace(b': "pair"', b': "riap"'))
    (piece,) = open_list(Uri("file", "", "/out/mixed.jsonl"), STORES).slices
    with pytest.raises(Foreign, match="another pair"):
        list(read_slice(piece, "pair", STORES))


@pytest.mark.parametrize(
    "text", [b"{}\n", b"no json\n", b'{"path": 1, "difference": "MISSING", "kind": "F", "pair": "p"}\n']
)
def test_what_is_no_list_is_refused(store, text) -> None:
    store.place("/f.jsonl", text)
    with pytest.raises(UsageError, match="no list of differences"):
        open_list(Uri("file", "", "/f.jsonl"), STORES)


def test_a_directory_without_a_finished_report_is_refused(store) -> None:
    store.make_directory("/out/differences")
    with pytest.raises(UsageError, match="no finished list"):
        open_list(Uri("file", "", "/out"), STORES)


def test_a_piece_behind_the_end_has_no_line(store) -> None:
    store.place("/f", b"one\n")
    assert not list(lines_between(store, "/f", 4, 8))
    assert DiffSlice(Uri("file", "", "/f"), 0, 4).is_table is False
