"""Attributes of HDFS paths: asked for, and set where they differ.

ACLs go through the native client; extended attributes and erasure coding, which it does not know, by `Supplement`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import hdfs_native
from hdfs_native import FileStatus as NativeStatus

from ...model.attributes import AclEntry, Attributes
from ...model.errors import NotFound, PermissionDenied, StoreError
from ...rules.parity import is_written_rightly
from ...rules.preservation import of_status
from ..hadoop_attributes import HadoopAttributes
from .client import PERMISSION_BITS, HdfsClient, row_of
from .questions import Supplement, policy_of
from .webhdfs import WebHdfs

_LEAVE_UNCHANGED = 2**64 - 1
# What becomes of a question that a NameNode does not know: over WebHDFS, and of its half answer in the native client.
_TOO_OLD = ("Invalid value for webhdfs parameter", "Option::unwrap()")
_WHO_MAY = (
    "only the superuser of HDFS gives files to other users, and their owner only to groups of his own: "
    "run as superuser, or leave u and g out of -p"
)


class HdfsAttributes(HadoopAttributes):
    """Those of one HDFS; safe for threads."""

    def __init__(self, client: HdfsClient, web: WebHdfs, supplement: Supplement) -> None:
        self._client = client
        self._web = web
        self._supplement = supplement

    def read(self, path: str, letters: str) -> Attributes:
        status = self._client.status(path)
        if status is None:
            raise NotFound(f"cannot read the attributes of {path}: there is no such path")
        return self._known(path, status, letters)

    def refuse(self, letters: str) -> None:
        if set(letters) & set("xe") and (why := self._supplement.missing()):
            raise StoreError(
                f"extended attributes and erasure coding go by WebHDFS, and that does not answer: {why}",
                "Let this node reach dfs.namenode.http-address, or leave x and e out of -p.",
            )
        if "a" in letters:
            with _explained("a", "acls", "ACLs"):
                self._acl("/")
        if "x" in letters:
            with _explained("x", "xattrs", "extended attributes"):
                self._xattrs("/")

    def set_owner(self, path: str, owner: str | None, group: str | None) -> None:
        """Change owner and group; the NameNode lets only its superuser change the owner."""
        try:
            self._client.change(f"change the owner of {path}", lambda native: native.set_owner(path, owner, group))
        except PermissionDenied as error:
            raise PermissionDenied(f"{error.message} ({_WHO_MAY})", error.hint) from error

    def set_permission(self, path: str, permission: int) -> None:
        bits = permission & PERMISSION_BITS
        self._client.change(f"change the permission of {path}", lambda native: native.set_permission(path, bits))

    def set_times(self, path: str, mtime_ms: int | None, atime_ms: int | None) -> None:
        mtime = _LEAVE_UNCHANGED if mtime_ms is None else mtime_ms
        atime = _LEAVE_UNCHANGED if atime_ms is None else atime_ms
        self._client.change(f"change the times of {path}", lambda native: native.set_times(path, mtime, atime))

    def set_replication(self, path: str, replication: int) -> None:
        what = f"change the replication of {path}"
        self._client.change(what, lambda native: native.set_replication(path, replication))

    def set_ec_policy(self, path: str, policy: str) -> None:
        """Let files that come into a directory be coded so. Raises StoreError for what would be written wrongly."""
        if not is_written_rightly(policy):
            raise StoreError(
                f"the directory {path} is not given the erasure-coding policy {policy}: parity of what is written "
                "into it would be wrong",
                "Leave e out of -p, or write below it with Hadoop's own client.",
            )
        self._client.traffic.wrote()
        self._supplement.set_ec_policy(path, policy)

    def set_xattr(self, path: str, name: str, value: bytes) -> None:
        self._client.traffic.wrote()
        self._supplement.set_xattr(path, name, value)

    def set_acl(self, path: str, entries: tuple[AclEntry, ...]) -> None:
        given = [
            hdfs_native.AclEntry(one.kind, one.scope, one.permissions, one.name or None)  # type: ignore[arg-type]
            for one in entries
        ]
        self._client.change(f"change the ACL of {path}", lambda native: native.set_acl(path, given))

    def drop_default_acl(self, path: str) -> None:
        self._client.change(f"remove the default ACL of {path}", lambda native: native.remove_default_acl(path))

    def _known(self, path: str, status: NativeStatus, letters: str) -> Attributes:
        found = of_status(row_of("", status))
        if "r" in letters and not status.isdir and self._may_be_coded(path, found.replication):
            found = found._replace(replication=None)
        if "a" in letters:
            found = found._replace(acl=self._acl(path))
        if "x" in letters:
            found = found._replace(xattrs=self._xattrs(path))
        if "e" in letters:
            found = found._replace(ec_policy=self._ec_policy(path))
        return found.only(letters)

    def _may_be_coded(self, path: str, replication: int | None) -> bool:
        """Erasure-coded files call themselves single; where nobody can tell, one replica is not taken over."""
        return replication == 1 and (bool(self._web.silent_because()) or self.is_coded(path, replication))

    def is_coded(self, path: str, replication: int | None) -> bool:
        if replication not in (None, 1) or self._web.silent_because():
            return False
        self._client.traffic.read()
        return bool(policy_of(self._web, path))

    def _xattrs(self, path: str) -> tuple[tuple[str, bytes], ...]:
        self._client.traffic.read()
        return self._supplement.xattrs(path)

    def _ec_policy(self, path: str) -> str | None:
        self._client.traffic.read()
        return self._supplement.policy_of(path)

    def _acl(self, path: str) -> tuple[AclEntry, ...]:
        found = self._client.look(f"read the ACL of {path}", lambda native: native.get_acl_status(path))
        return tuple(AclEntry(one.scope, one.type, one.name or "", one.permissions) for one in found.entries)


@contextmanager
def _explained(letter: str, key: str, name: str) -> Iterator[None]:
    try:
        yield
    except PermissionDenied:
        raise
    except StoreError as error:
        if any(told in error.message for told in _TOO_OLD):
            raise StoreError(
                f"this NameNode is too old for {name}: {error.message}", f"Leave {letter} out of -p."
            ) from error
        if f"dfs.namenode.{key}.enabled" not in error.message:
            raise
        raise StoreError(
            f"{name} are switched off at the NameNode: {error.message}",
            f"Set dfs.namenode.{key}.enabled to true there and restart the NameNode, or leave {letter} out of -p.",
        ) from error
