import pytest

from hdfs2oss.model.values import CopyResult
from hdfs2oss.rules.causes import cause_of, counted, examples, grouped, without_path


def failure(path: str, message: str, error_class: str = "WriteError", outcome: str = "FAILED") -> CopyResult:
    return CopyResult(path, 0, "F", "COPY", outcome, 5, 0, message=message, error_class=error_class)


def denied(path: str, reason: str = "Permission denied") -> CopyResult:
    return failure(path, f"cannot copy hdfs://nn/s/{path} to oss://b/t/{path}: writing /t/{path}: {reason}")


def test_failures_of_one_cause_are_one_line_with_a_count_and_the_first() -> None:
    (group,) = grouped([denied(f"d/file-{number}") for number in range(17)], {})
    assert group.line() == (
        "FAILED: 17 files: cannot copy hdfs://nn/s/... to oss://b/t/...: writing /t/...: Permission denied "
        "(first: d/file-0)"
    )


def test_a_failure_that_is_alone_keeps_its_whole_message() -> None:
    (group,) = grouped([denied("a")], {})
    assert group.line() == "FAILED: cannot copy hdfs://nn/s/a to oss://b/t/a: writing /t/a: Permission denied"


def test_other_causes_classes_and_outcomes_are_groups_of_their_own_the_most_frequent_first() -> None:
    lone = [denied("x", "Quota exceeded"), failure("y", "gone", "ReadError"), failure("z", "gone", outcome="CHANGED")]
    groups = grouped([*lone, denied("a"), denied("b")], {})
    assert [(group.files, group.first.path) for group in groups] == [(2, "a"), (1, "x"), (1, "y"), (1, "z")]


def test_ids_of_requests_and_sizes_make_no_other_cause() -> None:
    messages = [
        "is 5 bytes long, not 6 (request 65A1B2C3D4E5F60718293A4B)",
        "is 7 bytes long, not 9 (request 65A1B2C3D4E5F60718293AFF)",
    ]
    failures = [failure(str(at), text) for at, text in enumerate(messages)]
    assert [group.files for group in grouped(failures, {})] == [2]


def test_only_a_whole_relative_path_is_taken_out() -> None:
    assert without_path("cannot read /a/a and /a/ab, a/a of 'a'", "a") == "cannot read /a/... and /a/ab, a/... of '...'"
    assert without_path("of /a: no", "") == "of /a: no"


@pytest.mark.slow
def test_of_thousands_of_failures_each_cause_has_an_example_and_its_count() -> None:
    reasons = ("Permission denied", "Quota exceeded", "gone", "is 5 bytes long, not 6", "no answer")
    failures = [denied(f"f{number}", reasons[0 if number < 4000 else number % 5]) for number in range(5000)]
    kept = examples(failures, 20)
    assert len(kept) == 20
    groups = grouped(kept, counted(failures))
    assert [(group.files, group.first.path) for group in groups] == [
        (4200, "f0"),
        (200, "f4001"),
        (200, "f4002"),
        (200, "f4003"),
        (200, "f4004"),
    ]


def test_causes_of_a_task_are_bounded_and_the_most_frequent_are_kept() -> None:
    lone = [denied(str(number), f"cause-{'x' * number}") for number in range(200)]
    found = counted([*lone, denied("a"), denied("b")])
    assert len(found) == 50
    assert found[cause_of(denied("c"))] == 2
