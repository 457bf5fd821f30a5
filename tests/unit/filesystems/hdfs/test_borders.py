"""A directory is cut evenly by few looks into it."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from itertools import pairwise

import pytest

from hdfs2oss.filesystems.hdfs.borders import find_borders
from hdfs2oss.filesystems.name_order import listing_key
from hdfs2oss.model.values import DIRECTORY, FILE, FileStatus
from hdfs2oss.rules.keys import KeyRange

PAGE = 1000
DATES = [
    f"dt=20{year:02d}-{month:02d}-{day:02d}" for year in range(40) for month in range(1, 13) for day in range(1, 32)
]
SETS = {
    "numbers": [f"part-{number:08d}" for number in range(40_000)],
    "an outlier": ["_SUCCESS", *(f"part-{number:08d}" for number in range(40_000)), "z~"],
    "hex": [hashlib.md5(str(number).encode()).hexdigest() for number in range(40_000)],
    "numbers without zeros": [f"part-{number}-x" for number in range(40_000)],
    "dates": DATES,
    "not ASCII": [f"数据-{number:06d}" for number in range(30_000)],
}


class Directory:
    """Files, listed in pages as a NameNode does."""

    def __init__(self, names: list[str], kind: str = FILE) -> None:
        self.names = sorted(names, key=listing_key)
        self.keys = [listing_key(name) for name in self.names]
        self.kind = kind
        self.looks = 0

    def look(self, behind: str) -> tuple[list[FileStatus], int]:
        self.looks += 1
        at = bisect_right(self.keys, listing_key(behind))
        page = self.names[at : at + PAGE]
        return [FileStatus(name, self.kind) for name in page], len(self.names) - at - len(page)


@pytest.mark.parametrize("kind", [*SETS])
def test_names_of_all_kinds_are_cut_into_ranges_of_about_the_same_size(kind) -> None:
    directory = Directory(SETS[kind])
    names = sorted(directory.names)
    after = names[len(names) // 10]
    borders = find_borders(directory.look, KeyRange(after, ""), 8)
    assert len(borders) == 7
    places = [bisect_right(names, after), *(bisect_right(names, border) for border in borders), len(names)]
    sizes = [other - one for one, other in pairwise(places)]
    assert max(sizes) <= 2 * sum(sizes) / 8, sizes
    assert directory.looks <= 22


def test_between_two_ends_all_borders_lie_between_them() -> None:
    directory = Directory(SETS["numbers"])
    borders = find_borders(directory.look, KeyRange("part-00010000", "part-00030000/"), 4)
    places = [int(border[5:-1]) for border in borders]
    assert all(abs(place - wanted) <= 1_300 for place, wanted in zip(places, (15_000, 20_000, 25_000), strict=True))


def test_few_children_are_cut_by_the_directories_among_them() -> None:
    names = [f"d{number}" for number in range(6)]
    assert find_borders(Directory(names, DIRECTORY).look, KeyRange("d0/", ""), 16) == ["d1/", "d2/", "d3/", "d4/"]
    assert find_borders(Directory(names, DIRECTORY).look, KeyRange("d0/", "d3/"), 2) == ["d1/"]
    assert find_borders(Directory(names).look, KeyRange("d0", ""), 16) == []
    assert find_borders(Directory([]).look, KeyRange("d0", ""), 16) == []
