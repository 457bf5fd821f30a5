"""What docs/runs.md says of the ledger is what it is."""

import re
from pathlib import Path

from hdfs2oss.records.tables import RESULT_SCHEMA
from tests.trees import Place

PAGE = (Path(__file__).parents[2] / "docs/runs.md").read_text("utf-8")


def test_the_lines_that_read_a_ledger_read_one(copy, local_ends: tuple[Place, Place], home: Path) -> None:
    source, target = local_ends
    target.make({"a/x": b"1"})
    report = copy(source.make({"a": b"2", "b": b"3"}), target, update=True)
    (lines,) = re.findall(r"```python\n(import pyarrow.*?)```", PAGE, re.DOTALL)
    names = {"records": report.job_dir.removeprefix("file://")}
    exec(lines, names)
    (failure,) = names["failures"]
    assert (failure["path"], failure["outcome"], failure["error_class"]) == ("a", "FAILED", "TypeConflict")


def test_each_column_is_told_of() -> None:
    table = PAGE.partition("\n## What is on record")[2].partition("| column | meaning |")[2].partition("\n\n")[0]
    told = [name for cell in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(told) == sorted(RESULT_SCHEMA.names)
