import pytest

from hdfs2oss.model.errors import PermissionDenied, QuotaExceeded, StoreGone, Unreachable, WaveEnded, WriteError
from hdfs2oss.tasks.outage import Outage

GONE, OWN_FAULT = Unreachable("no answer"), PermissionDenied("not yours")


def test_so_many_failures_in_a_row_are_an_outage_and_the_last_one_says_why() -> None:
    outage = Outage(3)
    for _ in range(2):
        outage.failed(GONE)
    assert outage.reason == ""
    outage.failed(GONE)
    assert outage.reason == "not tried, because 3 files in a row failed; the last one: no answer"


def test_a_success_in_between_ends_the_row() -> None:
    outage = Outage(3)
    for _ in range(5):
        outage.failed(GONE)
        outage.failed(GONE)
        outage.succeeded()
    assert outage.reason == ""


def test_a_failure_of_a_files_own_ends_the_row_as_the_store_has_answered() -> None:
    outage = Outage(3)
    for _ in range(5):
        outage.failed(GONE)
        outage.failed(GONE)
        outage.failed(OWN_FAULT)
    assert outage.reason == ""


def denied(cause: type[PermissionDenied] = PermissionDenied) -> WriteError:
    try:
        raise WriteError("cannot write /t/f: AccessDenied", "Look at the policy.") from cause("AccessDenied")
    except WriteError as error:
        return error


def test_a_store_that_lets_nothing_be_written_ends_the_wave() -> None:
    outage = Outage(8, denies_alike=True)
    for _ in range(99):
        outage.failed(denied())
        outage.failed(OWN_FAULT)
    outage.refuse_to_go_on()
    outage.failed(denied())
    with pytest.raises(WaveEnded, match="every other file would fail likewise: cannot write") as caught:
        outage.refuse_to_go_on()
    assert caught.value.hint == "Look at the policy."


class Immutable(PermissionDenied):
    pass


@pytest.mark.parametrize(
    ("alike", "arrived", "cause"),
    [(False, False, PermissionDenied), (True, True, PermissionDenied), (True, False, Immutable)],
    ids=["directories have permissions", "one arrived", "what stands there"],
)
def test_what_may_be_the_lot_of_some_files_only_ends_no_wave(alike: bool, arrived: bool, cause) -> None:
    outage = Outage(8, denies_alike=alike)
    if arrived:
        outage.succeeded()
    for _ in range(300):
        outage.failed(denied(cause))
    outage.refuse_to_go_on()


def test_an_outage_lasts_and_keeps_its_first_reason() -> None:
    outage = Outage(1)
    outage.failed(GONE)
    first = outage.reason
    outage.succeeded()
    outage.failed(Unreachable("something else"))
    assert outage.reason == first


@pytest.mark.parametrize(
    ("reach", "is_all"),
    [
        ("/", True),
        ("/lake", True),
        ("/lake/t", True),
        ("/lake/t/", True),
        ("/lake/t/a", False),
        ("/la", False),
        ("", False),
    ],
)
def test_a_failure_that_reaches_over_all_that_is_written_ends_the_wave(reach: str, is_all: bool) -> None:
    outage = Outage(3, base="/lake/t")
    full = QuotaExceeded("the quota is exceeded", "Raise it.")
    full.reach = reach
    outage.failed(WriteError.caused_by("writing failed: the quota is exceeded", full))
    if not is_all:
        outage.refuse_to_go_on()
        return
    with pytest.raises(WaveEnded, match="every other file would fail likewise: writing failed") as caught:
        outage.refuse_to_go_on()
    assert caught.value.hint == "Raise it."


SECOND_ROUNDS = {
    "all arrive": ("++", False),
    "one fails in the end, as before: it may be at fault itself": ("+-", False),
    "the store comes back in between": ("-+", True),
    "comes back, and a file fails by its own fault": ("o+", False),
}


@pytest.mark.parametrize("is_last", [False, True])
@pytest.mark.parametrize(("events", "is_gone"), SECOND_ROUNDS.values(), ids=SECOND_ROUNDS)
def test_what_was_not_answered_in_the_second_round_just_before_the_store_came_back(events, is_gone, is_last) -> None:
    outage = Outage(8, is_last)
    outage.failed(GONE)
    outage.succeeded()
    outage.second_round()
    for event in events:
        outage.succeeded() if event == "+" else outage.failed(GONE if event == "-" else OWN_FAULT)
    if not is_gone or is_last:
        outage.refuse_to_end()
        return
    with pytest.raises(StoreGone, match="could not be reached when the task ended: no answer"):
        outage.refuse_to_end()
