"""The lists of mutants keep up with the code."""

from tests.mutants.__main__ import is_stale, read_mutants


def test_each_mutant_can_be_applied() -> None:
    assert [f"{one.name}: {one.old}" for one in read_mutants() if is_stale(one)] == []


def test_each_mutant_changes_something_and_names_tests_that_are_there() -> None:
    from tests.mutants.__main__ import PROJECT

    mutants = read_mutants()
    assert mutants
    assert [one.name for one in mutants if one.old == one.new] == []
    assert [test for one in mutants for test in one.tests if not (PROJECT / test.partition("::")[0]).exists()] == []
