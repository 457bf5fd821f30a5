"""Which class serves a scheme, and one client per store and process.

Clients are made after a fork, in the process that uses them: a client of hdfs-native carried over a fork
hangs. `StoreConfig` is plain and travels to executors; what it opens never does.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model.errors import UsageError
from ..model.uri import Uri
from .base import FileSystem
from .kerberos.gssapi import BY_TICKET, Login
from .keys.credentials import OssAccess

NATIVE, JVM = "native", "jvm"
# In the endpoint of a bucket of OSS-HDFS, whose files are none of its objects.
_OSS_HDFS = "oss-dls"


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """All that is needed to reach the stores of one run. Holds secrets: its repr shows none.

    `hadoop_conf` holds resolved Hadoop keys; `oss` maps a bucket to its access. `hdfs_user` is who asks HDFS,
    on every node, whoever runs the process there; "" where Kerberos says who it is. `login` names the keytab of whoever
    has one, which is read on each node. `hdfs_client` is NATIVE or JVM: what reaches hdfs://.
    """

    hadoop_conf: Mapping[str, str] = field(default_factory=dict, repr=False)
    oss: Mapping[str, OssAccess] = field(default_factory=dict, repr=False)
    threads: int = 16
    hdfs_user: str = ""
    login: Login = BY_TICKET
    hdfs_client: str = NATIVE


_clients: dict[tuple[int, str, str, int], FileSystem] = {}
_lock = threading.Lock()


def goes_by_java(uri: Uri, config: StoreConfig) -> bool:
    """Whether a place is reached through Hadoop's Java client."""
    if uri.scheme == "oss":
        access = config.oss.get(uri.authority)
        return access is not None and _OSS_HDFS in access.endpoint
    return uri.scheme not in ("hdfs", "file") or (uri.scheme == "hdfs" and config.hdfs_client == JVM)


def open_filesystem(uri: Uri, config: StoreConfig) -> FileSystem:
    """The client for the store that `uri` lies in, shared within this process."""
    key = _key(uri, config)
    with _lock:
        if key not in _clients:
            _clients[key] = _make(uri, config)
        return _clients[key]


def seat_filesystem(uri: Uri, config: StoreConfig, filesystem: FileSystem) -> None:
    """Let this object serve a store in this process until `close_filesystems`: how a test brings in faults."""
    with _lock:
        _clients[_key(uri, config)] = filesystem


def close_filesystems() -> None:
    """Close this process's clients (at the end of a run)."""
    with _lock:
        for key in [key for key in _clients if key[0] == os.getpid()]:
            _clients.pop(key).close()


def _key(uri: Uri, config: StoreConfig) -> tuple[int, str, str, int]:
    bucket = config.oss.get(uri.authority)
    access = hash(
        (
            tuple(sorted(config.hadoop_conf.items())),
            bucket.lasting if bucket is not None else None,
            config.threads,
            config.hdfs_user,
            config.login,
            config.hdfs_client,
        )
    )
    return os.getpid(), uri.scheme, uri.authority, access


def _make(uri: Uri, config: StoreConfig) -> FileSystem:
    # Each storage SDK is imported only where it is needed: a copy between two OSS buckets needs no HDFS client.
    if goes_by_java(uri, config):
        from .java.filesystem import JavaFileSystem
        from .java.oss_hdfs import with_access

        conf, authority = config.hadoop_conf, uri.authority
        if uri.scheme == "oss":
            conf, authority = with_access(conf, authority, config.oss[authority])
        return JavaFileSystem(uri.scheme, authority, conf, config.hdfs_user, config.login)
    if uri.scheme == "hdfs":
        from .hdfs.filesystem import HdfsFileSystem

        return HdfsFileSystem(uri.authority, config.hadoop_conf, config.hdfs_user, login=config.login)
    if uri.scheme == "oss":
        from .oss.filesystem import OssFileSystem

        access = config.oss.get(uri.authority)
        if access is None:
            raise UsageError(f"no endpoint and keys are known for the bucket {uri.authority}")
        return OssFileSystem(uri.authority, access, config.threads)
    from .local import LocalFileSystem

    return LocalFileSystem()
