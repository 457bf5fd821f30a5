"""What the classes of errors say of themselves."""

import pytest

from hdfs2oss.filesystems.oss.errors import BucketMissing, ObjectReplaced
from hdfs2oss.filesystems.oss.session import CertificateRefused
from hdfs2oss.filesystems.watchdog import OutOfTime
from hdfs2oss.model.errors import (
    CorruptData,
    Hdfs2ossError,
    NotFound,
    PermissionDenied,
    StoreError,
    Throttled,
    TransferError,
    Unreachable,
    VerifyError,
    WriteError,
    of_class,
)


@pytest.mark.parametrize(
    ("kind", "asked_again", "retryable"),
    [
        (Unreachable, True, True), (Throttled, True, True), (CorruptData, True, True),
        (OutOfTime, False, True), (ObjectReplaced, False, True), (VerifyError, False, True),
        (CertificateRefused, False, False), (NotFound, False, False), (BucketMissing, False, False),
        (PermissionDenied, False, False), (StoreError, False, False), (TransferError, False, False),
    ],
)  # fmt: skip
def test_asking_again_and_trying_the_file_again_are_two_things(
    kind: type[Hdfs2ossError], asked_again: bool, retryable: bool
) -> None:
    assert (kind.asked_again, kind.retryable) == (asked_again, retryable)


def test_a_failed_transfer_is_as_retryable_as_its_cause() -> None:
    assert WriteError.caused_by("writing failed", OutOfTime("silent")).retryable
    assert not WriteError.caused_by("writing failed", PermissionDenied("no")).retryable


@pytest.mark.parametrize("kind", [Hdfs2ossError, Throttled, WriteError])
def test_a_class_is_found_by_its_name(kind: type[Hdfs2ossError]) -> None:
    assert of_class(kind.__name__) is kind


@pytest.mark.parametrize("name", ["", "ZeroDivisionError", "annotations", "of_class", "OutOfTime"])
def test_a_name_that_no_class_here_bears_is_a_failed_transfer_or_what_the_caller_says(name: str) -> None:
    assert of_class(name) is TransferError
    assert of_class(name, Hdfs2ossError) is Hdfs2ossError
