"""Where the job directory goes."""

import pytest

from hdfs2oss.filesystems.watchdog import OutOfTime
from hdfs2oss.model.errors import (
    AlreadyExists,
    CommitError,
    PermissionDenied,
    StoreError,
    SurveyError,
    Throttled,
    Unreachable,
    UsageError,
)
from hdfs2oss.records.jobdir import pair_name
from hdfs2oss.rules.retry import RetryClock
from hdfs2oss.runs.place import beginning, choose_place, naming
from tests.stores.faults import Fault, FlakyFileSystem
from tests.unit.conftest import place

HOMES = [place("/first"), place("/second")]


class Clock:
    """Nobody sleeps, but the time goes by."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def choose(make_context, store, shares_disk: bool = True, clock: Clock | None = None, say=None, **options):
    context = make_context(store, ["/s"], "/t", **options)
    time = clock or Clock()
    waiting = RetryClock(lambda: time.now, time.sleep, lambda: 0.9)
    chosen = choose_place(context.options, context.stores, HOMES, shares_disk, waiting, say or (lambda line: None))
    assert chosen.name == pair_name(context.options.sources, context.options.target)
    return str(chosen.parent)


def test_the_first_home_is_taken_when_it_can_be_written(make_context, memory) -> None:
    assert choose(make_context, memory) == "file:///first/.hdfs2oss"


@pytest.mark.parametrize("refusal", [PermissionDenied, AlreadyExists])
def test_a_home_that_may_not_be_written_is_passed_over_each_time(make_context, memory, refusal) -> None:
    flaky = FlakyFileSystem(memory, Fault("make_directory", "/first", refusal))
    assert [choose(make_context, flaky) for _ in range(2)] == ["file:///second/.hdfs2oss"] * 2


@pytest.mark.parametrize("weather", [Throttled, Unreachable, OutOfTime])
def test_a_home_in_safe_mode_or_without_an_answer_is_waited_for(make_context, memory, weather) -> None:
    """Else the records of one pair, and its lock, would lie here today and there tomorrow."""
    clock = Clock()
    passing = Fault("make_directory", "/first", weather, times=8)
    said: list[str] = []
    chosen = choose(make_context, FlakyFileSystem(memory, passing), clock=clock, say=said.append)
    assert chosen == "file:///first/.hdfs2oss"
    assert passing.struck == 8
    assert clock.now > 30
    assert ["is waited for" in said[0], "answers again" in said[1]] == [True, True], said
    assert len(said) == 2


@pytest.mark.parametrize("weather", [Throttled, Unreachable, OutOfTime])
def test_a_home_that_never_answers_is_refused_after_minutes_and_not_passed_over(make_context, memory, weather) -> None:
    clock = Clock()
    flaky = FlakyFileSystem(memory, Fault("make_directory", "/first", weather))
    with pytest.raises(SurveyError, match="nothing was copied, for want of the job directory file:///first"):
        choose(make_context, flaky, clock=clock)
    assert 200 < clock.now <= 300
    assert memory.status("/second") is None


def test_an_option_says_it_better(make_context, memory) -> None:
    assert choose(make_context, memory, job_dir=place("/asked/for")) == "file:///asked/for"
    assert memory.status("/first") is None


def test_files_of_this_machine_do_not_do_where_tasks_run_elsewhere(make_context, memory) -> None:
    with pytest.raises(UsageError, match="no place for the job directory") as caught:
        choose(make_context, memory, shares_disk=False)
    assert "--job-dir" in caught.value.hint


@pytest.mark.slow
def test_when_no_home_will_do_all_refusals_are_told(make_context, memory) -> None:
    flaky = FlakyFileSystem(memory, Fault("make_directory", "", PermissionDenied))
    with pytest.raises(UsageError, match=r"/first.*; .*/second"):
        choose(make_context, flaky)


@pytest.mark.parametrize(("error", "code"), [(PermissionDenied, 2), (StoreError, 2), (Unreachable, 3), (Throttled, 3)])
def test_what_fails_before_anything_began_says_that_nothing_was_copied(error, code) -> None:
    """A place that refuses us is to be named anew; one that gives no answer may give it tomorrow."""
    with pytest.raises((UsageError, SurveyError), match="nothing was copied") as caught, beginning(place("/jobs")):
        raise error("no")
    assert caught.value.exit_code == code
    assert "--job-dir" in caught.value.hint


def test_an_error_keeps_the_hint_it_has(memory) -> None:
    with pytest.raises(CommitError) as caught, naming(place("/jobs")):
        raise Unreachable("no answer", "Look at the network.")
    assert caught.value.hint == "Look at the network."
