"""Directories that no row of a plan tells of: what lies in them brings them along, or nothing does."""

from __future__ import annotations

from ...model.counters import COPY_MAPPER, Counters
from ...model.options import CopyOptions
from ...model.tally import Tally
from ...model.values import DIRECTORY, FilePair


class Companions:
    """Those of one survey task."""

    def __init__(self, options: CopyOptions, counters: Counters) -> None:
        self._is_selective = bool(options.include)
        self._counters = counters
        self._implied, self._bare = Tally(), Tally()

    def take(self, pair: FilePair) -> bool:
        """Whether a pair is such a directory; then it has been counted, and nothing else is to be done about it."""
        source = pair.source
        if source is None:
            return False
        if pair.comes_with_its_files:
            self._implied.add(source)
            return True
        is_new_directory = source.kind == DIRECTORY and pair.target is None and not source.problem
        if self._is_selective and is_new_directory and pair.path:
            # Nothing in it is included, and directories come along with files only.
            self._bare.add(source)
            self._counters.add(COPY_MAPPER, "DIR_COPY", -1)
            return True
        return False

    def count(self) -> None:
        """Count them all."""
        self._implied.count("IMPLIED", self._counters)
        self._bare.count("EXCLUDED", self._counters)
