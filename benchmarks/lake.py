"""The trees that are copied, made once in the sandbox's HDFS."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from hdfs_native import Client, WriteOptions

MIB = 1024 * 1024
BIG_BYTES = 1024 * MIB
SMALL_FILES, SMALL_BYTES = 10_000, 4096
_WRITERS = 64


def make_big(client: Client, root: str) -> None:
    """One file of 1 GiB."""
    block = os.urandom(8 * MIB)
    with client.create(f"{root}/one-gib", WriteOptions(overwrite=True)) as out:
        for _ in range(BIG_BYTES // len(block)):
            out.write(block)


def make_small(client: Client, root: str, files: int = SMALL_FILES) -> None:
    """Files of 4 KiB in a hundred directories."""
    noise = os.urandom(MIB)

    def write(number: int) -> None:
        start = number * 61 % (len(noise) - SMALL_BYTES)
        with client.create(f"{root}/d{number % 100:02d}/f{number:05d}", WriteOptions(overwrite=True)) as out:
            out.write(noise[start : start + SMALL_BYTES])

    with ThreadPoolExecutor(_WRITERS) as pool:
        list(pool.map(write, range(files)))
