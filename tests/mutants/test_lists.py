"""The lists of mutants keep up with the code."""

import pytest

from tests.mutants.__main__ import PROJECT, is_stale, read_mutants

STORES = PROJECT / "tests/stores"


def test_each_mutant_can_be_applied() -> None:
    assert [f"{one.name}: {one.old}" for one in read_mutants() if is_stale(one)] == []


@pytest.mark.slow
def test_each_mutant_is_another_working_program() -> None:
    mutants = read_mutants()
    assert mutants
    assert [one.name for one in mutants if one.old == one.new] == []
    for one in mutants:
        compile((PROJECT / one.file).read_text().replace(one.old, one.new), one.name, "exec")


def test_no_mutant_is_in_the_lists_twice() -> None:
    changes = [(one.file, one.old, one.new) for one in read_mutants()]
    assert len(set(changes)) == len(changes)


def test_each_mutant_names_tests_that_are_there() -> None:
    mutants = read_mutants()
    assert [one.name for one in mutants if not one.tests] == []
    inherited = "".join(path.read_text() for path in STORES.glob("contract*.py"))
    lost = []
    for one in mutants:
        for test in one.tests:
            file, _, name = test.partition("::")
            path = PROJECT / file
            function = f"def {name.rpartition('::')[2].partition('[')[0]}("
            # A class may have inherited it.
            text = path.read_text() if path.is_file() else ""
            text += inherited if "::" in name else ""
            if not path.exists() or (name and function not in text):
                lost.append(f"{one.name}: {test}")
    assert lost == []
