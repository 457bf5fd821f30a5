"""What earlier runs know of a pair, beside what the listings of the two sides tell of it."""

from __future__ import annotations

from ...model.counters import LEDGER_FILES_UNREADABLE, OWN, Counters
from ...model.known import KnownFile
from ...model.values import FILE, FilePair
from ...records.generation import KnownFiles, current
from ...tasks.context import RunContext
from .unit import TakePair


class Recall:
    """Hands pairs on, each with what the ledger of the pair of places knows of it.

    Only -update asks, and only for files that both sides have. Files of the ledger that cannot be read are counted, and
    of what they held nothing is known. Raises SurveyError for a ledger of another version.
    """

    def __init__(self, context: RunContext, take: TakePair, counters: Counters) -> None:
        options, layout = context.options, context.layout
        self._hand_on = take
        self._counters = counters
        self._known: KnownFiles | None = None
        if not options.update or options.overwrite or options.ignore_ledger or layout.onto_file:
            return
        job_dir = context.open_job_dir()
        generation = current(job_dir)
        # Paths that count from another place say nothing of those of this run.
        if generation is not None and generation.base == str(layout.base) and generation.parts:
            self._known = KnownFiles(job_dir, generation)
            self._layout = layout

    def take(self, pair: FilePair) -> None:
        """One pair."""
        known, source, target = self._known, pair.source, pair.target
        if known is not None and source is not None and target is not None and source.kind == target.kind == FILE:
            row = self._find(known, pair.path)
            if row is not None and row.source == self._layout.source_text(pair.root, pair.path):
                pair = pair._replace(known=row)
        self._hand_on(pair)

    def _find(self, known: KnownFiles, path: str) -> KnownFile | None:
        unreadable = len(known.unreadable)
        row = known.find(path)
        if len(known.unreadable) > unreadable:
            self._counters.add(OWN, LEDGER_FILES_UNREADABLE)
        return row
