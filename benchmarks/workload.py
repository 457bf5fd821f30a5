"""What is copied: the workloads, in a short and a long version."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


class Kind(Enum):
    """What there is to do."""

    COPY = "copy"
    """Into a target that is not there."""
    UNCHANGED = "unchanged"
    """Once more with -update, and nothing differs."""
    CHANGED = "changed"
    """Once more with -update, and one file in a hundred differs."""
    SURVEY = "survey"
    """Two listings of objects without bytes are compared, and nothing is copied."""
    SCALING = "scaling"
    """The same with more slots, on a server that answers late."""


class Tree(NamedTuple):
    """`files` files of `file_bytes` each."""

    files: int
    file_bytes: int

    @property
    def total_bytes(self) -> int:
        return self.files * self.file_bytes

    def __str__(self) -> str:
        return f"{self.files:,} x {size_text(self.file_bytes)}"


class Workload(NamedTuple):
    """A tree and its way. A `lesser` one beside the `whole` shows what a file or a GiB more costs."""

    name: str
    kind: Kind
    is_back: bool
    whole: Tree
    lesser: Tree | None = None

    @property
    def title(self) -> str:
        way = "OSS to HDFS" if self.is_back else "HDFS to OSS"
        return {
            Kind.COPY: f"{self.whole}, {way}",
            Kind.UNCHANGED: f"{self.whole}, {way} once more with -update, nothing changed",
            Kind.CHANGED: f"{self.whole}, {way} once more with -update, 1 % changed",
            Kind.SCALING: "1, 2 and 4 slots of 4 threads, on a server that answers 200 ms late",
            Kind.SURVEY: f"survey of {self.whole.files:,} objects on each side, all alike",
        }[self.kind]

    @property
    def is_by_bytes(self) -> bool:
        """Whether bytes are what costs here, not files."""
        return self.whole.file_bytes >= MIB

    def amount(self, tree: Tree) -> float:
        """How much a tree is of what costs: GiB or files."""
        return tree.total_bytes / GIB if self.is_by_bytes else tree.files

    def shrunk(self, by: int) -> Workload:
        """The same with so many times less of everything, to try the benchmark itself."""
        return self._replace(whole=_shrunk(self.whole, by), lesser=_shrunk(self.lesser, by) if self.lesser else None)


def workloads(is_long: bool) -> list[Workload]:
    """All of a version, the most telling first."""
    if is_long:
        return [
            *_both_ways("small", Tree(20_000, 4 * KIB), Tree(5_000, 4 * KIB), Tree(500, 4 * KIB)),
            *_both_ways("big", Tree(1, 4 * GIB), Tree(1, 4 * GIB), Tree(1, 512 * MIB)),
            *_both_ways("many", Tree(40, 100 * MIB), Tree(40, 100 * MIB), Tree(4, 100 * MIB)),
            Workload("unchanged", Kind.UNCHANGED, False, Tree(5_000, 4 * KIB)),
            Workload("one", Kind.COPY, False, Tree(1, 10)),
            Workload("scaling", Kind.SCALING, False, Tree(600, 4 * KIB)),
            Workload("survey", Kind.SURVEY, False, Tree(2_000_000, 4 * KIB), Tree(500_000, 4 * KIB)),
            Workload("unchanged-many", Kind.UNCHANGED, False, Tree(50_000, 4 * KIB)),
            Workload("changed-many", Kind.CHANGED, False, Tree(50_000, 4 * KIB)),
        ]
    return [
        Workload("one", Kind.COPY, False, Tree(1, 10)),
        *_both_ways("big", Tree(1, 1 * GIB), Tree(1, 1 * GIB), Tree(1, 128 * MIB)),
        Workload("unchanged", Kind.UNCHANGED, False, Tree(5_000, 4 * KIB)),
        *_both_ways("small", Tree(5_000, 4 * KIB), Tree(2_000, 4 * KIB), Tree(100, 4 * KIB)),
        *_both_ways("many", Tree(10, 100 * MIB), Tree(10, 100 * MIB), None),
    ]


def size_text(size_bytes: int) -> str:
    """A size in the largest unit that divides it."""
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if size_bytes and size_bytes % unit == 0:
            return f"{size_bytes // unit} {name}"
    return f"{size_bytes} bytes"


def _both_ways(name: str, out: Tree, back: Tree, lesser: Tree | None) -> list[Workload]:
    return [
        Workload(f"{name}-out", Kind.COPY, False, out, lesser),
        Workload(f"{name}-back", Kind.COPY, True, back, lesser),
    ]


def _shrunk(tree: Tree, by: int) -> Tree:
    if tree.files > by:
        return Tree(tree.files // by, tree.file_bytes)
    return Tree(tree.files, max(1, tree.file_bytes // by)) if tree.file_bytes > MIB else tree
