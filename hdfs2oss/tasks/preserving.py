"""What -p keeps, for one task of a run."""

from __future__ import annotations

import hashlib

from ..filesystems.registry import open_filesystem
from ..model.counters import OWN, Counters
from ..model.errors import CorruptData
from ..model.uri import Uri, parse_uri
from ..transfer.preserve import Preservation
from .context import RunContext

# Counted where attributes had no room with their object.
SIDECARS = "ATTRIBUTE_SIDECARS"
SIDECAR_DIRECTORY = "attributes"


class Preserving:
    """Makes a Preservation for each source store; counts the sidecars that were needed."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._sidecars: set[str] = set()

    def of(self, source: Uri) -> Preservation | None:
        """For files that come from the store of `source`; None where -p was not given."""
        letters = self._context.options.preserve
        if not letters:
            return None
        stores = self._context.stores
        target = open_filesystem(self._context.layout.base, stores)
        return Preservation(letters, open_filesystem(source, stores), target, self._write, self._read)

    def count(self, counters: Counters) -> None:
        """Add what was counted."""
        if self._sidecars:
            counters.add(OWN, SIDECARS, len(self._sidecars))

    def _write(self, line: str) -> str:
        """A name that follows from the content: whoever writes the same again changes nothing."""
        name = f"{SIDECAR_DIRECTORY}/{_name_of(line.encode())}"
        self._context.open_job_dir().publish_for_pair(name, line.encode())
        self._sidecars.add(name)
        return str(self._context.job_dir.join(name))

    def _read(self, place: str) -> str:
        # The place stands in the source's metadata, which anybody may have written: only what bears its name counts.
        uri = parse_uri(place).uri
        data = open_filesystem(uri, self._context.stores).read_bytes(uri.path)
        if uri.name != _name_of(data):
            raise CorruptData(f"{place} does not hold what its name says")
        return data.decode("ascii")


def _name_of(line: bytes) -> str:
    return f"{hashlib.sha256(line).hexdigest()}.txt"
