"""What new files and directories of an HDFS are given, as Hadoop's own client would give it.

The NameNode takes permissions as they are sent: applying the umask is the client's part.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from ...model.errors import UsageError
from ...model.units import parse_size

UMASK = "fs.permissions.umask-mode"
REPLICATION = "dfs.replication"
BLOCK_SIZE = "dfs.blocksize"

_DEFAULT_UMASK = "022"
_FILE_BITS, _DIRECTORY_BITS = 0o666, 0o777
_OCTAL = re.compile(r"^[0-7]{1,4}$")
_CLAUSE = re.compile(r"^([ugoa]*)=([rwx-]*)$")
_WHO = {"u": 6, "g": 3, "o": 0}
_BITS = {"r": 4, "w": 2, "x": 1, "-": 0}
# Checksums of HDFS are over so many bytes.
_BLOCK_UNIT = 512


class Creation(NamedTuple):
    """Permission bits; replication and block size, or None for what the NameNode has as its default."""

    file_permission: int
    directory_permission: int
    replication: int | None
    block_size_bytes: int | None


def read_creation(hadoop_conf: Mapping[str, str]) -> Creation:
    """What the configuration says:

    fs.permissions.umask-mode   octal (`027`) or what it leaves (`u=rwx,g=rx,o=`); 022 when it is not set
    dfs.replication             a number of replicas
    dfs.blocksize               bytes, or a number with k, m, g or t; a multiple of 512

    Raises UsageError that names the key whose value means nothing.
    """
    umask = _umask(hadoop_conf.get(UMASK) or _DEFAULT_UMASK)
    return Creation(
        _FILE_BITS & ~umask,
        _DIRECTORY_BITS & ~umask,
        _replication(hadoop_conf.get(REPLICATION, "")),
        _block_size(hadoop_conf.get(BLOCK_SIZE, "")),
    )


def _umask(text: str) -> int:
    text = text.strip()
    if _OCTAL.match(text):
        return int(text, 8) & _DIRECTORY_BITS
    left = 0
    for clause in text.split(","):
        match = _CLAUSE.match(clause.strip())
        if not match:
            raise UsageError(f"{UMASK} is {text!r}, which is no umask", "Write it as 027, or as u=rwx,g=rx,o=")
        bits = sum(_BITS[letter] for letter in set(match[2]))
        for who in "ugo" if not match[1] or "a" in match[1] else match[1]:
            left = left & ~(7 << _WHO[who]) | bits << _WHO[who]
    return ~left & _DIRECTORY_BITS


def _replication(text: str) -> int | None:
    if not text:
        return None
    if not text.strip().isdecimal() or not int(text):
        raise UsageError(f"{REPLICATION} is {text!r}, which is no number of replicas", "Write a number above 0.")
    return int(text)


def _block_size(text: str) -> int | None:
    if not text:
        return None
    try:
        size_bytes = parse_size(text)
    except ValueError as error:
        raise UsageError(f"{BLOCK_SIZE}: {error}") from None
    if not size_bytes or size_bytes % _BLOCK_UNIT:
        raise UsageError(f"{BLOCK_SIZE} is {text!r}, which is no multiple of {_BLOCK_UNIT} bytes")
    return size_bytes
