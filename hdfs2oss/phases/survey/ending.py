"""The end of a survey on record: what it found, so that nobody has to look again."""

from __future__ import annotations

from typing import Any

from ...model.values import PlanSlice
from .missing import MissingSlices
from .wave import SurveyReport


def as_record(found: SurveyReport) -> dict[str, Any]:
    """A survey that went through, as a JSON value."""
    return {
        "slices": found.slices,
        "large_slices": found.large_slices,
        "directories": found.directories,
        "missing_files": found.missing.files,
        "missing_directories": sorted(found.missing.directories.items()),
        "counters": found.counters,
        "problems": found.problems,
        "notices": found.notices,
    }


def from_record(record: dict[str, Any]) -> SurveyReport:
    """What `as_record` made."""
    return SurveyReport(
        slices=_slices(record["slices"]),
        large_slices=_slices(record["large_slices"]),
        directories=[(depth, PlanSlice(*piece)) for depth, piece in record["directories"]],
        missing=MissingSlices(
            _slices(record["missing_files"]),
            {depth: _slices(pieces) for depth, pieces in record["missing_directories"]},
        ),
        counters=record["counters"],
        problems=[(place, cause) for place, cause in record["problems"]],
        notices=record["notices"],
    )


def _slices(pieces: list[list[Any]]) -> list[PlanSlice]:
    return [PlanSlice(*piece) for piece in pieces]
