"""When files may be taken together, or a unit may end: never while something else is open."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import DIRECTORY, FILE, CopyRoot, FilePair, FileStatus
from hdfs2oss.phases.survey.exclusion import Exclusion
from hdfs2oss.phases.survey.findings import Findings
from hdfs2oss.phases.survey.sieve import Sieve
from hdfs2oss.rules.frontier import SurveyUnit
from hdfs2oss.rules.layout import Layout
from hdfs2oss.rules.merging import Stretch
from hdfs2oss.rules.pairing import Pairing, blocked_by_file

LAYOUT = Layout(Uri("file", "", "/t"), (CopyRoot(Uri("file", "", "/s"), ""),), True)
NOTHING_LEFT_OUT = cast(Exclusion, SimpleNamespace(may_touch=lambda root, first, last: False))


def lets_through(unit: SurveyUnit, *paths: str) -> bool:
    rows = [FileStatus(path, FILE) for path in paths]
    return Sieve(LAYOUT, NOTHING_LEFT_OUT, unit, Findings()).lets_through(Stretch(0, rows, rows, "z"))


def test_files_that_an_earlier_unit_accounts_for_are_counted_one_by_one() -> None:
    resumed = SurveyUnit("d", resumed=True)
    assert not lets_through(resumed, "d/a", "d/b")
    assert lets_through(resumed, "d/e/a", "d/e/b")
    assert lets_through(resumed._replace(has_files=True), "d/a", "d/b")


def test_nothing_is_settled_below_a_block_or_while_a_directory_may_be_empty() -> None:
    directory = FilePair("d", FileStatus("d", DIRECTORY), None)
    assert Pairing().is_settled
    assert not Pairing(directory).is_settled
    assert not Pairing(block=blocked_by_file("d")).is_settled
    assert not Pairing(targets=[FileStatus("a", FILE)]).is_settled
