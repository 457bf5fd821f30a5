"""Attributes of paths on the file systems of HDFS, through Java: asked for, and set where they differ."""

from __future__ import annotations

from typing import Any

from ...model.attributes import AclEntry, Attributes
from ...model.errors import StoreError
from ...rules.preservation import of_status
from ..hadoop_attributes import HadoopAttributes
from .client import Classes, JavaStore
from .reader import sent
from .rows import status_of

_DEFAULT = "default"
_UNCHANGED = -1


class JavaAttributes(HadoopAttributes):
    """Those of one file system; safe for threads."""

    def __init__(self, store: JavaStore) -> None:
        self._store = store

    def read(self, path: str, letters: str) -> Attributes:
        def ask(filesystem: Any, classes: Classes) -> Attributes:
            place = classes.path(path)
            status = filesystem.getFileStatus(place)
            found = of_status(status_of(sent(status, classes)))
            if "r" in letters and found.replication is not None and status.isErasureCoded():
                # Such files call themselves single.
                found = found._replace(replication=None)
            if "a" in letters:
                entries = filesystem.getAclStatus(place).getEntries()
                found = found._replace(acl=tuple(acl_entry(str(one.toString())) for one in entries))
            if "x" in letters:
                held = filesystem.getXAttrs(place)
                found = found._replace(xattrs=tuple(sorted((str(name), bytes(held[name] or b"")) for name in held)))
            return found.only(letters)

        return self._store.look(f"read the attributes of {path}", ask)

    def keep(self, path: str, wanted: Attributes) -> bool:
        return super().keep(path, wanted._replace(ec_policy=None))

    def refuse(self, letters: str) -> None:
        for letter, name in (("a", "ACLs"), ("x", "extended attributes")):
            if letter in letters:
                try:
                    self.read("/", letter)
                except StoreError as error:
                    if error.retryable:
                        raise
                    raise StoreError(f"there are no {name}: {error.message}", f"Leave {letter} out of -p.") from error

    def _change(self, path: str, name: str, function: Any) -> None:
        self._store.change(
            f"change the {name} of {path}", lambda fs, classes: function(fs, classes.path(path)), brings_nothing=True
        )

    def is_coded(self, path: str, replication: int | None) -> bool:
        return replication is None

    def set_owner(self, path: str, owner: str | None, group: str | None) -> None:
        self._change(path, "owner", lambda fs, at: fs.setOwner(at, owner, group))

    def set_times(self, path: str, mtime_ms: int | None, atime_ms: int | None) -> None:
        mtime = _UNCHANGED if mtime_ms is None else mtime_ms
        atime = _UNCHANGED if atime_ms is None else atime_ms
        self._change(path, "times", lambda fs, at: fs.setTimes(at, mtime, atime))

    def set_permission(self, path: str, permission: int) -> None:
        def change(filesystem: Any, classes: Classes) -> None:
            filesystem.setPermission(classes.path(path), classes.permission(f"{permission:o}"))

        self._store.change(f"change the permission of {path}", change, brings_nothing=True)

    def set_replication(self, path: str, replication: int) -> None:
        self._change(path, "replication", lambda fs, at: fs.setReplication(at, replication))

    def set_xattr(self, path: str, name: str, value: bytes) -> None:
        self._change(path, "extended attributes", lambda fs, at: fs.setXAttr(at, name, value))

    def set_ec_policy(self, path: str, policy: str) -> None:
        raise StoreError(f"the erasure-coding policy of {path} is not set by the Java client")

    def set_acl(self, path: str, entries: tuple[AclEntry, ...]) -> None:
        def change(filesystem: Any, classes: Classes) -> None:
            spec = ",".join(acl_word(one) for one in entries)
            filesystem.setAcl(classes.path(path), classes.acl_entry.parseAclSpec(spec, True))

        self._store.change(f"change the ACL of {path}", change, brings_nothing=True)

    def drop_default_acl(self, path: str) -> None:
        self._change(path, "default ACL", lambda fs, at: fs.removeDefaultAcl(at))


def acl_entry(text: str) -> AclEntry:
    """What Hadoop writes as `user:bob:r-x` or `default:group::r-x`."""
    *scope, kind, name, permissions = text.split(":")
    return AclEntry(_DEFAULT if scope else "access", kind, name, permissions)


def acl_word(entry: AclEntry) -> str:
    """The same the other way round."""
    scope = f"{_DEFAULT}:" if entry.scope == _DEFAULT else ""
    return f"{scope}{entry.kind}:{entry.name}:{entry.permissions}"
