"""The packed environment: an archive with a Python of its own and all packages, for nodes that have neither.

`make dist` makes it, `--archives` brings it to the nodes. Its first member is a manifest, so what is in it is known at
a glance. Standard library only: the wrapper asks with whatever Python there is.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from pathlib import Path
from typing import NamedTuple

from ..model.errors import UsageError

MANIFEST = "hdfs2oss-environment.json"
# Where Spark unpacks it in the working directory of an executor, and of a driver in the cluster.
FOLDER = "environment"
PYTHON_IN_IT = f"./{FOLDER}/bin/python3"


class Manifest(NamedTuple):
    """What an environment holds, what it needs of a node (machine, glibc), and the code that it was made of."""

    version: str
    python: str
    machine: str
    glibc: str
    code: str


def read_manifest(archive: Path) -> Manifest:
    """The manifest of an archive on this machine. Raises UsageError when it is none of ours."""
    try:
        with tarfile.open(archive, "r:*") as tar:
            first = tar.next()
            file = tar.extractfile(first) if first is not None and first.name == MANIFEST else None
            if file is None:
                raise ValueError(f"its first member is not {MANIFEST}")
            return parse_manifest(file.read())
    except (OSError, tarfile.TarError, ValueError, EOFError) as error:
        raise UsageError(
            f"{archive} is no environment of hdfs2oss: {error}", 'Name one that "make dist" has made.'
        ) from None


def parse_manifest(text: bytes) -> Manifest:
    """Raises ValueError for what is no manifest."""
    fields = json.loads(text)
    if not isinstance(fields, dict) or not set(Manifest._fields) <= fields.keys():
        raise ValueError("its manifest lacks fields")
    return Manifest(*(str(fields[name]) for name in Manifest._fields))


def code_digest(package: Path) -> str:
    """A name for the code below `package`, the same wherever it lies."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py"), key=lambda path: path.relative_to(package).parts):
        digest.update(os.fsencode(path.relative_to(package).as_posix()) + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def glibc_here() -> str:
    """The version of this machine's C library; empty where it is another one."""
    try:
        name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    except (ValueError, OSError):
        return ""
    return version if name == "glibc" else ""


def is_older(version: str, than: str) -> bool:
    """Whether a dotted version is the older one; what is no version is older than nothing."""
    try:
        return _numbers(version) < _numbers(than)
    except ValueError:
        return False


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
