"""The limit pair: what the bytes cost when nobody does anything with them: `limit read|write SOURCE TARGET`.

`read` takes all files of SOURCE into nothing, `write` sends as many bytes, in files as large, from memory to TARGET:
HDFS by hdfs-native, OSS by http.client, in two processes of some threads. Nothing is listed twice, checked beyond what
those clients check by themselves, or recorded. Of what is written, only the number of bytes is right.
"""

from __future__ import annotations

import base64
import hmac
import http.client
import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from email.utils import formatdate
from functools import partial
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import oss2
from hdfs_native import Client, WriteOptions

from .floor import bucket_of

_PROCESSES = 2
_THREADS = 8
_CLOSING_THREADS = 48
"""Onto HDFS, where each close waits for half a second."""
_PART_BYTES = 16 << 20
_BLOCK_BYTES = 1 << 20
_own = threading.local()


class Item(NamedTuple):
    """A range of a file, `length` bytes."""

    path: str
    offset: int
    length: int


def main() -> int:
    """Move one side."""
    side, source, target = sys.argv[1:]
    items = _items(source, wants_ranges=side == "read" or target.startswith("oss://"))
    place = urlsplit(source if side == "read" else target)
    act = partial(_ACTIONS[side, place.scheme], place.netloc, place.path)
    threads = _CLOSING_THREADS if (side, place.scheme) == ("write", "hdfs") else _THREADS
    with ProcessPoolExecutor(_PROCESSES) as pool:
        list(pool.map(partial(_share, act, threads), [items[number::_PROCESSES] for number in range(_PROCESSES)]))
    return 0


def _items(source: str, wants_ranges: bool) -> list[Item]:
    """The files of a tree, by their paths below it, cut into parts where parts may be moved by themselves.

    In a process of its own: no client is open when others are forked.
    """
    with ProcessPoolExecutor(1) as pool:
        sizes = pool.submit(_sizes, source).result()
    part = _PART_BYTES if wants_ranges else 1 << 60
    return [Item(path, offset, min(part, size - offset)) for path, size in sizes for offset in range(0, size, part)]


def _sizes(source: str) -> list[tuple[str, int]]:
    place = urlsplit(source)
    if place.scheme == "hdfs":
        listed = Client(f"hdfs://{place.netloc}").list_status(place.path, True)
        return [(one.path.removeprefix(place.path), one.length) for one in listed if not one.isdir]
    prefix = place.path.strip("/")
    found = oss2.ObjectIteratorV2(bucket_of(place.netloc), prefix=f"{prefix}/", max_keys=1000)
    return [(one.key.removeprefix(prefix), one.size) for one in found]


def _share(act: Callable[[Item], None], threads: int, items: Sequence[Item]) -> None:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(act, items))


def _read_hdfs(host: str, root: str, item: Item) -> None:
    for _ in _client(host).read(root + item.path).read_range_stream(item.offset, item.length):
        pass


def _write_hdfs(host: str, root: str, item: Item) -> None:
    block = bytes(_BLOCK_BYTES)
    with _client(host).create(root + item.path, WriteOptions(overwrite=True)) as out:
        for offset in range(0, item.length, _BLOCK_BYTES):
            out.write(block[: item.length - offset])


def _read_oss(bucket: str, root: str, item: Item) -> None:
    span = {"Range": f"bytes={item.offset}-{item.offset + item.length - 1}"}
    answer = _ask("GET", f"/{bucket}{root}{item.path}", b"", span)
    buffer = memoryview(bytearray(_BLOCK_BYTES))
    while answer.readinto(buffer):
        pass


def _write_oss(bucket: str, root: str, item: Item) -> None:
    _ask("PUT", f"/{bucket}{root}{item.path}.{item.offset}", bytes(item.length), {}).read()


_ACTIONS = {
    ("read", "hdfs"): _read_hdfs,
    ("write", "hdfs"): _write_hdfs,
    ("read", "oss"): _read_oss,
    ("write", "oss"): _write_oss,
}


def _client(host: str) -> Client:
    if not hasattr(_own, "client"):
        _own.client = Client(f"hdfs://{host}")
    client: Client = _own.client
    return client


def _ask(method: str, path: str, body: bytes, headers: dict[str, str]) -> http.client.HTTPResponse:
    if not hasattr(_own, "connection"):
        _own.connection = http.client.HTTPConnection(urlsplit(os.environ["OSS_ENDPOINT"]).netloc)
    date = formatdate(usegmt=True)
    secret = os.environ["OSS_ACCESS_KEY_SECRET"].encode()
    signature = base64.b64encode(hmac.digest(secret, f"{method}\n\n\n{date}\n{path}".encode(), "sha1")).decode()
    key = os.environ["OSS_ACCESS_KEY_ID"]
    headers = {"Date": date, "Authorization": f"OSS {key}:{signature}", **headers}
    _own.connection.request(method, quote(path), body or None, headers)
    answer: http.client.HTTPResponse = _own.connection.getresponse()
    if answer.status not in (200, 206):
        raise SystemExit(f"{method} {path}: {answer.status} {answer.read()[:500]!r}")
    return answer


if __name__ == "__main__":
    sys.exit(main())
