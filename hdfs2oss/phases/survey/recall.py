"""What earlier runs know of a pair, beside what the listings of the two sides tell of it."""

from __future__ import annotations

from collections.abc import Sequence

from ...model.counters import LEDGER_FILES_UNREADABLE, OWN, Counters
from ...model.errors import StoreError, SurveyError
from ...model.known import KnownFile
from ...model.values import FILE, FilePair, new_row
from ...records.generation import KnownFiles, open_current
from ...records.jobdir import JobDir
from ...rules.layout import Layout
from .unit import TakePairs


class Recall:
    """Hands pairs on, each with what the ledger of the pair of places knows of it.

    Asked only for files that both sides have. Files of the ledger that cannot be read are counted, and of what they
    held nothing is known. A ledger of another version, or a store that fails, raises SurveyError or StoreError; where
    the ledger is not `needed`, it is not asked any more then, and `notice` says why.
    """

    def __init__(
        self, layout: Layout, job_dir: JobDir | None, take: TakePairs, counters: Counters, needed: bool = True
    ) -> None:
        """`job_dir` has the ledger; None where nothing is asked."""
        self._layout = layout
        self._hand_on = take
        self._counters = counters
        self._needed = needed
        self._job_dir = job_dir
        self._known: KnownFiles | None = None
        self.notice = ""
        self._place, self._directory = (-1, ""), ""
        if job_dir is not None:
            try:
                self._open(job_dir)
            except (StoreError, SurveyError) as error:
                self._give_up(error)

    def take(self, pairs: Sequence[FilePair]) -> None:
        """Some pairs."""
        if self._known is not None and pairs:
            pairs = [self._recalled(pair) for pair in pairs]
        self._hand_on(pairs)

    def _recalled(self, pair: FilePair) -> FilePair:
        known, (path, source, target, root, *_) = self._known, pair
        if known is not None and source is not None and target is not None and source.kind == target.kind == FILE:
            row = self._find(known, path)
            if row is not None and row.source == self._source_text(root, path):
                return new_row(FilePair, (*pair[:-1], row))
        return pair

    def _source_text(self, root: int, path: str) -> str:
        """The name of a source, made of that of its directory, which is mostly that of the one before it."""
        if self._layout.roots[root].is_file:
            return self._layout.source_text(root, path)
        at = path.rfind("/") + 1
        place = root, path[:at]
        if place != self._place:
            self._place = place
            self._directory = self._layout.source_text(root, path)[: at - len(path)]
        return self._directory + path[at:]

    def _open(self, job_dir: JobDir) -> None:
        opened = open_current(job_dir)
        # Paths that count from another place say nothing of those of this run.
        if opened is not None and opened[0].base == str(self._layout.base) and opened[0].parts:
            self._known = KnownFiles(job_dir, *opened)

    def _find(self, known: KnownFiles, path: str) -> KnownFile | None:
        unreadable = len(known.unreadable)
        try:
            row = known.find(path)
        except (StoreError, SurveyError) as error:
            self._give_up(error)
            return None
        if len(known.unreadable) > unreadable:
            self._counters.add(OWN, LEDGER_FILES_UNREADABLE)
        return row

    def _give_up(self, error: StoreError | SurveyError) -> None:
        if self._needed or self._job_dir is None:
            raise error
        self._known = None
        self.notice = f"the ledger in {self._job_dir.path} is not asked (any more): {error}"
