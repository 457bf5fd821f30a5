import io

import pytest

from hdfs2oss.commandline.ending import account, findings, last_line, print_lines, print_refusal, refusal
from hdfs2oss.model.counters import COPY_MAPPER, OWN
from hdfs2oss.model.errors import BrakeError, UsageError
from hdfs2oss.model.values import CopyResult, TaskReport
from hdfs2oss.rules.causes import counted, examples
from hdfs2oss.runs.report import Report


def report() -> Report:
    return Report("run", "hdfs://nn/s", "oss://b/t", "file:///home/.hdfs2oss/t-1/runs/run", phase_seconds={"copy": 1.5})


def test_the_account_is_the_counters_the_phases_and_where_it_is_on_record() -> None:
    made = report()
    made.counters.add(COPY_MAPPER, "COPY", 10)
    assert list(account(made)) == [
        "Job run completed successfully",
        "Counters: 1",
        f"\t{COPY_MAPPER}",
        "\t\tCOPY=10",
        "Phases: copy 1.5 s. Records: file:///home/.hdfs2oss/t-1/runs/run",
    ]
    assert list(findings(made)) == []


def test_one_line_tells_how_far_the_files_are_proven() -> None:
    made = report()
    for name, files in (("UNPROVEN", 1), ("PROVEN_BY_TRANSFER", 3), ("PROVEN_END_TO_END", 7), ("PROVEN_BY_LENGTH", 2)):
        made.counters.add(OWN, name, files)
    line = (
        "Files proven to have arrived as they were: 7 end-to-end, 3 by transfer, 2 by their length only, 1 not at all."
    )
    assert line in account(made)
    assert made.as_dict()["proven"] == {"end-to-end": 7, "transfer": 3, "length": 2, "none": 1}


def test_files_that_could_not_be_proven_as_asked_are_told_with_a_reason() -> None:
    made = report()
    made.add_task(TaskReport("t", "1", "h", "f", 1.0, 1.0, 1, {OWN: {"FILES_NOT_PROVEN": 2}}, not_proven="a: no Java"))
    made.add_task(TaskReport("t", "1", "h", "f", 1.0, 1.0, 1, {OWN: {"FILES_NOT_PROVEN": 1}}, not_proven="b: neither"))
    made.tell_not_proven()
    assert list(findings(made)) == [
        "NOTE: 3 files could not be proven end-to-end, as a store states no checksum of them "
        "(column not_proven of the ledger), such as a: no Java"
    ]


@pytest.mark.parametrize(
    ("facts", "ending"),
    [
        ({}, "completed successfully"),
        (
            {"problems": [("hdfs://nn/s/d", "cannot list it"), ("hdfs://nn/s/e", "nor this")]},
            "failed with state FAILED due to: hdfs://nn/s/d: cannot list it",
        ),
        ({"discrepancy": "2 files,\n but: 1"}, "failed with state FAILED due to: 2 files, but: 1"),
        ({"ended_by": "LockLost: gone", "ended_code": 5}, "failed with state FAILED due to: LockLost: gone"),
        ({"ended_by": "Interrupted: so", "ended_code": 130}, "failed with state KILLED due to: Interrupted: so"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else None,
)
def test_the_first_line_of_the_account_is_that_of_a_hadoop_job(facts, ending) -> None:
    made = report()
    for name, value in facts.items():
        setattr(made, name, value)
    assert next(iter(account(made))) == f"Job run {ending}"


def test_a_job_that_failed_names_its_first_failure_or_why_it_was_stopped() -> None:
    made = report()
    made.failures = failures(2)
    made.counters.add(OWN, "FILES_FAILED", 2)
    assert next(iter(account(made))) == "Job run failed with state FAILED due to: no cause a"
    made.stopped = "too many"
    assert next(iter(account(made))) == "Job run failed with state FAILED due to: too many"


@pytest.mark.parametrize(("success", "words"), [(True, "does succeed !!!"), (False, "does fail !!!")])
def test_the_last_line_is_the_classic_one(success, words) -> None:
    assert last_line("hdfs://nn/s", "oss://b/t", success) == f"copy from hdfs://nn/s to oss://b/t {words}"


def failures(number: int) -> list[CopyResult]:
    causes = [f"cause {chr(ord('a') + at)}" for at in range(number)]
    return [CopyResult(cause, 0, "F", "COPY", "FAILED", 1, 0, message=f"no {cause}") for cause in causes]


def test_the_first_ten_causes_are_shown_and_the_rest_counted() -> None:
    made = report()
    made.failures = failures(20)
    made.counters.add(OWN, "FILES_FAILED", 30)
    lines = list(findings(made))
    assert lines[:11] == [f"FAILED: {one.message}" for one in made.failures[:10]] + ["... and 20 more"]


def test_a_store_that_refused_is_told_with_what_it_came_to() -> None:
    made = report()
    made.tell_throttled()
    assert list(findings(made)) == []
    for name, count in {
        "REQUESTS_THROTTLED": 7,
        "THROTTLED_MILLISECONDS": 12_300,
        "REQUESTS_LIMITED": 200,
        "REQUESTS_IN_FLIGHT_SUM": 900,
    }.items():
        made.counters.add(OWN, name, count)
    made.tell_throttled()
    assert list(findings(made)) == [
        "NOTE: the store refused 7 requests because there were too many, and got them again after 12 seconds of "
        "waiting in all; since then 4.5 were in flight a process"
    ]


@pytest.mark.slow
def test_each_cause_has_one_line_with_all_its_failures_and_one_with_what_to_do() -> None:
    made = report()
    for at, (what, advice) in enumerate([("denied", "Ask."), ("full", "Make room."), ("gone", "")]):
        some = [
            CopyResult(f"{what}{one}", 0, "F", "COPY", "FAILED", 1, 0, message=f"{what}", advice=advice)
            for one in range(3000 - at)
        ]
        made.add_task(TaskReport("t", "1", "h", "l", 1.0, 1.0, 1, {}, examples(some, 20), counted(some)))
    made.counters.add(OWN, "FILES_FAILED", 8997)
    assert list(findings(made))[:5] == [
        "FAILED: 3000 files: denied (first: denied0)",
        "  Ask.",
        "FAILED: 2999 files: full (first: full0)",
        "  Make room.",
        "FAILED: 2998 files: gone (first: gone0)",
    ]
    assert not any("more" in line for line in findings(made))


def test_failures_of_one_cause_are_one_line() -> None:
    made = report()
    made.failures = [
        CopyResult(f"f{at}", 0, "F", "COPY", "FAILED", 1, 0, message=f"cannot write oss://b/t/f{at}: Permission denied")
        for at in range(17)
    ]
    made.counters.add(OWN, "FILES_FAILED", 17)
    first, *others = findings(made)
    assert first == "FAILED: 17 files: cannot write oss://b/t/...: Permission denied (first: f0)"
    assert [line for line in others if line.startswith("... and ")] == []


def test_a_gap_in_the_survey_and_a_discrepancy_are_said_aloud() -> None:
    made = report()
    made.problems = [("hdfs://nn/s/d", "cannot list it")]
    made.discrepancy = "2 files were expected, but: 1 copied"
    lines = list(findings(made))
    assert lines[0] == "NOT LISTED: hdfs://nn/s/d: cannot list it"
    assert "THE ACCOUNTS DO NOT BALANCE: 2 files were expected, but: 1 copied" in lines


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


def test_what_is_printed_at_the_end_of_a_run_holds_no_secret() -> None:
    stream = io.StringIO()
    print_lines(["copy from oss://id:hush@b/x to OSS://id:hush:token@c.oss-cn-x.aliyuncs.com/y"], stream)
    assert stream.getvalue() == "copy from oss://***@b/x to OSS://***@c.oss-cn-x.aliyuncs.com/y\n"


def test_what_could_not_be_found_out_is_one_line_each() -> None:
    made = Report("run", "hdfs://nn/s", "oss://b/t", "file:///jobs/run", notices=["of hdfs://nn/: nobody can be asked"])
    assert next(iter(findings(made))) == "NOTE: of hdfs://nn/: nobody can be asked"


def test_a_line_tells_how_much_was_copied_in_which_time() -> None:
    made = report()
    made.phase_seconds = {"survey": 20.0, "copy": 100.0}
    made.counters.add(OWN, "FILES_COPIED", 12_345)
    made.counters.add(OWN, "BYTES_COPIED", 120 << 30)
    assert "Copied 12,345 files, 120.0 GiB in 2 m 00 s: 1.0 GiB/s, 102.9 files/s." in account(made)


def test_what_an_earlier_driver_copied_is_not_counted_as_speed_of_this_one() -> None:
    made = report()
    made.phase_seconds = {"copy": 100.0}
    before = TaskReport("t", "1", "h", "f", 1.0, 1.0, 1, {OWN: {"FILES_COPIED": 3, "BYTES_COPIED": 3 << 30}})
    made.add_task_before(before)
    made.add_task(before)
    made.add_task(TaskReport("t", "1", "h", "g", 1.0, 1.0, 1, {OWN: {"FILES_COPIED": 1, "BYTES_COPIED": 1 << 30}}))
    line = (
        "Copied 4 files, 4.0 GiB, 1 of them, 1.0 GiB, since the run was gone on with, in 1 m 40 s: "
        "10.2 MiB/s, 0.010 files/s."
    )
    assert line in account(made)


def test_a_line_tells_for_how_long_limits_held_the_run_back() -> None:
    made = report()
    counters = {
        OWN: {"BANDWIDTH_HELD_MILLISECONDS": 2000, "REQUESTS_HELD_MILLISECONDS": 500},
        COPY_MAPPER: {"SLEEP_TIME_MS": 9000},
    }
    made.add_task(TaskReport("t", "1", "h", "f", 65.0, 1.0, 1, counters))
    line = "Limits held tasks back: 11 s for bandwidth and 0.5 s for requests to OSS, of 1 m 05 s that they ran."
    assert line in account(made)
    assert made.as_dict()["held_back_seconds"] == {"bandwidth": 11.0, "requests to OSS": 0.5}


def test_one_is_not_many() -> None:
    made = report()
    made.counters.add(OWN, "FILES_EXCLUDED", 1)
    made.counters.add(OWN, "DIRECTORIES_EXCLUDED", 1)
    assert "Left out by filters, or as records of hdfs2oss itself: 1 directory, 1 file." in account(made)
