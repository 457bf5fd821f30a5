"""The trees that are copied, made in the sandbox's HDFS."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from hdfs_native import Client, WriteOptions

from .workload import MIB, Tree

_NOISE_BYTES = 8 * MIB
_WRITERS = 256
"""Each file that is closed waits for half a second, which costs nobody anything."""
_LARGE_WRITERS = 2
_PER_DIRECTORY = 500


def name_of(number: int) -> str:
    """The path of a file below the root of its tree."""
    return f"d{number // _PER_DIRECTORY:04d}/f{number:07d}"


def make(client: Client, root: str, tree: Tree, salt: int = 0) -> None:
    """Make a tree below a directory; no two files hold the same bytes."""
    _write(client, root, tree, range(tree.files), salt)


def change(client: Client, root: str, tree: Tree, salt: int) -> list[str]:
    """Write other bytes, as many, into every hundredth file; returns their names."""
    numbers = range(0, tree.files, 100)
    _write(client, root, tree, numbers, salt)
    return [name_of(number) for number in numbers]


def _write(client: Client, root: str, tree: Tree, numbers: range, salt: int) -> None:
    noise = os.urandom(_NOISE_BYTES)

    def write(number: int) -> None:
        start = (number * 61 + salt * 7919) % (_NOISE_BYTES - MIB)
        left, piece = tree.file_bytes, noise[start : start + min(tree.file_bytes, _NOISE_BYTES - start)]
        with client.create(f"{root}/{name_of(number)}", WriteOptions(overwrite=True)) as out:
            while left:
                out.write(piece[:left])
                left -= min(left, len(piece))

    with ThreadPoolExecutor(_WRITERS if tree.file_bytes < MIB else _LARGE_WRITERS) as pool:
        list(pool.map(write, numbers))
