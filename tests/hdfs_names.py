"""Very many names on a real HDFS, made as fast as its NameNode goes."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from hdfs_native import Client, WriteOptions

from tests.sandbox.sandbox import Sandbox

_AT_ONCE = 48
_PORTION = 10_000


def make_names(sandbox: Sandbox, directory: str, directories: Iterable[str], files: Iterable[str]) -> None:
    """Directories and empty files below a directory.

    Not by AsyncClient: with one thread for all calls, as the product has it, it waits for that thread with Python's
    lock in its hand, which the thread may want.
    """
    client = Client(sandbox.env()["SANDBOX_HDFS"])
    client.mkdirs(directory, 0o755, True)

    def make_directory(name: str) -> None:
        client.mkdirs(f"{directory}/{name}", 0o750, True)

    def make_file(name: str) -> None:
        client.create(f"{directory}/{name}", WriteOptions(overwrite=True)).close()

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for make, names in ((make_directory, iter(directories)), (make_file, iter(files))):
            while portion := list(islice(names, _PORTION)):
                list(pool.map(make, portion))
