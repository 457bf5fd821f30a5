"""What a file, and a file of records, leaves behind."""

import json

from benchmarks.coefficients import Left, left_by, sizes_of


def test_what_a_copied_file_takes_is_told_from_what_each_file_of_records_takes() -> None:
    # 40 bytes a file that was copied, and 3,000 for each file of records.
    small, large = (100, Left(2, 40 * 100 + 2 * 3000)), (1000, Left(5, 40 * 1000 + 5 * 3000))
    assert left_by("the ledger", small, large) == [
        ("bytes of the ledger a file", "40"),
        ("... and the ledger, a file of records", "3000"),
    ]


def test_an_event_log_is_told_by_task_by_job_and_the_rest() -> None:
    names = ["ApplicationStart", "JobStart", "StageSubmitted", "TaskStart", "TaskEnd", "TaskStart", "TaskEnd", "JobEnd"]
    lines = [json.dumps({"Event": f"SparkListener{name}"}).encode() for name in names]
    sizes = dict(sizes_of(lines))
    task = (2 * (len(lines[3]) + 1) + 2 * (len(lines[4]) + 1)) / 2
    assert sizes["each task"].startswith(f"{task:.0f} (")
    assert sizes["the application"].startswith(f"{len(lines[0]) + 1} (")
