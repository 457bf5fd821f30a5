"""Waiting for a job elsewhere, at a time that the test says."""

import pytest

from hdfs2oss.model.errors import AuthenticationFailed, LostSight, StoreError, Throttled, Unreachable
from hdfs2oss.model.submission import Progress
from hdfs2oss.verbs.submit.waiting import SILENCE_SECONDS, wait_for_end

DONE = Progress("Success", True)
SILENT = Unreachable("no answer")


class Job:
    """A platform that says one thing after another, the last for ever; it may be an error."""

    def __init__(self, *answers: Progress | Exception) -> None:
        self.answers = list(answers)
        self.now = 0.0
        self.sleeps: list[float] = []
        self.said: list[str] = []

    def ask(self) -> Progress:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds

    def wait(self, limit: float = 1e9) -> Progress:
        return wait_for_end(self.ask, limit, "To wait again: ...", self.said.append, lambda: self.now, self.sleep)


def running(state: str = "Running") -> Progress:
    return Progress(state)


def test_each_state_is_told_once_until_the_end_also_those_that_nobody_knows() -> None:
    job = Job(running("Pending"), running(), running(), running("Levitating"), DONE)
    assert job.wait() == DONE
    assert job.said == ["State: Pending", "State: Running", "State: Levitating"]


def test_it_is_asked_ever_later_up_to_once_a_minute() -> None:
    job = Job(*[running()] * 12, DONE)
    job.wait()
    assert job.sleeps[:3] == [5.0, 7.5, 11.25]
    assert job.sleeps == sorted(job.sleeps)
    assert max(job.sleeps) == 60.0


@pytest.mark.parametrize("error", [SILENT, Throttled("slow down")])
def test_a_platform_that_does_not_answer_for_a_while_is_asked_again(error) -> None:
    job = Job(running(), error, error, running(), DONE)
    assert job.wait() == DONE
    assert job.said[1] == "State: not known: the platform does not answer"


def test_after_a_quarter_of_an_hour_of_silence_it_is_given_up_and_the_job_goes_on() -> None:
    job = Job(running(), SILENT)
    with pytest.raises(LostSight, match=r"15 m.*no answer") as caught:
        job.wait()
    assert SILENCE_SECONDS <= job.now <= SILENCE_SECONDS + 120
    assert (caught.value.exit_code, caught.value.hint) == (9, "To wait again: ...")


def test_an_answer_in_between_begins_the_quarter_of_an_hour_anew() -> None:
    job = Job(*[SILENT] * 14, running(), *[SILENT] * 14, DONE)
    assert job.wait() == DONE
    assert job.now > SILENCE_SECONDS


@pytest.mark.parametrize("error", [AuthenticationFailed("not you"), StoreError("no such job")])
def test_a_refusal_is_given_up_at_once(error) -> None:
    job = Job(error)
    with pytest.raises(LostSight, match=error.message):
        job.wait()
    assert job.sleeps == []


def test_when_the_limit_has_passed_nobody_waits_any_longer() -> None:
    job = Job(running())
    with pytest.raises(LostSight, match=r"has not ended within 5 m.*goes on"):
        job.wait(limit=300)
    assert job.now <= 300
