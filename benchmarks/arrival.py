"""What arrived: a tool that was quick because it left something out must not look well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import oss2
from hdfs_native import Client

from hdfs2oss.rules.checksum import crc64

from .run import BenchmarkFailed

_PIECE_BYTES = 8 << 20
_SAMPLE = 50


class Expected(NamedTuple):
    """The files of a source: all sizes, and the CRC-64 of some."""

    sizes: dict[str, int]
    checksums: dict[str, int]


def expect(client: Client, root: str) -> Expected:
    """What a copy of the directory `root` must hold; files for checksums are taken evenly from the whole."""
    sizes = {one.path.removeprefix(f"{root}/"): one.length for one in client.list_status(root, True) if not one.isdir}
    names = sorted(sizes)
    sample = names[:: max(1, len(names) // _SAMPLE)]
    return Expected(sizes, {name: _checksum(client, f"{root}/{name}") for name in sample})


def refuse_difference(env: dict[str, str], prefix: str, expected: Expected, since: float) -> None:
    """Raise BenchmarkFailed unless just these files lie below a prefix, none of them written before `since`.

    A tool that had nothing to do is judged with `since` 0.
    """
    bucket = _bucket(env)
    found = {one.key.removeprefix(f"{prefix}/"): one for one in _objects(bucket, f"{prefix}/")}
    sizes = {name: one.size for name, one in found.items()}
    if sizes != expected.sizes:
        wrong = sorted(
            name for name in sizes.keys() | expected.sizes.keys() if sizes.get(name) != expected.sizes.get(name)
        )
        raise BenchmarkFailed(
            f"{len(sizes)} files of {sum(sizes.values())} bytes lie in {prefix}, {len(expected.sizes)} of "
            f"{sum(expected.sizes.values())} were to be copied; the first that differs: {wrong[0]}"
        )
    old = [name for name, one in found.items() if one.last_modified < int(since)]
    if old:
        raise BenchmarkFailed(f"{len(old)} files in {prefix} were not written by this run, {min(old)} for one")
    for name, checksum in expected.checksums.items():
        stated = bucket.head_object(f"{prefix}/{name}").headers.get("x-oss-hash-crc64ecma")
        if stated != str(checksum):
            raise BenchmarkFailed(f"{prefix}/{name} holds other bytes: CRC-64 {stated} instead of {checksum}")


def _checksum(client: Client, path: str) -> int:
    running = 0
    with client.read(path) as file:
        while data := file.read(_PIECE_BYTES):
            running = crc64(data, running)
    return running


def _bucket(env: dict[str, str]) -> oss2.Bucket:
    session = oss2.Session()
    session.session.trust_env = False
    keys = oss2.Auth(env["OSS_ACCESS_KEY_ID"], env["OSS_ACCESS_KEY_SECRET"])
    return oss2.Bucket(keys, env["OSS_ENDPOINT"], env["SANDBOX_BUCKET"], session=session)


def _objects(bucket: oss2.Bucket, prefix: str) -> Iterator[oss2.models.SimplifiedObjectInfo]:
    """Files; markers of directories, which not every tool leaves, do not count."""
    return (one for one in oss2.ObjectIteratorV2(bucket, prefix=prefix, max_keys=1000) if not one.key.endswith("/"))
