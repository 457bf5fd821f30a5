"""Tables of measurements: medians, ratios, and what a file or a GiB more costs."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.measurement import Done, Measurement, Records
from benchmarks.results import pair
from benchmarks.table import calls, marginal_cpu_seconds, table

KIB, GIB = 1 << 10, 1 << 30
OURS = Measurement("small", "ours", True, 1000, 1000, 4 * KIB * 1000, 2.0, 3.0, oss_requests=1010, proof="transfer")
LESSER = replace(OURS, is_whole=False, amount=100, files=100, total_bytes=4 * KIB * 100, cpu_seconds=0.3)
OTHER = replace(OURS, tool="other", wall_seconds=8.0, cpu_seconds=6.0, proof="length")


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def rows(runs: list[Measurement]) -> dict[str, dict[str, list[str]]]:
    """Tool -> title of a column -> its cells, as some titles come twice."""
    head, _, *lines = table(runs)
    found: dict[str, dict[str, list[str]]] = {}
    for line in lines:
        columns: dict[str, list[str]] = {}
        for title, cell in zip(cells(head), cells(line), strict=False):
            columns.setdefault(title, []).append(cell)
        found[columns["tool"][0]] = columns
    return found


def test_ratios_are_to_the_first_tool_wall_and_cpu_by_themselves() -> None:
    found = rows([OURS, OTHER])
    assert found["ours"]["ours = 1"] == ["1.00", "1.00"]
    assert found["other"]["ours = 1"] == ["4.00", "2.00"]


def test_a_figure_is_the_median_of_its_runs() -> None:
    runs = [replace(OURS, wall_seconds=wall, cpu_seconds=cpu) for wall, cpu in ((9.0, 1.0), (2.0, 5.0), (4.0, 3.0))]
    found = rows(runs)["ours"]
    assert (found["runs"], found["wall s"], found["CPU s"]) == (["3"], ["4.00"], ["3.00"])


def test_what_a_file_more_costs_leaves_out_what_every_run_costs() -> None:
    assert marginal_cpu_seconds([LESSER, OURS]) == pytest.approx((3.0 - 0.3) / 900)
    assert rows([LESSER, OURS])["ours"]["CPU ms/file more"] == ["3.00"]


def test_what_a_gib_more_costs_is_told_in_seconds_a_gib() -> None:
    whole = replace(OURS, files=1, amount=8, total_bytes=8 * GIB, cpu_seconds=17.0)
    lesser = replace(whole, is_whole=False, amount=1, total_bytes=GIB, cpu_seconds=3.0)
    assert rows([lesser, whole])["ours"]["CPU s/GiB more"] == ["2.00"]


def test_without_a_lesser_tree_nothing_is_said_of_what_more_costs() -> None:
    assert marginal_cpu_seconds([OURS]) is None
    assert rows([OURS])["ours"]["CPU ms/file more"] == [""]


def test_requests_and_calls_are_told_in_all_and_for_each_file() -> None:
    found = rows([replace(OURS, namenode_calls={"getFileInfo": 500, "create": 2000})])["ours"]
    assert found["OSS requests"] == ["1,010"]
    assert found["NameNode calls"] == ["2,500"]
    assert found["a file"] == ["1.01", "2.50"]


def test_calls_are_told_by_method_for_the_first_tool_the_most_frequent_first() -> None:
    runs = [replace(OURS, namenode_calls={"getFileInfo": 500, "create": 2000}), OTHER]
    assert calls(runs) == ["NameNode calls of ours: create 2,000, getFileInfo 500."]
    assert calls([OTHER]) == []


def test_a_tool_that_failed_says_so_and_others_keep_their_rows() -> None:
    failed = replace(OTHER, wall_seconds=0.0, cpu_seconds=0.0, note="ended with 4:\nno | such thing")
    found = rows([OURS, failed])
    assert found["other"]["runs"] == ["not measured: ended with 4: no / such thing"]
    assert found["ours"]["wall s"] == ["2.00"]


def test_a_tool_that_failed_once_is_measured_by_its_other_runs() -> None:
    found = rows([OURS, OTHER, replace(OTHER, wall_seconds=0.0, note="failed")])
    assert (found["other"]["runs"], found["other"]["wall s"]) == (["1"], ["8.00"])


def test_the_limit_pair_is_added_up_and_ours_set_beside_it() -> None:
    read = replace(OURS, tool="limit: read only", cpu_seconds=1.0)
    written = replace(OURS, tool="limit: written only", cpu_seconds=0.5)
    assert pair([OURS, read, written]) == [
        "The limit pair takes 1.50 CPU s together, ours 3.00 (2.00 x), the least of each."
    ]
    assert pair([OURS, read]) == []


def test_a_workload_that_is_run_again_takes_the_place_of_its_earlier_runs(tmp_path: Path) -> None:
    records = Records(tmp_path / "records" / "runs.jsonl")
    records.add("small", Done("a title", [OURS], []))
    records.add("big", Done("another", [], ["| a line |"]))
    records.add("small", Done("a title", [OURS, OTHER], []))
    assert records.load() == {
        "small": Done("a title", [OURS, OTHER], []),
        "big": Done("another", [], ["| a line |"]),
    }
    records.clear()
    assert records.load() == {}
