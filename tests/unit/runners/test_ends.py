"""How a task ends, and how its failure travels: without Spark."""

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
)
from hdfs2oss.runners.base import Attempt
from hdfs2oss.runners.ends import (
    Failure,
    NodeUnfit,
    error_of,
    find_failure,
    refuse_missing_ends,
    run_to_end,
)
from hdfs2oss.runners.local import LocalRunner

FIRST, LAST = Attempt("0-1", False), Attempt("7-9", True)


def unfit_at_two(task, attempt):
    if task == 2:
        raise Unreachable("no route to hdfs://nn", "Look at the network.")
    return task, attempt


def test_a_report_comes_with_the_time_its_task_took():
    ended = run_to_end(lambda task, attempt: (task, attempt), 1, FIRST)
    assert (ended.report, ended.failure) == ((1, "0-1"), None)
    assert ended.seconds >= 0


def test_a_failure_is_raised_while_another_node_may_do_better():
    with pytest.raises(NodeUnfit, match="Unreachable: no route to hdfs://nn"):
        run_to_end(unfit_at_two, 2, FIRST)


def test_the_last_try_hands_the_failure_over():
    ended = run_to_end(unfit_at_two, 2, LAST)
    assert (ended.report, ended.failure.kind) == (None, "Unreachable")


def test_what_no_other_node_can_do_is_not_tried_again():
    def refuse(task, attempt):
        raise UsageError("that cannot be")

    assert run_to_end(refuse, 1, FIRST).failure.message == "that cannot be"


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

    ended = run_to_end(refuse, 1, LAST)
    travelled = error_of(ended.failure)
    assert type(travelled) is kind
    assert str(travelled) == "what happened"
    with pytest.raises(Hdfs2ossError) as local:
        LocalRunner(0).run_wave("copy", refuse, [1], print)
    assert travelled.exit_code == local.value.exit_code
    with pytest.raises(NodeUnfit) as unfit:
        run_to_end(refuse, 1, FIRST)
    assert type(error_of(find_failure(str(unfit.value)))) is kind


@pytest.mark.parametrize("kind", ["ZeroDivisionError", "annotations", "Hdfs2ossError"])
def test_a_class_that_is_not_ours_becomes_ours(kind):
    assert type(error_of(Failure(kind, "m", "", "node-7"))) is Hdfs2ossError


def test_messages_lose_secrets_and_line_breaks():
    def refuse(task, attempt):
        raise ValueError("cannot open\noss://id:hush@bucket/a")

    ended = run_to_end(refuse, 1, LAST)
    assert ended.failure.message == "cannot open oss://***@bucket/a"
    assert "hush" not in pickle.dumps(ended).decode("latin-1")


@pytest.mark.parametrize("ends", [0, 2, 4])
def test_a_wave_with_another_number_of_ends_than_tasks_is_an_error(ends: int) -> None:
    with pytest.raises(Hdfs2ossError, match=f"the wave copy had 3 tasks, and {ends} of them came to an end"):
        refuse_missing_ends("copy", 3, ends)
    refuse_missing_ends("copy", 3, 3)
