from hdfs2oss.model.values import CopyResult
from hdfs2oss.runs.causes import grouped, without_path


def failure(path: str, message: str, error_class: str = "WriteError", outcome: str = "FAILED") -> CopyResult:
    return CopyResult(path, 0, "F", "COPY", outcome, 5, 0, message=message, error_class=error_class)


def denied(path: str, reason: str = "Permission denied") -> CopyResult:
    return failure(path, f"cannot copy hdfs://nn/s/{path} to oss://b/t/{path}: writing /t/{path}: {reason}")


def test_failures_of_one_cause_are_one_line_with_a_count_and_the_first() -> None:
    (group,) = grouped([denied(f"d/file-{number}") for number in range(17)])
    assert group.line() == (
        "FAILED: 17 files: cannot copy hdfs://nn/s/... to oss://b/t/...: writing /t/...: Permission denied "
        "(first: d/file-0)"
    )


def test_a_failure_that_is_alone_keeps_its_whole_message() -> None:
    (group,) = grouped([denied("a")])
    assert group.line() == "FAILED: cannot copy hdfs://nn/s/a to oss://b/t/a: writing /t/a: Permission denied"


def test_other_causes_classes_and_outcomes_are_groups_of_their_own_the_most_frequent_first() -> None:
    lone = [denied("x", "Quota exceeded"), failure("y", "gone", "ReadError"), failure("z", "gone", outcome="CHANGED")]
    groups = grouped([*lone, denied("a"), denied("b")])
    assert [(group.files, group.first.path) for group in groups] == [(2, "a"), (1, "x"), (1, "y"), (1, "z")]


def test_ids_of_requests_and_sizes_make_no_other_cause() -> None:
    messages = [
        "is 5 bytes long, not 6 (request 65A1B2C3D4E5F60718293A4B)",
        "is 7 bytes long, not 9 (request 65A1B2C3D4E5F60718293AFF)",
    ]
    assert [group.files for group in grouped(failure(str(at), text) for at, text in enumerate(messages))] == [2]


def test_only_a_whole_relative_path_is_taken_out() -> None:
    assert without_path("cannot read /a/a and /a/ab, a/a of 'a'", "a") == "cannot read /a/... and /a/ab, a/... of '...'"
    assert without_path("of /a: no", "") == "of /a: no"
