"""A pairing driven as a survey drives it: merge, sieve, pairs that need work; without budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import NamedTuple, cast

from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import UNLISTED, CopyRoot, FilePair, FileStatus
from hdfs2oss.phases.survey.exclusion import Exclusion
from hdfs2oss.phases.survey.findings import Findings
from hdfs2oss.phases.survey.sieve import Sieve
from hdfs2oss.rules import pairing
from hdfs2oss.rules.frontier import SurveyUnit
from hdfs2oss.rules.layout import Layout
from hdfs2oss.rules.merging import TARGET, Cursor, Merge, Step


class Duplicate(NamedTuple):
    path: str
    source: str
    other: str


class Pairing:
    """The pairs of some sources and a target; `wanted` says whether a source row takes part."""

    def __init__(
        self,
        sources: Sequence[Cursor],
        target: Cursor | None,
        wanted: Callable[[int, FileStatus], bool],
        wants_missing: bool,
    ) -> None:
        self._merge = Merge(sources, target, wants_missing)
        self._findings = Findings()
        excludes = SimpleNamespace(
            excludes=lambda root, path, is_directory: not wanted(root, FileStatus(path, "")), own_at_target=frozenset()
        )
        roots = tuple(CopyRoot(Uri("file", "", f"/s{number}"), "") for number in range(len(sources)))
        layout = Layout(Uri("file", "", "/t"), roots, True)
        self._sieve = Sieve(layout, cast(Exclusion, excludes), SurveyUnit(""), self._findings)
        self.unlisted: list[tuple[int, FileStatus]] = []

    @property
    def duplicates(self) -> list[Duplicate]:
        return [Duplicate(*found) for found in self._findings.duplicates]

    def pairs(self, root: FilePair | None, before: Callable[[Step], None]) -> Iterator[FilePair]:
        driven = pairing.Pairing(root)
        while (step := self._merge.step(driven.waiting_for)) is not None:
            before(step)
            self._note_unlisted(step)
            sifted = self._sieve.sift(step, True)
            yield from (pair for pair in driven.take(sifted.step, True) if not pair.comes_with_its_files)
            self._merge.advance(step, sifted.passed_by)
        yield from (pair for pair in driven.finish() if not pair.comes_with_its_files)

    def _note_unlisted(self, step: Step) -> None:
        rows = [*step.sources, *([(TARGET, step.target)] if step.target is not None else [])]
        self.unlisted += [(root, row) for root, row in rows if row.kind == UNLISTED]
