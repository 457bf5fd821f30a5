"""What only Hadoop's own client can do with one HDFS: composed checksums, and every erasure-coding policy; and what
WebHDFS does where it answers: extended attributes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ...model.errors import StoreError
from ...rules.filesum import COMBINE_MODE, MD5_OF_CRC, FileChecksum, sent_by_hadoop
from ..base import NoChecksum
from ..hadoop_conf import is_kerberized
from ..hadoop_errors import OF_ENCRYPTED, error_of_java
from ..hadoop_jvm import HadoopJvm, JavaFailed
from ..kerberos.gssapi import BY_TICKET, Login
from ..kerberos.identity import keytab_here
from .creation import Creation

T = TypeVar("T")

# A file of many blocks: each of them is asked about.
_CHECKSUM_SECONDS = 300.0
_WRITE_SECONDS = 120.0
_BUFFER_BYTES = 65_536
# Also what a client says whose DataNodes have composed checksums, and are all gone.
_NOBODY_STATES_IT = "Fail to get block"
# What one call carries over to the JVM.
_PIECE_BYTES = 1 << 20
# Hadoop's own patience, of 45 time-outs of 20 s, is for clients that nobody else waits for.
_IMPATIENCE = {
    "ipc.client.connect.max.retries": "3",
    "ipc.client.connect.max.retries.on.timeouts": "1",
    "ipc.client.connect.timeout": "10000",
}


class JavaClient:
    """One NameNode or name service, as the native client reaches it; safe for threads."""

    def __init__(self, address: str, hadoop_conf: Mapping[str, str], jvm: HadoopJvm, login: Login = BY_TICKET) -> None:
        self._login = login
        self._address = address
        self._hadoop_conf = hadoop_conf
        self._jvm = jvm
        self._lock = threading.Lock()
        self._opened: dict[str, Any] = {}

    def missing(self) -> str:
        """Why there is no Java client; "" when there is one."""
        return self._jvm.missing()

    def checksum(self, path: str, family: str) -> FileChecksum:
        """The checksum of a file, as its DataNodes compute it from their own. Raises StoreError, and NoChecksum."""
        if why := self.missing():
            raise NoChecksum(f"the checksum of {path} is not known: {why}")
        what = f"ask for the checksum of {path}"
        mode = "MD5MD5CRC" if family == MD5_OF_CRC else "COMPOSITE_CRC"

        def ask(jvm: Any) -> tuple[str, str]:
            filesystem, place = self._filesystem(jvm, mode), jvm.org.apache.hadoop.fs.Path(path)
            if filesystem.getFileStatus(place).isEncrypted():
                raise NoChecksum(f"no checksum of {path}: {OF_ENCRYPTED}")
            found = filesystem.getFileChecksum(place)
            return ("", "") if found is None else (str(found.getAlgorithmName()), bytes(found.getBytes()).hex())

        try:
            algorithm, digits = self._call(what, ask, _CHECKSUM_SECONDS)
        except StoreError as error:
            if family == MD5_OF_CRC or _NOBODY_STATES_IT not in error.message:
                raise
            raise NoChecksum(
                f"no DataNode states a composed checksum of {path}, as those before Hadoop 3.1.1 do not"
            ) from error
        stated = sent_by_hadoop(algorithm, digits)
        if stated is None:
            raise NoChecksum(f"HDFS states no checksum of {path}")
        return stated

    def xattrs(self, path: str) -> tuple[tuple[str, bytes], ...]:
        """The extended attributes of a path that whoever asks may see, sorted; one without a value is empty."""

        def ask(jvm: Any) -> dict[str, bytes]:
            found = self._filesystem(jvm, "").getXAttrs(jvm.org.apache.hadoop.fs.Path(path))
            return {str(name): bytes(found[name] or b"") for name in found}

        return tuple(sorted(self._call(f"read the extended attributes of {path}", ask).items()))

    def set_xattr(self, path: str, name: str, value: bytes) -> None:
        """Set one extended attribute, be it there already or not."""

        def change(jvm: Any) -> None:
            self._filesystem(jvm, "").setXAttr(jvm.org.apache.hadoop.fs.Path(path), name, value)

        self._call(f"change the extended attribute {name} of {path}", change)

    def policy_of(self, path: str) -> str:
        """The erasure-coding policy that files in a directory get, "" for none."""

        def ask(jvm: Any) -> str:
            found = self._filesystem(jvm, "").getErasureCodingPolicy(jvm.org.apache.hadoop.fs.Path(path))
            return "" if found is None else str(found.getName())

        return self._call(f"ask for the erasure-coding policy of {path}", ask)

    def set_ec_policy(self, path: str, policy: str) -> None:
        """Let files that come into a directory be coded so."""

        def change(jvm: Any) -> None:
            self._filesystem(jvm, "").setErasureCodingPolicy(jvm.org.apache.hadoop.fs.Path(path), policy)

        self._call(f"change the erasure-coding policy of {path}", change)

    def create(self, path: str, creation: Creation) -> JavaFile:
        """Open a new file for writing, in place of one that is there. Its directory must be there: NotFound."""

        def create(jvm: Any) -> Any:
            filesystem = self._filesystem(jvm, "")
            place = jvm.org.apache.hadoop.fs.Path(path)
            permission = jvm.org.apache.hadoop.fs.permission.FsPermission(f"{creation.file_permission:o}")
            replication = creation.replication or filesystem.getDefaultReplication(place)
            block_size = creation.block_size_bytes or filesystem.getDefaultBlockSize(place)
            flags = jvm.java.util.EnumSet.of(
                jvm.org.apache.hadoop.fs.CreateFlag.CREATE, jvm.org.apache.hadoop.fs.CreateFlag.OVERWRITE
            )
            return filesystem.createNonRecursive(place, permission, flags, _BUFFER_BYTES, replication, block_size, None)

        return JavaFile(self, path, self._call(f"write {path}", create))

    def call_file(self, what: str, function: Callable[[], T]) -> T:
        """One call of an open file."""
        return self._call(what, lambda _: function(), _WRITE_SECONDS)

    def _call(self, what: str, function: Callable[[Any], T], timeout_seconds: float = 0.0) -> T:
        try:
            return self._jvm.call(what, function, timeout_seconds)
        except JavaFailed as error:
            message = f"cannot {what}: {error.message} ({error.name} from the Java client of {self._address})"
            raise error_of_java(error.name, error.message, message) from None

    def _filesystem(self, jvm: Any, mode: str) -> Any:
        with self._lock:
            if mode not in self._opened:
                configuration = jvm.org.apache.hadoop.conf.Configuration()
                for key, value in {
                    **self._hadoop_conf,
                    **_IMPATIENCE,
                    **({COMBINE_MODE: mode} if mode else {}),
                }.items():
                    configuration.set(key, value)
                if is_kerberized(self._hadoop_conf):
                    self._log_in(jvm, configuration)
                uri = jvm.java.net.URI(f"hdfs://{self._address}")
                self._opened[mode] = jvm.org.apache.hadoop.fs.FileSystem.newInstance(uri, configuration)
            return self._opened[mode]

    def _log_in(self, jvm: Any, configuration: Any) -> None:
        """Tickets and tokens are found as the native client finds them. With a keytab Java takes new tickets itself."""
        users = jvm.org.apache.hadoop.security.UserGroupInformation
        users.setConfiguration(configuration)
        if self._login.keytab:
            login = keytab_here(self._login)
            users.loginUserFromKeytab(login.principal, login.keytab)


class JavaFile:
    """A file being written."""

    def __init__(self, client: JavaClient, path: str, stream: Any) -> None:
        self._client = client
        self._path = path
        self._stream = stream

    def write(self, data: bytes) -> int:
        """All of the bytes. Raises StoreError."""
        for start in range(0, len(data), _PIECE_BYTES):
            piece = bytes(data[start : start + _PIECE_BYTES])
            self._client.call_file(f"write {self._path}", lambda piece=piece: self._stream.write(piece))  # type: ignore[misc]
        return len(data)

    def close(self) -> None:
        """Wait until the NameNode has the whole file. Raises StoreError."""
        self._client.call_file(f"close {self._path}", lambda: self._stream.close())
