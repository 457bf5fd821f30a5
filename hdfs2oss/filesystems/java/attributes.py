"""Attributes of paths on the file systems of HDFS, through Java: asked for, and set where they differ."""

from __future__ import annotations

from typing import Any

from ...model.attributes import NOTHING, AclEntry, Attributes
from ...model.errors import StoreError
from ...rules.preservation import changes, differs_in_sticky_bit, has_defaults, of_status, whole_acl
from .client import Classes, JavaStore
from .reader import sent
from .rows import status_of

_DEFAULT = "default"
_UNCHANGED = -1
# What a NameNode says that keeps no access times at all.
_NO_ACCESS_TIMES = "dfs.namenode.accesstime.precision"


class JavaAttributes:
    """Those of one file system; safe for threads."""

    def __init__(self, store: JavaStore) -> None:
        self._store = store

    def read(self, path: str, letters: str) -> Attributes:
        """What these letters of -p stand for. Raises NotFound."""

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
        """Set what differs; False when nothing did. What needs the right to write comes first."""
        asked = (("a", wanted.acl), ("x", wanted.xattrs), ("r", wanted.replication))
        found = self.read(path, "".join(letter for letter, value in asked if value is not None) + "ugpt")
        missing = changes(wanted, found)._replace(ec_policy=None)
        if missing == NOTHING:
            return False
        for name, value in missing.xattrs or ():
            self._set_xattr(path, name, value)
        if missing.replication is not None and found.replication is not None:
            self._change(path, "replication", lambda fs, at: fs.setReplication(at, missing.replication))
        if missing.mtime_ms is not None:
            self._set_times(path, missing.mtime_ms, missing.atime_ms)
        if missing.acl is not None and wanted.permission is not None:
            self._set_acl(path, whole_acl(wanted.permission, missing.acl), found.acl or ())
        if missing.permission is not None and (
            missing.acl is None or differs_in_sticky_bit(missing.permission, found.permission)
        ):
            self._set_permission(path, missing.permission)
        if missing.owner is not None or missing.group is not None:
            self._change(path, "owner", lambda fs, at: fs.setOwner(at, missing.owner, missing.group))
        return True

    def refuse(self, letters: str) -> None:
        """Raise StoreError where ACLs or extended attributes are switched off."""
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

    def _set_xattr(self, path: str, name: str, value: bytes) -> None:
        self._change(path, "extended attributes", lambda fs, at: fs.setXAttr(at, name, value))

    def _set_times(self, path: str, mtime_ms: int, atime_ms: int | None) -> None:
        atime = _UNCHANGED if atime_ms is None else atime_ms
        try:
            self._change(path, "times", lambda fs, at: fs.setTimes(at, mtime_ms, atime))
        except StoreError as error:
            if _NO_ACCESS_TIMES not in error.message or atime_ms is None:
                raise
            # There are no access times on this HDFS, so none is lost.
            self._change(path, "times", lambda fs, at: fs.setTimes(at, mtime_ms, _UNCHANGED))

    def _set_permission(self, path: str, permission: int) -> None:
        def change(filesystem: Any, classes: Classes) -> None:
            filesystem.setPermission(classes.path(path), classes.permission(f"{permission:o}"))

        self._store.change(f"change the permission of {path}", change, brings_nothing=True)

    def _set_acl(self, path: str, entries: tuple[AclEntry, ...], found: tuple[AclEntry, ...]) -> None:
        if has_defaults(found) and not has_defaults(entries):
            # A NameNode that is given none leaves those that are there.
            self._change(path, "default ACL", lambda fs, at: fs.removeDefaultAcl(at))

        def change(filesystem: Any, classes: Classes) -> None:
            spec = ",".join(acl_word(one) for one in entries)
            filesystem.setAcl(classes.path(path), classes.acl_entry.parseAclSpec(spec, True))

        self._store.change(f"change the ACL of {path}", change, brings_nothing=True)


def acl_entry(text: str) -> AclEntry:
    """What Hadoop writes as `user:bob:r-x` or `default:group::r-x`."""
    *scope, kind, name, permissions = text.split(":")
    return AclEntry(_DEFAULT if scope else "access", kind, name, permissions)


def acl_word(entry: AclEntry) -> str:
    """The same the other way round."""
    scope = f"{_DEFAULT}:" if entry.scope == _DEFAULT else ""
    return f"{scope}{entry.kind}:{entry.name}:{entry.permissions}"
