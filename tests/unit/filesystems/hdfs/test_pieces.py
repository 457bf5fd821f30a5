"""Packets of DataNodes as pieces of one size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hdfs2oss.filesystems.hdfs.reader import _join


@given(sizes=st.lists(st.integers(1, 40), max_size=12), piece_bytes=st.integers(1, 30))
def test_packets_of_any_size_become_pieces_of_one_size_with_all_bytes_in_order(sizes, piece_bytes) -> None:
    packets = [bytes([number]) * size for number, size in enumerate(sizes)]
    pieces = list(_join(iter(packets), piece_bytes))
    assert b"".join(pieces) == b"".join(packets)
    assert {len(piece) for piece in pieces[:-1]} <= {piece_bytes}
    assert all(0 < len(piece) <= piece_bytes for piece in pieces)


def test_packets_of_the_right_size_are_not_copied() -> None:
    packets = [bytes(100) for _ in range(3)]
    assert [id(piece) for piece in _join(iter(packets), 100)] == [id(packet) for packet in packets]
