"""Where the job directory goes."""

import pytest

from hdfs2oss.model.errors import (
    CommitError,
    PermissionDenied,
    StoreError,
    SurveyError,
    Throttled,
    Unreachable,
    UsageError,
)
from hdfs2oss.records.jobdir import pair_name
from hdfs2oss.runs.place import beginning, choose_place, naming
from tests.stores.faults import Fault, FlakyFileSystem
from tests.unit.conftest import place

HOMES = [place("/first"), place("/second")]


def choose(make_context, store, shares_disk: bool = True, **options):
    context = make_context(store, ["/s"], "/t", **options)
    chosen = choose_place(context.options, context.stores, HOMES, shares_disk)
    assert chosen.name == pair_name(context.options.sources, context.options.target)
    return str(chosen.parent)


def test_the_first_home_is_taken_when_it_can_be_written(make_context, memory) -> None:
    assert choose(make_context, memory) == "file:///first/.hdfs2oss"


@pytest.mark.parametrize("refusal", [PermissionDenied, Throttled])
def test_a_home_that_cannot_be_written_is_passed_over(make_context, memory, refusal) -> None:
    flaky = FlakyFileSystem(memory, Fault("make_directory", "/first", refusal))
    assert choose(make_context, flaky) == "file:///second/.hdfs2oss"


def test_a_home_that_does_not_answer_is_not_passed_over(make_context, memory) -> None:
    """Else the records of one pair would lie here today and there tomorrow."""
    flaky = FlakyFileSystem(memory, Fault("make_directory", "/first", Unreachable))
    with pytest.raises(SurveyError, match="nothing was copied, for want of the job directory file:///first"):
        choose(make_context, flaky)


def test_an_option_says_it_better(make_context, memory) -> None:
    assert choose(make_context, memory, job_dir=place("/asked/for")) == "file:///asked/for"
    assert memory.status("/first") is None


def test_files_of_this_machine_do_not_do_where_tasks_run_elsewhere(make_context, memory) -> None:
    with pytest.raises(UsageError, match="no place for the job directory") as caught:
        choose(make_context, memory, shares_disk=False)
    assert "--job-dir" in caught.value.hint


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
