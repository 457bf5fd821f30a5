"""How a chain of tasks runs, and how its failures travel: without Spark."""

import pickle

import pytest

from hdfs2oss.filesystems.oss.errors import BucketMissing, NotOffered, ObjectReplaced, UploadMissing
from hdfs2oss.filesystems.oss.session import CertificateRefused
from hdfs2oss.filesystems.watchdog import OutOfTime
from hdfs2oss.model.errors import (
    CorruptData,
    Hdfs2ossError,
    NotFound,
    SourceNotFound,
    StoreError,
    Throttled,
    Unreachable,
    UsageError,
    WaveEnded,
)
from hdfs2oss.model.values import CopyTask, PlanSlice
from hdfs2oss.phases.committer import CommitBin, CommitTask
from hdfs2oss.runners.base import Attempt
from hdfs2oss.runners.chain import (
    Ended,
    Failure,
    NodeUnfit,
    deal,
    error_of,
    find_failure,
    refuse_missing_ends,
    run_chain,
)
from hdfs2oss.runners.local import LocalRunner

FIRST, LAST = Attempt("0-1", False), Attempt("7-9", True)


def unfit_at_two(task, attempt):
    if task == 2:
        raise Unreachable("no route to hdfs://nn", "Look at the network.")
    return task, attempt


def test_reports_come_in_order_with_the_time_each_task_took():
    ended = list(run_chain(lambda task, attempt: (task, attempt), [1, 2], FIRST))
    assert [one.report for one in ended] == [(1, "0-1"), (2, "0-1")]
    assert all(one.seconds >= 0 for one in ended)


def test_a_failure_is_raised_while_another_node_may_do_better():
    with pytest.raises(NodeUnfit, match="Unreachable: no route to hdfs://nn"):
        list(run_chain(unfit_at_two, [1, 2, 3], FIRST))


def test_the_last_try_hands_the_failure_over_and_goes_on():
    ended = list(run_chain(unfit_at_two, [1, 2, 3], LAST))
    assert [one.report for one in ended] == [(1, "7-9"), None, (3, "7-9")]
    assert ended[1].failure.kind == "Unreachable"


def test_what_no_other_node_can_do_is_not_tried_again():
    def refuse(task, attempt):
        raise UsageError("that cannot be")

    (ended,) = run_chain(refuse, [1], FIRST)
    assert ended.failure.message == "that cannot be"


def test_what_every_other_task_would_meet_ends_the_chain_at_once():
    begun = []

    def refuse(task, attempt):
        begun.append(task)
        raise WaveEnded("the keys have expired")

    (ended,) = run_chain(refuse, [1, 2, 3], FIRST)
    assert (ended.failure.kind, begun) == ("WaveEnded", [1])


def test_the_failure_is_found_in_the_text_of_sparks_error():
    failure = Failure("Unreachable", 'a "quoted" { message', "the hint", "node-7")
    text = (
        f"Job aborted ...\nPythonException: Traceback\n  x\nhdfs2oss...NodeUnfit: {NodeUnfit(failure)}\n\tat org.apache"
    )
    assert find_failure(text) == failure


@pytest.mark.parametrize(
    "text", ["", "Job aborted due to stage failure", "hdfs2oss failure {not json", "hdfs2oss failure [1]"]
)
def test_text_without_a_failure_holds_none(text):
    assert find_failure(text) is None


@pytest.mark.parametrize("kind", [Unreachable, UsageError, Throttled])
def test_an_error_keeps_its_class_and_says_where_it_was_seen(kind):
    error = error_of(Failure(kind.__name__, "what happened", "do this.", "node-7"))
    assert type(error) is kind
    assert (str(error), error.hint) == ("what happened", "do this. Seen on the node node-7.")


class OutOfPlace(SourceNotFound):
    """One that a phase keeps to itself."""


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (BucketMissing, NotFound), (UploadMissing, NotFound), (ObjectReplaced, CorruptData), (NotOffered, StoreError),
        (OutOfTime, Unreachable), (CertificateRefused, Unreachable), (OutOfPlace, SourceNotFound),
    ],
)  # fmt: skip
def test_a_class_that_a_store_keeps_to_itself_travels_as_its_base(raised, kind):
    def refuse(task, attempt):
        raise raised("what happened", "do this.")

    (ended,) = run_chain(refuse, [1], LAST)
    travelled = error_of(ended.failure)
    assert type(travelled) is kind
    assert str(travelled) == "what happened"
    with pytest.raises(Hdfs2ossError) as local:
        LocalRunner(0).run_wave("copy", refuse, [1], print)
    assert travelled.exit_code == local.value.exit_code
    with pytest.raises(NodeUnfit) as unfit:
        list(run_chain(refuse, [1], FIRST))
    assert type(error_of(find_failure(str(unfit.value)))) is kind


@pytest.mark.parametrize("kind", ["ZeroDivisionError", "annotations", "Hdfs2ossError"])
def test_a_class_that_is_not_ours_becomes_ours(kind):
    assert type(error_of(Failure(kind, "m", "", "node-7"))) is Hdfs2ossError


def test_messages_lose_secrets_and_line_breaks():
    def refuse(task, attempt):
        raise ValueError("cannot open\noss://id:hush@bucket/a")

    (ended,) = run_chain(refuse, [1], LAST)
    assert ended.failure.message == "cannot open oss://***@bucket/a"
    assert "hush" not in pickle.dumps(ended).decode("latin-1")


def test_few_tasks_are_chains_of_one():
    assert deal([1, 2, 3], 3) == [[1], [2], [3]]


def test_many_tasks_are_dealt_to_as_many_chains_as_may_run():
    assert deal(list(range(7)), 3) == [[0, 3, 6], [1, 4], [2, 5]]


def test_copy_tasks_are_dealt_by_cost():
    tasks = [CopyTask(n, (PlanSlice("f", n, 1, 1, cost),)) for n, cost in enumerate([9.0, 3.0, 3.0, 3.0])]
    assert [[task.number for task in chain] for chain in deal(tasks, 2)] == [[0], [1, 2, 3]]


def test_any_task_that_says_what_it_costs_is_dealt_by_it():
    tasks = [
        CommitTask(n, (CommitBin((PlanSlice("f", n, 1, 1, cost),), ()),)) for n, cost in enumerate([9.0, 3.0, 3.0, 3.0])
    ]
    assert [[task.number for task in chain] for chain in deal(tasks, 2)] == [[0], [1, 2, 3]]


@pytest.mark.parametrize("ends", [0, 2, 4])
def test_a_wave_with_another_number_of_ends_than_tasks_is_an_error(ends: int) -> None:
    with pytest.raises(Hdfs2ossError, match=f"the wave copy had 3 tasks, and {ends} of them came to an end"):
        refuse_missing_ends("copy", [1, 2, 3], [Ended(0.1, "report")] * ends)
    refuse_missing_ends("copy", [1, 2, 3], [Ended(0.1, "report")] * 3)
