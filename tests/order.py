"""In which order test files begin: those that take longest first, so that all processes of a run end together."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

# What each mark adds to the time of a test, in seconds and very roughly.
SECONDS = {"yarn": 40.0, "spark": 10.0, "faults": 8.0, "conformance": 6.0, "hdfs": 1.0}
PLAIN_SECONDS = 0.05


def seconds_of(item: pytest.Item) -> float:
    return sum((seconds for mark, seconds in SECONDS.items() if item.get_closest_marker(mark)), PLAIN_SECONDS)


def longest_file_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The tests of a file stay together, in the order they came in."""
    seconds: dict[Path, float] = Counter()  # type: ignore[assignment]
    for item in items:
        seconds[item.path] += seconds_of(item)
    return sorted(items, key=lambda item: (-seconds[item.path], item.path))
