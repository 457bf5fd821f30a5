"""What is known of both sides of a copy, and the level that it comes to: the table in the module."""

import itertools

import pytest

from hdfs2oss.model.counters import PROVEN
from hdfs2oss.model.values import Proof
from hdfs2oss.rules.proof import Evidence, evidence_of_reading, evidence_of_writing, level_of

NOTHING, LENGTH, STATED = Evidence.NOTHING, Evidence.LENGTH, Evidence.STATED
CHECKED, ACKNOWLEDGED = Evidence.CHECKED, Evidence.ACKNOWLEDGED
ROWS = [
    ((STATED,), (STATED,), Proof.END_TO_END),
    ((STATED, CHECKED), (ACKNOWLEDGED,), Proof.TRANSFER),
    ((CHECKED,), (STATED, ACKNOWLEDGED), Proof.TRANSFER),
    ((STATED, CHECKED), (LENGTH,), Proof.LENGTH),
    ((LENGTH,), (STATED, ACKNOWLEDGED, LENGTH), Proof.LENGTH),
    ((STATED, CHECKED, LENGTH, NOTHING), (NOTHING,), Proof.NONE),
    ((NOTHING,), (STATED, ACKNOWLEDGED, LENGTH), Proof.NONE),
]


@pytest.mark.parametrize(("reads", "writes", "level"), ROWS)
def test_a_file_is_proven_as_far_as_its_weaker_side(reads, writes, level) -> None:
    for read, written in itertools.product(reads, writes):
        assert level_of(read, written) is level


def test_the_table_is_whole() -> None:
    told = {pair for reads, writes, _ in ROWS for pair in itertools.product(reads, writes)}
    assert told == set(itertools.product(Evidence, Evidence))


@pytest.mark.parametrize(
    ("is_stated", "is_checked", "evidence"),
    [(True, True, STATED), (True, False, STATED), (False, True, CHECKED), (False, False, LENGTH)],
)
def test_reading_is_known_by_the_word_of_the_store_or_by_its_checks(is_stated, is_checked, evidence) -> None:
    assert evidence_of_reading(is_stated, is_checked) == evidence


@pytest.mark.parametrize(
    ("is_stated", "is_acknowledged", "is_measured", "evidence"),
    [
        (True, False, False, STATED),
        (False, True, True, ACKNOWLEDGED),
        (False, False, True, LENGTH),
        (False, True, False, NOTHING),
        (False, False, False, NOTHING),
    ],
)
def test_writing_is_known_by_the_word_of_the_store_its_acknowledgement_or_the_length(
    is_stated, is_acknowledged, is_measured, evidence
) -> None:
    assert evidence_of_writing(is_stated, is_acknowledged, is_measured) == evidence


def test_each_level_has_a_counter() -> None:
    assert [PROVEN[level.value] for level in Proof] == [
        "PROVEN_END_TO_END",
        "PROVEN_BY_TRANSFER",
        "PROVEN_BY_LENGTH",
        "UNPROVEN",
    ]
