"""Whether a directory is entered, and what comes back of those that were not."""

from __future__ import annotations

from hdfs2oss.model.values import DIRECTORY, FILE, UNLISTED, FileStatus
from hdfs2oss.rules.frontier import SurveyUnit
from hdfs2oss.rules.gate import Budget, Gate
from hdfs2oss.rules.keys import KeyRange
from hdfs2oss.rules.merging import Step


def source(path: str, kind: str = DIRECTORY) -> Step:
    row = FileStatus(path, kind)
    return Step(row.key, ((0, row),), None)


def at_target(path: str) -> Step:
    return Step(path + "/", (), FileStatus(path, DIRECTORY))


def gate_of(entries: int, unit: SurveyUnit = SurveyUnit("")) -> Gate:  # noqa: B008 (immutable)
    return Gate(unit, Budget(entries, 60.0, lambda: 0.0))


def test_the_gate_is_open_while_the_budget_lasts_and_hands_back_nothing() -> None:
    gate = gate_of(3)
    assert [gate.enters(source(path)) for path in ("a", "a/b", "c")] == [True] * 3
    assert gate.rest() == []


def test_files_cost_as_much_as_directories_but_only_a_directory_closes() -> None:
    gate = gate_of(1)
    assert [gate.enters(source(path, FILE)) for path in "abc"] == [True] * 3
    assert not gate.enters(source("d"))
    assert not gate.enters(source("e", FILE))


def test_a_closed_gate_stays_closed_and_hands_back_what_it_did_not_let_in() -> None:
    gate = gate_of(0)
    assert [gate.enters(source(path)) for path in ("a", "b", "c")] == [False] * 3
    rest = gate.rest()
    assert all(unit.directory == "" and unit.resumed for unit in rest)
    for key in ("a/", "b/", "c/"):
        assert sum(unit.children.holds(key) for unit in rest) == 1


def test_what_was_entered_is_not_handed_back() -> None:
    gate = gate_of(2)
    assert [gate.enters(source(path)) for path in ("a", "a/b", "a/c", "d")] == [True, True, False, False]
    rest = gate.rest()
    assert not any(unit.directory == "a" and unit.children.holds("b/") for unit in rest)
    assert sum(unit.directory == "a" and unit.children.holds("c/") for unit in rest) == 1
    assert [unit.children.holds("a/") for unit in rest if unit.directory == ""] == [False]


def test_a_directory_of_the_target_alone_is_not_handed_back() -> None:
    gate = gate_of(0)
    assert not gate.enters(at_target("a"))
    assert gate.rest() == []


def test_a_unit_of_which_only_directories_are_left_enters_one_at_least() -> None:
    gate = gate_of(0, SurveyUnit("d", KeyRange("a/"), resumed=True))
    assert [gate.enters(source(path)) for path in ("d/b", "d/c")] == [True, False]
    assert [(unit.directory, unit.children) for unit in gate.rest()] == [("d", KeyRange("b/", ""))]


def test_time_closes_the_gate_as_well_as_entries_do() -> None:
    now = [0.0]
    gate = Gate(SurveyUnit(""), Budget(1000, 5.0, lambda: now[0]))
    assert gate.enters(source("a"))
    now[0] = 5.1
    assert not gate.enters(source("b"))


def test_files_that_an_earlier_unit_has_seen_to_cost_a_later_one_nothing() -> None:
    gate = gate_of(2, SurveyUnit("d", KeyRange("a/"), resumed=True))
    assert [gate.enters(source(path, FILE)) for path in ("d/b", "d/c", "d/e")] == [True] * 3
    assert [gate.enters(source(path)) for path in ("d/f", "d/g", "d/h")] == [True, True, False]
    with_files = gate_of(2, SurveyUnit("d", KeyRange("a/"), resumed=True, has_files=True))
    assert [with_files.enters(source(path, FILE)) for path in ("d/b", "d/c", "d/e")] == [True] * 3
    assert [with_files.enters(source(path)) for path in ("d/f", "d/g", "d/h")] == [True, False, False]


def test_what_is_left_of_a_unit_that_ends_between_two_files_is_all_behind_the_one_taken_last() -> None:
    gate = gate_of(2)
    for step in (source("a"), source("a/b"), source("a/b/x", FILE), source("a/c", FILE)):
        assert gate.enters(step)
    rest = gate.rest_behind("a/c", source("a/d", FILE))
    assert rest == [
        SurveyUnit("a", KeyRange("c"), resumed=True, has_files=True),
        SurveyUnit("", KeyRange("a/"), resumed=True, has_files=True),
    ]
    assert rest[0].cut(["b/", "e/", "k/"]) == [
        rest[0]._replace(children=KeyRange("c", "e/")),
        rest[0]._replace(children=KeyRange("e/", "k/")),
        rest[0]._replace(children=KeyRange("k/")),
    ]
    assert gate_of(9).rest_behind("a", source("b", FILE)) == []


def test_a_unit_does_not_end_before_a_failure_nor_where_nothing_tells_what_was_taken() -> None:
    gate = gate_of(0)
    assert gate.enters(source("a/b", FILE))
    assert gate.rest_behind("a/b", source("c", FILE)) != []
    assert gate.rest_behind("a/b", source("", UNLISTED)) == []
    assert gate.rest_behind("", source("c", FILE)) == []
