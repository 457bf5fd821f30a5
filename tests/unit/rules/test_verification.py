"""The tables of a verify: what listings say, what follows from checksums and bytes, which files a sample has."""

import pytest

from hdfs2oss.model.differences import Evidence, Finding
from hdfs2oss.model.values import DIRECTORY, FILE, SYMLINK, UNUSABLE, FilePair, FileStatus
from hdfs2oss.rules.verification import (
    CHECK,
    EQUAL,
    Learned,
    Standing,
    Verdict,
    by_listing,
    discrepancy,
    is_in_sample,
    judge,
    layout_found,
)

FILE_OF = {length: FileStatus("a", FILE, length) for length in (0, 1, 2)}
DIR, LINK, BAD = FileStatus("a", DIRECTORY), FileStatus("a", SYMLINK), FileStatus("a", UNUSABLE, problem="no path")


@pytest.mark.parametrize(
    ("source", "target", "comes_to"),
    [
        (BAD, None, Finding.ERROR),
        (BAD, FILE_OF[1], Finding.ERROR),
        (LINK, None, Finding.ERROR),
        (LINK, LINK, Finding.ERROR),
        (DIR._replace(problem="blocked"), None, Finding.ERROR),
        (DIR, None, Finding.MISSING),
        (DIR, DIR, EQUAL),
        (DIR, FILE_OF[0], Finding.TYPE),
        (DIR, LINK, Finding.TYPE),
        (FILE_OF[1], None, Finding.MISSING),
        (FILE_OF[0], None, Finding.MISSING),
        (FILE_OF[1], FILE_OF[2], Finding.LENGTH),
        (FILE_OF[0], FILE_OF[1], Finding.LENGTH),
        (FILE_OF[0], FILE_OF[0], EQUAL),
        (FILE_OF[1], FILE_OF[1], CHECK),
        (FILE_OF[0], DIR, Finding.TYPE),
        (FILE_OF[1], LINK, Finding.TYPE),
        (FILE_OF[1], BAD, Finding.TYPE),
        (None, FILE_OF[1], Finding.EXTRA),
    ],
)
def test_listings_decide_what_they_can(source, target, comes_to) -> None:
    assert by_listing(FilePair("a", source, target)) == comes_to


@pytest.mark.parametrize(
    ("stated", "recorded", "read", "accepted", "verdict"),
    [
        (False, None, None, True, Verdict(Finding.CHECKSUM)),
        (False, None, True, True, Verdict(Finding.CHECKSUM)),
        (False, True, True, True, Verdict(Finding.CHECKSUM)),
        (True, None, False, True, Verdict(Finding.CHECKSUM)),
        (None, None, False, True, Verdict(Finding.CHECKSUM)),
        (None, False, None, True, Verdict(Finding.CHECKSUM)),
        (True, False, True, True, Verdict(Finding.CHECKSUM)),
        (None, None, True, False, Verdict(evidence=Evidence.READING)),
        (True, None, True, False, Verdict(evidence=Evidence.READING)),
        (None, True, True, False, Verdict(evidence=Evidence.READING)),
        (True, None, None, False, Verdict(evidence=Evidence.CHECKSUMS)),
        (True, None, None, True, Verdict(evidence=Evidence.CHECKSUMS)),
        (None, True, None, False, Verdict(evidence=Evidence.LEDGER)),
        (None, True, None, True, Verdict(evidence=Evidence.LEDGER)),
        (None, None, None, True, Verdict(evidence=Evidence.LENGTH)),
        (None, None, None, False, Verdict(Finding.UNPROVEN)),
    ],
)
def test_no_two_files_are_equal_that_nothing_shows_to_be(stated, recorded, read, accepted, verdict) -> None:
    assert judge(Learned(stated, recorded, read), accepted) == verdict


def test_a_sample_has_about_its_share_and_the_same_files_for_the_same_seed() -> None:
    paths = [f"d/{number}" for number in range(10_000)]
    first = {path for path in paths if is_in_sample(path, 10, "seed")}
    assert 800 < len(first) < 1200
    assert first == {path for path in reversed(paths) if is_in_sample(path, 10, "seed")}
    assert first != {path for path in paths if is_in_sample(path, 10, "other")}
    assert first < {path for path in paths if is_in_sample(path, 30, "seed")}


@pytest.mark.parametrize(("percent", "share"), [(0, 0), (100, 1)])
def test_a_sample_of_nothing_has_none_and_of_everything_all(percent, share) -> None:
    assert sum(is_in_sample(str(number), percent, "s") for number in range(500)) == 500 * share


@pytest.mark.parametrize(
    ("named", "doubtful", "layout"),
    [((), (), "contents"), (("s",), (), "named"), (("s",), ("s",), ""), (("s", "r"), ("s",), "named")],
)
def test_what_stands_at_the_target_tells_the_layout_or_nothing_does(named, doubtful, layout) -> None:
    assert layout_found(Standing(frozenset(named), frozenset(doubtful))) == layout


@pytest.mark.parametrize(
    ("counts", "balances"),
    [
        ({"FILES_LISTED": 3, "FILES_EXCLUDED": 1, "FILES_EQUAL_BY_READING": 1, "FILES_DIFFERING_LENGTH": 1}, True),
        ({"FILES_LISTED": 3, "FILES_EQUAL_BY_CHECKSUMS": 2}, False),
        ({"FILES_LISTED": 1, "FILES_EQUAL_BY_CHECKSUMS": 2}, False),
        ({"FILES_LISTED": 1, "FILES_DIFFERING_EXTRA": 1}, False),
        ({"FILES_LISTED": 1, "FILES_DIFFERING_ERROR": 2, "FILES_EXTRA_ERRORS": 1}, True),
        ({"DIRECTORIES_LISTED": 3, "DIRECTORIES_IMPLIED": 1, "DIRECTORIES_MERGED": 1, "DIRECTORIES_EQUAL": 1}, True),
        ({"DIRECTORIES_LISTED": 1}, False),
    ],
)
def test_every_row_of_the_sources_comes_to_something(counts, balances) -> None:
    assert (discrepancy(counts) == "") is balances
