"""A source that changed is tried again as what it is by now: the table in the module."""

import pytest

from hdfs2oss.model.values import CopyItem, FileStatus
from hdfs2oss.rules.renewal import renewed

MIB = 1024 * 1024
ITEM = CopyItem("f", 0, "OVERWRITE", "F", 5, 1000, "A", part_size_bytes=8 * MIB)
NOW = FileStatus("", "F", 7, 2000, etag="B")


@pytest.mark.parametrize("now", [None, FileStatus("", "D"), FileStatus("", "L")])
def test_what_has_gone_or_is_no_file_is_not_tried_again(now) -> None:
    assert renewed(ITEM, now, takes_parts=True) is None


def test_another_file_is_tried_again_as_that_version() -> None:
    again = renewed(ITEM, NOW, takes_parts=True)
    assert again == ITEM._replace(length=7, mtime_ms=2000, etag="B", surveyed_length=5)
    assert renewed(again, NOW._replace(length=9), takes_parts=True).surveyed_length == 5


@pytest.mark.parametrize(
    ("action", "again"), [("CHECK", "OVERWRITE"), ("APPEND", "APPEND"), ("COPY", "COPY"), ("OVERWRITE", "OVERWRITE")]
)
def test_what_could_have_been_settled_by_comparing_is_copied(action, again) -> None:
    assert renewed(ITEM._replace(action=action), NOW, takes_parts=True).action == again


@pytest.mark.parametrize(
    ("was", "length", "takes_parts", "part_size_bytes"),
    [
        (5, 8 * MIB, True, 8 * MIB),
        (5, 8 * MIB + 1, True, 8 * MIB + 1),
        (5, 64 * MIB, True, 64 * MIB),
        (5, 64 * MIB + 1, True, None),
        (5, 64 * MIB + 1, False, 8 * MIB),
        (9 * MIB, 64 * MIB + 1, True, 8 * MIB),
        (9 * MIB, 100_000 * MIB, True, 12 * MIB),
    ],
)
def test_no_upload_is_begun_that_the_plan_does_not_know_of(was, length, takes_parts, part_size_bytes) -> None:
    again = renewed(ITEM._replace(length=was), NOW._replace(length=length), takes_parts)
    assert (again and again.part_size_bytes) == part_size_bytes
