import io

import pytest

from hdfs2oss.commandline.ending import ending, last_line, print_refusal, refusal
from hdfs2oss.model.counters import COPY_MAPPER, OWN
from hdfs2oss.model.errors import BrakeError, UsageError
from hdfs2oss.model.values import CopyResult
from hdfs2oss.runs.report import Report


def report() -> Report:
    return Report("run", "hdfs://nn/s", "oss://b/t", "file:///home/.hdfs2oss/t-1/runs/run", phase_seconds={"copy": 1.5})


def test_a_good_run_ends_with_counters_and_the_classic_last_line() -> None:
    made = report()
    made.counters.add(COPY_MAPPER, "COPY", 10)
    assert list(ending(made)) == [
        "Counters: 1",
        f"\t{COPY_MAPPER}",
        "\t\tCOPY=10",
        "Phases: copy 1.5 s. Records: file:///home/.hdfs2oss/t-1/runs/run",
        "copy from hdfs://nn/s to oss://b/t does succeed !!!",
    ]


def test_the_first_ten_failures_are_shown_and_the_rest_counted() -> None:
    made = report()
    made.failures = [
        CopyResult(f"f{number}", 0, "F", "COPY", "FAILED", 1, 0, message=f"no {number}") for number in range(30)
    ]
    made.counters.add(OWN, "FILES_FAILED", 30)
    lines = list(ending(made))
    assert lines[:11] == [f"FAILED: no {number}" for number in range(10)] + ["... and 20 more"]
    assert any(line.startswith("Next: ") and "-update" in line for line in lines)
    assert lines[-1].endswith("does fail !!!")


def test_a_gap_in_the_survey_and_a_discrepancy_are_said_aloud() -> None:
    made = report()
    made.problems = [("hdfs://nn/s/d", "cannot list it")]
    made.discrepancy = "2 files were expected, but: 1 copied"
    lines = list(ending(made))
    assert lines[0] == "NOT LISTED: hdfs://nn/s/d: cannot list it"
    assert "THE ACCOUNTS DO NOT BALANCE: 2 files were expected, but: 1 copied" in lines
    assert lines[-1] == last_line("hdfs://nn/s", "oss://b/t", False)


def test_a_refusal_names_the_next_step_on_a_line_of_its_own() -> None:
    assert list(refusal(UsageError("no", "Do this."))) == ["hdfs2oss: no", "  Do this."]
    assert list(refusal(UsageError("no"))) == ["hdfs2oss: no"]


@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (BrakeError("no oss://id:hush@b/x", "Wait."), 6, ["hdfs2oss: no oss://***@b/x", "  Wait."]),
        (KeyboardInterrupt(), 130, ["hdfs2oss: interrupted"]),
        (ValueError("odd"), 1, ["hdfs2oss: unexpected ValueError: odd"]),
    ],
)
def test_a_refusal_is_printed_without_secrets_and_gives_the_exit_code(error, code, lines) -> None:
    stream = io.StringIO()
    assert print_refusal(error, stream, with_trace=False) == code
    assert stream.getvalue().splitlines()[: len(lines)] == lines
    assert "Traceback" not in stream.getvalue()


def test_a_stack_trace_is_printed_when_it_is_asked_for() -> None:
    stream = io.StringIO()
    try:
        raise UsageError("no")
    except UsageError as error:
        print_refusal(error, stream, with_trace=True)
    assert stream.getvalue().startswith("Traceback")
    assert stream.getvalue().endswith("\nhdfs2oss: no\n")


def test_what_could_not_be_found_out_is_one_line_each() -> None:
    made = Report("run", "hdfs://nn/s", "oss://b/t", "file:///jobs/run", notices=["of hdfs://nn/: nobody can be asked"])
    assert next(iter(ending(made))) == "NOTE: of hdfs://nn/: nobody can be asked"
