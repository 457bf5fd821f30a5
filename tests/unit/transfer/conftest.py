"""What the tests of moving a file share."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.unit.transfer.bench import Bench


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as made:
        yield made


@pytest.fixture(params=["small", "stream", "parts"])
def bench(request: pytest.FixtureRequest, pool: ThreadPoolExecutor) -> Bench:
    return Bench(request.param, pool)
