"""Directions of a copy, as parameters of tests."""

from __future__ import annotations

from collections.abc import Sequence

import pytest


def pairs(*texts: str) -> pytest.MarkDecorator:
    """Directions, those with HDFS marked so."""
    marked = [pytest.param(text, marks=pytest.mark.hdfs if "hdfs" in text else ()) for text in texts]
    return pytest.mark.parametrize("ends", marked, indirect=True)


def pairs_with(flags: Sequence[tuple[str, ...]], *texts: str) -> pytest.MarkDecorator:
    """Directions, and with each the switches; those behind the first say nothing else on HDFS and are `full` there."""

    def is_said_elsewhere(text: str, words: tuple[str, ...]) -> bool:
        return "hdfs" in text and words != flags[0] and not (text.endswith("hdfs") and words == ("-direct",))

    rows = [
        pytest.param(
            text,
            words,
            marks=[pytest.mark.hdfs] * ("hdfs" in text) + [pytest.mark.full] * is_said_elsewhere(text, words),
            id=f"{text}-{' '.join(words) or 'plain'}",
        )
        for text in texts
        for words in flags
    ]
    return pytest.mark.parametrize(("ends", "flags"), rows, indirect=["ends"])
