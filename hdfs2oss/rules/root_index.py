"""Which copy roots have to do with a directory below the target base, found without a look at all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model.values import CopyRoot
from .keys import parent_of


class RootIndex:
    """Of thousands of roots; numbers come in the order of the command."""

    def __init__(self, roots: Sequence[CopyRoot]) -> None:
        self._files: dict[str, list[int]] = {}
        self._directories: dict[str, list[int]] = {}
        self._entries: dict[str, list[int]] = {}
        for number, root in enumerate(roots):
            by_prefix = self._files if root.is_file else self._directories
            by_prefix.setdefault(root.prefix, []).append(number)
            if root.prefix:
                self._entries.setdefault(parent_of(root.prefix), []).append(number)

    def holding(self, directory: str) -> list[int]:
        """The directories among the roots that map onto this directory, or onto one above it."""
        found = [self._directories[path] for path in _chain(directory) if path in self._directories]
        return found[0] if len(found) == 1 else sorted(number for numbers in found for number in numbers)

    def covering(self, path: str) -> list[int]:
        """Those, and the files among the roots that map onto this very path."""
        files = self._files.get(path)
        return sorted([*self.holding(path), *files]) if files else self.holding(path)

    def meeting_in(self, directory: str) -> list[int]:
        """Those, and the roots, files too, that are entries of this directory."""
        entries = self._entries.get(directory)
        return sorted({*self.holding(directory), *entries}) if entries else self.holding(directory)


def _chain(directory: str) -> Iterator[str]:
    """The base, and the directories from there down to this one."""
    yield ""
    if directory:
        yield from (directory[:at] for at, one in enumerate(directory) if one == "/")
        yield directory
