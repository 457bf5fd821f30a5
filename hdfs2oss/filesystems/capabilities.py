"""What a store can do."""

from __future__ import annotations

from typing import NamedTuple


class Capabilities(NamedTuple):
    """What differs between stores, asked instead of their types."""

    # The row of the File System Counters: FILE, HDFS, OSS.
    counter_name: str
    # `put` and `complete_upload` publish whole files at once, so nothing is renamed.
    atomic_put: bool
    # Files can be sent as parts, in any order and from several machines. Otherwise they are streams (`open_writer`).
    multipart: bool
    # A directory exists by itself, not just by the files below it.
    real_directories: bool
    # Characters that no element of a path may hold.
    forbidden_characters: str = ""
    # Characters that no path may hold of a file that is joined of others (`join`).
    unjoinable_characters: str = ""
    # Seconds that closing a small file takes, whatever its size: more threads hide it.
    close_seconds: float = 0.0
    # The letters of -p that the store can keep, and those of them that its listings tell.
    keeps: str = ""
    lists_kept: str = ""
    # What `encode` makes of attributes may be so long; 0 where they are not kept as text.
    attributes_limit_bytes: int = 0
    # Many files are removed by one request.
    removes_together: bool = False
    # Whatever else answers there, its walks can begin anywhere (`FileSystem.lists_from_any_key`).
    lists_from_any_key: bool = False
    # The families of checksums (rules/filesum.py) that it may be asked for, the one to ask for first first.
    checksums: tuple[str, ...] = ()
    # Snapshots can be made, dropped and compared.
    snapshots: bool = False
    # A file or directory gets another path at once (`move`), whatever lies in it.
    atomic_move: bool = False
    # The store copies files by itself (`copy_within`).
    server_copy: bool = False
    # A reader gets the bytes as they lie on the disks, or an error: they are checked on their way, or have none to go.
    reads_checked: bool = False
    # Bytes are compared with the writer's checksums by who stores them, before a file can be closed.
    writes_checked: bool = False
    # A file can be put together of others that lie beside it (`join`), where nothing is against it (`cannot_join`).
    joins: bool = False
    # A file can be written on behind its end (`open_appender`).
    appends: bool = False
