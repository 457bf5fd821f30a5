"""Target directories that would not keep what is put into them: each is asked about before anything goes there."""

from __future__ import annotations

from ...filesystems.base import FileSystem
from ...model.errors import UsageError
from ...rules.keys import is_within, parent_of
from ...rules.layout import Layout

_MOST_KEPT = 10_000


class Hazards:
    """Answers for the directories of one survey task, each asked for once; a new one takes after the one above it."""

    def __init__(self, target: FileSystem, layout: Layout) -> None:
        self._target = target
        self._layout = layout
        self._known: dict[str, str] = {}
        self._missing: str | None = None if layout.base_exists else ""

    def note_missing(self, directory: str) -> None:
        """The target has no such directory, so nothing in it needs to be asked about."""
        if self._missing is None or not is_within(directory, self._missing):
            self._missing = directory

    def above(self, path: str) -> str:
        """Why what is put at `path` (below the target base) would not be kept; "" where nothing is known against it."""
        directory = parent_of(path)
        if self._missing is not None and is_within(directory, self._missing):
            # The base itself is looked at as it is, missing or not.
            directory = parent_of(self._missing)
        if directory not in self._known:
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            self._known[directory] = self._target.hazard_below(self._layout.target_of(directory).path)
        return self._known[directory]


def refuse_hazardous_target(target: FileSystem, layout: Layout) -> None:
    """Raise UsageError where the target base itself would not keep what is put there."""
    hazard = target.hazard_below(layout.base.path)
    if hazard:
        raise UsageError(
            f"nothing may be copied to {layout.base}: {hazard}",
            "Name another target, or give this one plain replicas: hdfs ec -setPolicy -replicate -path DIRECTORY",
        )


def refuse_one_stream(target: FileSystem, layout: Layout) -> None:
    """Raise UsageError where files cannot be put together of chunks, as -blocksperchunk wants it."""
    why = "" if target.capabilities.multipart else target.cannot_join(layout.base.path)
    if why:
        raise UsageError(
            f"-blocksperchunk cannot be carried out at {layout.base}: {why}",
            "Leave it out: files are copied as one stream each then.",
        )
