"""What becomes of a mutant, on a small tree of its own."""

from pathlib import Path

import pytest

from tests.mutants.__main__ import Mutant, judge

NAMED, OTHER = "tests/unit/test_rule.py::test_named", "tests/functional/test_other.py::test_other"
RULE = "def double(number):\n    return 2 * number\n\n\ndef unused():\n    return 0\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    for test, claim in ((NAMED, "double(2) == 4"), (OTHER, "double(0) == 0")):
        file, _, name = test.partition("::")
        (tree / file).parent.mkdir(parents=True)
        (tree / file).write_text(f"from rule import double\n\n\ndef {name}():\n    assert {claim}\n")
    (tree / "rule.py").write_text(RULE)
    return tree


@pytest.mark.full
@pytest.mark.parametrize(
    ("old", "new", "word", "by"),
    [
        ("2 * number", "3 * number", "CAUGHT", NAMED),
        ("2 * number", "2 + number", "LATE", OTHER),
        ("return 0", "return 1", "SURVIVED", ""),
        ("return 0", "return (", "BROKEN", "SyntaxError"),
        ("return 9", "return 1", "STALE", ""),
    ],
)
def test_a_mutant_is(tree: Path, old: str, new: str, word: str, by: str) -> None:
    verdict = judge(Mutant("one", "rule.py", old, new, (NAMED,)), tree)
    assert verdict.word == word
    assert by in verdict.by
    assert (tree / "rule.py").read_text() == RULE


@pytest.mark.full
def test_nothing_is_learnt_from_a_test_that_fails_without_the_mutant_too(tree: Path) -> None:
    (tree / "tests/functional/test_other.py").write_text("def test_other():\n    assert False\n")
    verdict = judge(Mutant("one", "rule.py", "return 0", "return 1", (NAMED,)), tree)
    assert (verdict.word, verdict.by) == ("BROKEN", f"{OTHER} fails without the mutant as well")
