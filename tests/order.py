"""In which order test files begin: those that take longest first, so that all processes of a run end together."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

# What a test of a kind takes, in seconds and very roughly; of one with several marks the longest counts.
SECONDS = {"yarn": 50.0, "spark": 12.0, "conformance": 6.0, "faults": 5.0, "hdfs": 1.0}
OTHER_SECONDS = 0.05


def seconds_of(item: pytest.Item) -> float:
    return max([OTHER_SECONDS, *(seconds for mark, seconds in SECONDS.items() if item.get_closest_marker(mark))])


def longest_file_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The tests of a file stay together, in the order they came in."""
    seconds: dict[Path, float] = Counter()  # type: ignore[assignment]
    for item in items:
        seconds[item.path] += seconds_of(item)
    return sorted(items, key=lambda item: (-seconds[item.path], item.path))
