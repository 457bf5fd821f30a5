"""What an operator reads of a job directory that does not answer."""

import threading

import pytest

from hdfs2oss.model.errors import LockLost, PermissionDenied, StoreError, Throttled, Unreachable
from hdfs2oss.records.silence import Silence

WAITED, BACK = "The job directory hdfs://nn/jobs is waited for, 5 m 00 s at most: ", "answers again, after "


class Lines:
    """The lines that were said; `came` is set by the first one."""

    def __init__(self, missed_after_seconds: float = 60.0) -> None:
        self.said: list[str] = []
        self.came = threading.Event()
        self.silence = Silence("hdfs://nn/jobs", self.say, missed_after_seconds)

    def say(self, line: str) -> None:
        self.said.append(line)
        self.came.set()

    def fail(self, error: type[Exception]) -> None:
        with pytest.raises(error, match="no luck"), self.silence.watched():
            raise error("no luck")

    def ask(self) -> None:
        with self.silence.watched():
            pass


@pytest.mark.parametrize("error", [Unreachable, Throttled])
def test_a_silence_is_said_once_and_its_end_is(error: type[StoreError]) -> None:
    lines = Lines()
    for _ in range(2):
        lines.ask()
        assert lines.said == []
        lines.fail(error)
        lines.fail(error)
        lines.ask()
        lines.ask()
        first, second = lines.said
        assert first == WAITED + "no luck"
        assert BACK in second
        lines.said.clear()


def test_a_call_that_is_not_answered_for_long_is_told_while_it_lasts() -> None:
    lines = Lines(missed_after_seconds=0.01)
    with lines.silence.watched():
        assert lines.came.wait(60)
        assert lines.said == [WAITED + "no answer yet"]
    assert len(lines.said) == 2
    assert BACK in lines.said[1]


@pytest.mark.parametrize("error", [PermissionDenied, LockLost])
def test_what_will_not_pass_is_not_waited_for(error: type[Exception]) -> None:
    lines = Lines()
    lines.fail(error)
    assert lines.said == []


def test_after_the_end_of_a_run_nothing_is_said() -> None:
    lines = Lines()
    lines.fail(Unreachable)
    lines.silence.end()
    lines.ask()
    lines.fail(Unreachable)
    assert len(lines.said) == 1
