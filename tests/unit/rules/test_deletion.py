"""Whether -delete may begin, and whether one entry may go."""

import pytest

from hdfs2oss.model.values import DIRECTORY, FILE, CopyItem, FileStatus
from hdfs2oss.rules.deletion import is_unchanged, most_allowed, refusal


@pytest.mark.parametrize(
    ("limit", "entries", "most"),
    [
        ("", 0, 1000),
        ("", 10_000, 1000),
        ("", 10_010, 1001),
        ("", 100_000_000, 10_000_000),
        ("0", 100, 0),
        ("5", 100, 5),
        ("5%", 199, 9),
        ("100%", 199, 199),
        ("0.5%", 1000, 5),
    ],
)
def test_how_many_entries_may_go(limit, entries, most) -> None:
    assert most_allowed(limit, entries) == most


@pytest.mark.parametrize(
    ("files", "directories", "listed", "limit", "allows_empty", "lifted_by"),
    [
        (0, 0, 0, "", False, None),
        (1, 0, 0, "", False, ("--allow-empty-source",)),
        (0, 1, 0, "", False, ("--allow-empty-source",)),
        (4000, 1000, 0, "", True, None),
        (4000, 1000, 0, "10%", True, ("--max-delete", "5000")),
        (900, 100, 1, "", False, None),
        (900, 101, 1, "", False, ("--max-delete", "1001")),
        (900, 101, 1, "20%", False, None),
        (3, 0, 1, "3", False, None),
        (3, 1, 1, "3", False, ("--max-delete", "4")),
    ],
)
def test_what_is_refused_and_what_lifts_the_brake(files, directories, listed, limit, allows_empty, lifted_by) -> None:
    counts = {
        "FILES_MISSING": files,
        "DIRECTORIES_MISSING": directories,
        "FILES_LISTED": listed,
        "FILES_AT_TARGET": 5000,
        "DIRECTORIES_AT_TARGET": 1020,
    }
    brake = refusal(counts, limit, allows_empty)
    assert (brake and brake.lifted_by) == lifted_by
    if brake is not None:
        assert f"-delete would remove {files + directories} of 6020 entries of the target" in brake.reason


@pytest.mark.parametrize(
    ("now", "is_same"),
    [
        (FileStatus("", FILE, 3, 1000, etag="E"), True),
        (FileStatus("", FILE, 3, 1000), True),
        (FileStatus("", FILE, 3, 1000, etag="F"), False),
        (FileStatus("", FILE, 4, 1000, etag="E"), False),
        (FileStatus("", FILE, 3, 999, etag="E"), False),
        (FileStatus("", DIRECTORY, 3, 1000, etag="E"), False),
    ],
)
def test_a_file_is_unchanged_if_all_that_is_known_of_it_is(now, is_same) -> None:
    assert is_unchanged(CopyItem("f", 0, "DELETE", FILE, 3, 1000, "E"), now) is is_same


def test_a_directory_changes_with_what_lies_in_it_and_stays_the_same() -> None:
    candidate = CopyItem("d", 0, "DELETE", DIRECTORY, 0, 1000)
    assert is_unchanged(candidate, FileStatus("", DIRECTORY, 0, 2000))
    assert not is_unchanged(candidate, FileStatus("", FILE, 0, 1000))
