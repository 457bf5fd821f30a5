"""Which attributes have to be set, told from what is wanted and what is there."""

from __future__ import annotations

from typing import TypeVar

from ..model.attributes import NOTHING, AclEntry, Attributes
from ..model.values import DIRECTORY, FILE, FileStatus

Value = TypeVar("Value")

_STICKY = 0o1000
# Settled when a file is written, or of directories only: no reason to touch a file that is there.
_NOT_SET_LATER = "bce"
_CLASSES = ("user", "group", "other")
# An erasure-coding policy is a matter of directories: files take after the one they are written into.
_OF_DIRECTORIES = "e"
# Of files: a directory has no replicas and no blocks.
_OF_FILES = "rbc"


def letters_that_count(asked: str, kind: str, *kept: str) -> str:
    """Those letters of -p that a file or a directory can have, and that all stores keep; `kept` are those of each."""
    others = _OF_FILES if kind == DIRECTORY else _OF_DIRECTORIES
    return "".join(letter for letter in asked if letter not in others and all(letter in one for one in kept))


def of_status(row: FileStatus) -> Attributes:
    """What a row of a listing, or the status of a path, tells."""
    is_file = row.kind == FILE
    return Attributes(
        owner=row.owner or None,
        group=row.group or None,
        permission=row.permission,
        mtime_ms=row.mtime_ms if row.mtime_ms > 0 else None,
        atime_ms=row.atime_ms,
        replication=(row.replication or None) if is_file else None,
        block_size_bytes=(row.block_size_bytes or None) if is_file else None,
    )


def changes(wanted: Attributes, found: Attributes) -> Attributes:
    """What is to be set where `found` is, so that it has what is wanted; NOTHING when nothing is.

    owner, group, permission   where another is found, or it is not known
    replication                likewise
    acl                        likewise; the permission it goes with is that of `wanted`
    xattrs                     each that is missing or has another value; those beside them stay (DistCp)
    times                      both, where the mtime is another: reading alone moves an atime
    ec_policy                  likewise, but for plain replicas: they are what a directory has by itself
    block_size_bytes           never: it is settled when a file is created
    """
    there = dict(found.xattrs or ())
    is_dated = wanted.mtime_ms is None or wanted.mtime_ms == found.mtime_ms
    missing = tuple((name, value) for name, value in wanted.xattrs or () if there.get(name) != value)
    return NOTHING._replace(
        owner=_other(wanted.owner, found.owner),
        group=_other(wanted.group, found.group),
        permission=_other(wanted.permission, found.permission),
        replication=_other(wanted.replication, found.replication),
        acl=_other(wanted.acl, found.acl),
        ec_policy=_other(wanted.ec_policy or None, found.ec_policy),
        xattrs=missing or None,
        mtime_ms=None if is_dated else wanted.mtime_ms,
        atime_ms=None if is_dated else wanted.atime_ms,
    )


def merged(wanted: Attributes, kept: Attributes) -> Attributes:
    """What is to be kept from now on where all of it is kept as one: what is wanted, and else what was kept.

    An atime alone is nothing new (see `changes`). ACL and XAttrs that are here make an older sidecar void.
    """
    if wanted.mtime_ms is not None and wanted.mtime_ms == kept.mtime_ms:
        wanted = wanted._replace(atime_ms=None)
    new = {name: value for name, value in wanted._asdict().items() if value is not None}
    if not wanted.sidecar and wanted.acl is None and wanted.xattrs is None:
        new["sidecar"] = kept.sidecar
    return kept._replace(**new)


def may_differ(source: FileStatus, target: FileStatus, asked: str, listed: str) -> bool:
    """Whether a file that is not copied may need attributes.

    `asked` are letters of -p, `listed` those of them that rows tell.
    """
    letters = "".join(letter for letter in asked if letter not in _NOT_SET_LATER)
    if set(letters) - set(listed):
        return True
    return bool(letters) and changes(of_status(source).only(letters), of_status(target)) != NOTHING


def whole_acl(permission: int, entries: tuple[AclEntry, ...]) -> tuple[AclEntry, ...]:
    """All entries of an ACL, with those that follow from the permission; its group bits are the mask, if there is one.

    entries of access   user::   group::      mask::       other::
    none                bits     bits         -            bits
    some                bits     among them   group bits   bits
    """
    bits = {name: _rwx(permission >> shift) for name, shift in zip(_CLASSES, (6, 3, 0), strict=True)}
    access = tuple(entry for entry in entries if entry.scope == "access")
    group = (*access, AclEntry("access", "mask", "", bits["group"])) if access else (_base("group", bits["group"]),)
    defaults = tuple(entry for entry in entries if entry.scope != "access")
    return (_base("user", bits["user"]), *group, _base("other", bits["other"]), *defaults)


def has_defaults(entries: tuple[AclEntry, ...]) -> bool:
    """Whether an ACL says what comes into the directory is to have."""
    return any(entry.scope == "default" for entry in entries)


def differs_in_sticky_bit(wanted: int | None, found: int | None) -> bool:
    """The one bit of a permission that no ACL sets."""
    return ((wanted or 0) ^ (found or 0)) & _STICKY != 0


def _other(wanted: Value | None, found: Value | None) -> Value | None:
    return wanted if wanted != found else None


def _base(kind: str, permissions: str) -> AclEntry:
    return AclEntry("access", kind, "", permissions)


def _rwx(bits: int) -> str:
    return "".join(letter if bits & value else "-" for letter, value in (("r", 4), ("w", 2), ("x", 1)))
