import io

import pytest

from hdfs2oss.runs.progress import Progress
from hdfs2oss.runs.timeline import Timeline


def test_phases_are_timed_in_their_order_and_one_that_comes_again_adds_up() -> None:
    timeline = Timeline(Progress(io.StringIO()))
    for name in ("survey", "copy", "survey"):
        with timeline.phase(name):
            pass
    assert list(timeline.seconds) == ["survey", "copy"]
    assert all(seconds >= 0 for seconds in timeline.seconds.values())


def test_progress_tells_of_the_phase_that_runs() -> None:
    progress = Progress(io.StringIO())
    with Timeline(progress).phase("commit"):
        assert progress.line().startswith("commit: ")
    progress.end()


def test_a_phase_that_fails_is_timed_too() -> None:
    timeline = Timeline(Progress(io.StringIO()))
    with pytest.raises(ZeroDivisionError), timeline.phase("copy"):
        raise ZeroDivisionError
    assert list(timeline.seconds) == ["copy"]
