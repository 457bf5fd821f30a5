"""What is held back by a limit, and told to stop."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from hdfs2oss.filesystems.pace import BYTES, REQUESTS, task_throttle
from hdfs2oss.model.errors import Interrupted
from hdfs2oss.rules.throttle import Throttle
from hdfs2oss.runners.stop import clear_stop, request_stop

HOUR_BYTES = 3600.0


@pytest.fixture(autouse=True)
def unlimited() -> Iterator[None]:
    yield
    clear_stop()
    for throttle in (BYTES, REQUESTS):
        throttle.set_rate(None)


@pytest.mark.parametrize("which", ["a task's", "the job's bytes", "the job's requests"])
def test_who_is_held_back_for_hours_hears_at_once_that_the_run_is_to_stop(which: str) -> None:
    throttle: Throttle = {"a task's": task_throttle(1.0), "the job's bytes": BYTES, "the job's requests": REQUESTS}[
        which
    ]
    throttle.set_rate(1.0)
    throttle.take(int(HOUR_BYTES))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(throttle.take)
        # Told before it waits or while it does: both end it.
        request_stop()
        with pytest.raises(Interrupted):
            waiting.result(60)


def test_what_may_pass_still_does_so_once_the_run_is_to_stop() -> None:
    request_stop()
    REQUESTS.take()
    REQUESTS.set_rate(1.0)
    REQUESTS.take()
