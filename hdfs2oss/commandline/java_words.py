"""Which words of a command mean that files go through Hadoop's Java client: each task has a JVM of its own then."""

from __future__ import annotations

import re
from collections.abc import Iterable

# What has a client here; https is that of an endpoint, and no place of files.
_NATIVE = frozenset(("hdfs", "oss", "file", "http", "https"))
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_OSS_HDFS = "oss-dls"


def go_by_java(hdfs_client: str, words: Iterable[str]) -> bool:
    """Whether `--hdfs-client` says so, or a path has a scheme that only Java knows. Lists are not looked into."""
    return hdfs_client == "jvm" or any(_is_foreign(word) for word in words)


def _is_foreign(word: str) -> bool:
    found = _SCHEME.match(word)
    return found is not None and (found[1].lower() not in _NATIVE or _OSS_HDFS in word)
