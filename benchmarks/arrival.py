"""What arrived: a tool that was quick because it left something out must not look well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import oss2
from hdfs_native import Client

from hdfs2oss.rules.checksum import crc64

from .command import BenchmarkFailed
from .places import Place
from .workload import MIB

_PIECE_BYTES = 8 * MIB
_SAMPLE_FILES = 50
_SAMPLE_RANGES = 12


class Content(NamedTuple):
    """CRC-64 of a whole file, and of some ranges of it: offset -> checksum of at most 1 MiB."""

    whole: int
    ranges: dict[int, int]


class Expected(NamedTuple):
    """The files of a source: all sizes, and what some of them hold."""

    sizes: dict[str, int]
    contents: dict[str, Content]


class Arrival:
    """Looks into both stores."""

    def __init__(self, client: Client, bucket: oss2.Bucket) -> None:
        self._client = client
        self._bucket = bucket

    def expect(self, root: str) -> Expected:
        """What a copy of a directory on HDFS must hold; the files that are read lie evenly in the whole."""
        sizes = self._sizes_on_hdfs(root)
        names = sorted(sizes)
        sample = names[:: max(1, len(names) // _SAMPLE_FILES)][:_SAMPLE_FILES]
        return Expected(sizes, {name: self._content(f"{root}/{name}", sizes[name]) for name in sample})

    def refuse_presence(self, place: Place) -> None:
        """Raise BenchmarkFailed if anything is there: what is found later must be of the run that follows."""
        there = self._sizes_on_hdfs(place.path) if place.store == "hdfs" else self.objects(place.path)
        if there:
            raise BenchmarkFailed(f"{len(there)} files lie in {place.path} before the run")

    def refuse_difference(self, place: Place, expected: Expected) -> None:
        """Raise BenchmarkFailed unless just these files, with these bytes, lie there."""
        on_hdfs = place.store == "hdfs"
        sizes = (
            self._sizes_on_hdfs(place.path)
            if on_hdfs
            else {name: one.size for name, one in self.objects(place.path).items()}
        )
        wrong = sorted(
            name for name in sizes.keys() | expected.sizes.keys() if sizes.get(name) != expected.sizes.get(name)
        )
        if wrong:
            raise BenchmarkFailed(
                f"{len(sizes)} files of {sum(sizes.values())} bytes lie in {place.path}, {len(expected.sizes)} of "
                f"{sum(expected.sizes.values())} were to be copied; the first that differs: {wrong[0]}"
            )
        for name, content in expected.contents.items():
            path = f"{place.path}/{name}"
            is_equal = self._holds_ranges(path, content) if on_hdfs else self._stated(path) == str(content.whole)
            if not is_equal:
                raise BenchmarkFailed(f"{path} holds other bytes than its source")

    def refuse_other_times(self, place: Place, since: float, changed: set[str]) -> None:
        """Raise BenchmarkFailed unless just the changed objects were written since `since` (seconds)."""
        new = {name for name, one in self.objects(place.path).items() if one.last_modified >= int(since)}
        if new != changed:
            raise BenchmarkFailed(
                f"{len(new)} files in {place.path} were written, {len(changed)} had changed; "
                f"for one {min(new ^ changed)}"
            )

    def objects(self, prefix: str) -> dict[str, oss2.models.SimplifiedObjectInfo]:
        """Objects below a prefix; markers of directories, which not every tool leaves, do not count."""
        found: Iterator[oss2.models.SimplifiedObjectInfo] = oss2.ObjectIteratorV2(
            self._bucket, prefix=f"{prefix}/", max_keys=1000
        )
        return {one.key.removeprefix(f"{prefix}/"): one for one in found if not one.key.endswith("/")}

    def _sizes_on_hdfs(self, root: str) -> dict[str, int]:
        try:
            listed = list(self._client.list_status(root, True))
        except FileNotFoundError:
            return {}
        return {one.path.removeprefix(f"{root}/"): one.length for one in listed if not one.isdir}

    def _content(self, path: str, size: int) -> Content:
        running = 0
        with self._client.read(path) as file:
            while data := file.read(_PIECE_BYTES):
                running = crc64(data, running)
            ranges = {offset: crc64(file.read_range(offset, min(MIB, size - offset))) for offset in _offsets(size)}
        return Content(running, ranges)

    def _holds_ranges(self, path: str, content: Content) -> bool:
        with self._client.read(path) as file:
            size = len(file)
            return all(
                crc64(file.read_range(offset, min(MIB, size - offset))) == checksum
                for offset, checksum in content.ranges.items()
            )

    def _stated(self, key: str) -> str | None:
        stated: str | None = self._bucket.head_object(key).headers.get("x-oss-hash-crc64ecma")
        return stated


def _offsets(size: int) -> list[int]:
    """Where ranges begin: evenly, the first and the last MiB among them."""
    if size <= MIB:
        return [0] if size else []
    steps = min(_SAMPLE_RANGES, size // MIB)
    return sorted({number * (size - MIB) // max(1, steps - 1) for number in range(steps)})
