"""Attributes of paths on the file systems of Hadoop: set where they differ, in one order, whichever client asks."""

from __future__ import annotations

import abc

from ..model.attributes import NOTHING, AclEntry, Attributes
from ..model.errors import StoreError
from ..rules.preservation import changes, differs_in_sticky_bit, has_defaults, whole_acl

# What a NameNode says that keeps no access times at all.
_NO_ACCESS_TIMES = "dfs.namenode.accesstime.precision"


class HadoopAttributes(abc.ABC):
    """Those of one file system; safe for threads."""

    @abc.abstractmethod
    def read(self, path: str, letters: str) -> Attributes:
        """What these letters of -p stand for. Raises NotFound."""

    @abc.abstractmethod
    def refuse(self, letters: str) -> None:
        """Raise StoreError, with the next step, where ACLs or extended attributes are switched off or out of reach."""

    def keep(self, path: str, wanted: Attributes) -> bool:
        """Set what differs; False when nothing did.

        What needs the right to write comes first: a permission may take it away, and another owner even more.
        """
        asked = (("a", wanted.acl), ("x", wanted.xattrs), ("e", wanted.ec_policy), ("r", wanted.replication))
        found = self.read(path, "".join(letter for letter, value in asked if value is not None) + "ugpt")
        missing = changes(wanted, found)
        if missing == NOTHING:
            return False
        if missing.ec_policy is not None:
            self.set_ec_policy(path, missing.ec_policy)
        for name, value in missing.xattrs or ():
            self.set_xattr(path, name, value)
        if missing.replication is not None and not self.is_coded(path, found.replication):
            self.set_replication(path, missing.replication)
        if missing.mtime_ms is not None:
            self._date(path, missing.mtime_ms, missing.atime_ms)
        if missing.acl is not None and wanted.permission is not None:
            self._give_acl(path, whole_acl(wanted.permission, missing.acl), found.acl or ())
        if missing.permission is not None and (
            missing.acl is None or differs_in_sticky_bit(missing.permission, found.permission)
        ):
            self.set_permission(path, missing.permission)
        if missing.owner is not None or missing.group is not None:
            self.set_owner(path, missing.owner, missing.group)
        return True

    def _date(self, path: str, mtime_ms: int, atime_ms: int | None) -> None:
        try:
            self.set_times(path, mtime_ms, atime_ms)
        except StoreError as error:
            if _NO_ACCESS_TIMES not in error.message or atime_ms is None:
                raise
            # There are no access times on this HDFS, so none is lost.
            self.set_times(path, mtime_ms, None)

    def _give_acl(self, path: str, entries: tuple[AclEntry, ...], found: tuple[AclEntry, ...]) -> None:
        if has_defaults(found) and not has_defaults(entries):
            # A NameNode that is given none leaves those that are there.
            self.drop_default_acl(path)
        self.set_acl(path, entries)

    @abc.abstractmethod
    def is_coded(self, path: str, replication: int | None) -> bool:
        """Whether a file of which `read` tells so many replicas is erasure-coded, and so has none."""

    # None leaves one as it is.

    @abc.abstractmethod
    def set_owner(self, path: str, owner: str | None, group: str | None) -> None: ...

    @abc.abstractmethod
    def set_times(self, path: str, mtime_ms: int | None, atime_ms: int | None) -> None: ...

    @abc.abstractmethod
    def set_permission(self, path: str, permission: int) -> None:
        """The permission bits, sticky bit included."""

    @abc.abstractmethod
    def set_replication(self, path: str, replication: int) -> None:
        """Of a file."""

    @abc.abstractmethod
    def set_xattr(self, path: str, name: str, value: bytes) -> None:
        """Also where there is one of this name."""

    @abc.abstractmethod
    def set_ec_policy(self, path: str, policy: str) -> None:
        """Of a directory. Raises StoreError for what would be written wrongly."""

    @abc.abstractmethod
    def set_acl(self, path: str, entries: tuple[AclEntry, ...]) -> None:
        """All entries (`whole_acl`); defaults that are there stay where none are given."""

    @abc.abstractmethod
    def drop_default_acl(self, path: str) -> None: ...
