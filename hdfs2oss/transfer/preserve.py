"""Attributes on their way between stores: what is asked of the source, and what of it the target is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..filesystems.base import FileSystem, Reader
from ..model.attributes import NOTHING, Attributes, decode, encode
from ..model.errors import Hdfs2ossError, NotFound, ReadError, StoreError, WriteError
from ..model.uri import Uri
from ..model.values import DIRECTORY, FILE
from ..rules.preservation import changes, letters_that_count


def nothing() -> None:
    """Vouches for whatever there is."""


@dataclass(frozen=True)
class Preservation:
    """What -p keeps between two stores; shared by threads. `letters` are those that were asked for.

    `write_sidecar` keeps a line of attributes that the target has no room for, and gives its place; `read_sidecar`
    gives it back, and raises StoreError.
    """

    letters: str
    source: FileSystem
    target: FileSystem
    write_sidecar: Callable[[str], str]
    read_sidecar: Callable[[str], str]

    def letters_of(self, kind: str) -> str:
        """Those that both stores keep, of a file or a directory."""
        return letters_that_count(self.letters, kind, self.source.capabilities.keeps, self.target.capabilities.keeps)

    def wanted(self, path: str, kind: str, reader: Reader | None = None) -> Attributes:
        """What the target is to have of the source `path`; an open reader may know it already. Raises StoreError."""
        letters = self.letters_of(kind)
        if not letters:
            return NOTHING
        known = reader.attributes() if reader is not None else None
        known = known.only(letters) if known is not None else self.source.read_attributes(path, kind, letters)
        return self._fitting(self._whole(known).only(letters))

    def refresh(self, source: Uri, target: Uri, kind: str, vouch: Callable[[], object] = nothing) -> bool:
        """Give a target that is there the attributes of its source; False when it had them. Raises TransferError, and
        what `vouch` raises once they are read: they must not go to another version of the file."""
        what = f"keeping the attributes of {source} at {target}"
        try:
            wanted = self.wanted(source.path, kind)
        except StoreError as error:
            raise ReadError.caused_by(f"{what}: reading failed: {error}", error) from error
        if wanted == NOTHING:
            return False
        vouch()
        try:
            return self.target.keep_attributes(target.path, kind, wanted)
        except StoreError as error:
            raise WriteError.caused_by(f"{what}: writing failed: {error}", error) from error

    def both(self, source: str, target: str, kind: str) -> tuple[Attributes, Attributes]:
        """What the target does not have as its source has it, and what it has; writes nothing. Raises StoreError."""
        letters = self.letters_of(kind)
        if not letters:
            return NOTHING, NOTHING
        wanted = self._whole(self.source.read_attributes(source, kind, letters)).only(letters)
        try:
            found = self._whole(self.target.read_attributes(target, kind, letters))
        except NotFound:
            if kind != DIRECTORY:
                raise
            # One that is implied by what lies in it keeps nothing.
            found = NOTHING
        return changes(wanted._replace(sidecar=""), found), found

    def is_restored(self, path: str, mtime_ms: int) -> bool:
        """Whether a target of this mtime was made from the very source `path`, which keeps the time it once had.

        A store that keeps times beside its objects lists others: by those a restored file looks outdated for ever.
        """
        known = self.source.capabilities.lists_kept, self.target.capabilities.lists_kept
        if "t" not in self.letters_of(FILE) or "t" in known[0] or "t" not in known[1]:
            return False
        return self.source.read_attributes(path, FILE, "t").mtime_ms == mtime_ms

    def _whole(self, known: Attributes) -> Attributes:
        """With what was too long to stand beside the rest."""
        if not known.sidecar:
            return known
        try:
            kept = decode(self.read_sidecar(known.sidecar))
        except (Hdfs2ossError, ValueError) as error:
            raise StoreError(
                f"its ACL and extended attributes are kept in {known.sidecar}, and that cannot be read: {error}",
                "Put that file back (it belongs to the records of the copy that wrote it), or leave a and x out of -p.",
            ) from error
        return known._replace(acl=kept.acl, xattrs=kept.xattrs, sidecar="")

    def _fitting(self, wanted: Attributes) -> Attributes:
        """Without what the target has no room for; that is kept elsewhere then, and where is said."""
        limit = self.target.capabilities.attributes_limit_bytes
        if not limit or len(encode(wanted)) <= limit:
            return wanted
        aside = NOTHING._replace(acl=wanted.acl, xattrs=wanted.xattrs)
        return wanted._replace(acl=None, xattrs=None, sidecar=self.write_sidecar(encode(aside)))
