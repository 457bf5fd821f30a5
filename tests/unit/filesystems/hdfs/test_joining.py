"""Joining by CONCAT, begun by an earlier try or not, answered or not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from hdfs2oss.filesystems.base import Stored
from hdfs2oss.filesystems.hdfs.joining import join
from hdfs2oss.filesystems.hdfs.webhdfs import Unanswered
from hdfs2oss.filesystems.traffic import Traffic
from hdfs2oss.model.errors import CorruptData, NotFound, VerifyError

PIECES = [(f"/d/p{number}", 10) for number in range(70)]


class NameNode:
    """Lengths of files, and the three calls that joining needs; `silent` loses the answers to so many of them."""

    def __init__(self, lengths: dict[str, int], silent: int = 0) -> None:
        self.lengths = lengths
        self.silent = silent
        self.concats: list[int] = []
        self.traffic = Traffic()

    def status(self, path: str) -> SimpleNamespace | None:
        return SimpleNamespace(length=self.lengths[path], modification_time=7) if path in self.lengths else None

    def rename(self, path: str, new_path: str, overwrite: bool = True) -> None:
        self.lengths[new_path] = self.lengths.pop(path)

    def remove(self, path: str) -> bool:
        return self.lengths.pop(path, None) is not None

    def change(
        self, method: str, path: str, operation: str, parameters: dict[str, str], timeout_seconds: float
    ) -> dict:
        assert (method, operation) == ("POST", "CONCAT")
        others = parameters["sources"].split(",")
        self.concats.append(len(others))
        for other in others:
            self.lengths[path] += self.lengths.pop(other)
        if self.silent:
            self.silent -= 1
            raise Unanswered("no answer")
        return {}


def accept(path: str, stored: Stored) -> None:
    assert stored == Stored(700, mtime_ms=7)


def run(node: NameNode, check=accept) -> Stored:
    return join(node, node, "/d/f", PIECES, check)  # type: ignore[arg-type]


def test_pieces_are_joined_some_at_once_and_published_when_they_are_whole() -> None:
    node = NameNode(dict(PIECES))
    assert run(node) == Stored(700, mtime_ms=7)
    assert node.concats == [32, 32, 5]
    assert node.lengths == {"/d/f": 700}


def test_an_answer_that_is_lost_is_found_out() -> None:
    node = NameNode(dict(PIECES), silent=2)
    run(node)
    assert node.lengths == {"/d/f": 700}


@pytest.mark.parametrize("joined", [1, 33, 65, 70])
def test_what_an_earlier_try_joined_is_not_joined_again(joined) -> None:
    left = dict(PIECES[joined:])
    node = NameNode({"/d/p0": 10 * joined, **left, "/d/f": 3})
    run(node)
    assert node.lengths == {"/d/f": 700}


def test_what_an_earlier_try_published_is_done() -> None:
    assert run(NameNode({"/d/f": 700})) == Stored(700, mtime_ms=7)
    with pytest.raises(NotFound):
        run(NameNode({"/d/f": 699}))


def test_what_stands_at_the_path_of_a_whole_that_is_gone_is_checked() -> None:
    def refuse(path: str, stored: Stored) -> None:
        raise VerifyError(f"{path} {stored.mtime_ms}")

    with pytest.raises(VerifyError, match="/d/f 7"):
        run(NameNode({"/d/f": 700}), refuse)


def test_a_first_piece_of_an_odd_length_is_never_joined() -> None:
    node = NameNode({**dict(PIECES), "/d/p0": 11})
    with pytest.raises(CorruptData):
        run(node)
    assert node.concats == []


def test_what_the_check_refuses_is_not_published() -> None:
    def refuse(path: str, stored: Stored) -> None:
        raise VerifyError(path)

    node = NameNode({**dict(PIECES), "/d/f": 3})
    with pytest.raises(VerifyError):
        run(node, refuse)
    assert node.lengths["/d/f"] == 3


@pytest.mark.parametrize(("length", "left"), [(10, {}), (699, {"/d/f": 699})])
def test_a_piece_that_was_put_in_the_place_of_the_whole_just_before_its_rename_is_no_success(length, left) -> None:
    """By an attempt that was given up and still lives: its piece goes, and what others wrote stays."""
    node = NameNode(dict(PIECES))

    def replace(path: str, stored: Stored) -> None:
        node.lengths[path] = length

    with pytest.raises(CorruptData, match=f"/d/f was joined with 700 bytes, and what stands there has {length} bytes"):
        run(node, replace)
    assert node.lengths == left
