"""What is taken of a process tree, and of the servers' counters."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks.command import BenchmarkFailed, Command
from benchmarks.gauges import Gauges, Reading, calls_of
from benchmarks.tools import proven

BURN = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
ORPHAN = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {BURN!r}])"


def python(code: str) -> Command:
    return Command((sys.executable, "-c", code), {})


@pytest.mark.slow
def test_a_child_that_outlives_its_parent_counts() -> None:
    ran = python(ORPHAN).run(60)
    assert ran.taken.cpu_seconds >= 0.3
    assert ran.taken.exit_code == 0


def test_a_command_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    late = f"import time; time.sleep(5); open({str(sign)!r}, 'w')"
    with pytest.raises(BenchmarkFailed, match="not finished after 1 s"):
        python(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {late!r}])").run(1)
    assert not sign.exists()


def test_a_command_that_fails_is_told_with_its_last_words() -> None:
    with pytest.raises(BenchmarkFailed, match=r"(?s)ended with 3.*oh no"):
        python("import sys; print('oh no'); sys.exit(3)").run(60)


def test_calls_of_datanodes_and_second_names_of_calls_do_not_count() -> None:
    bean = {
        "name": "Hadoop:service=NameNode,name=RpcDetailedActivityForPort1",
        "GetBlockLocationsNumOps": 7,
        "GetBlockLocationsAvgTime": 0.5,
        "GetFileInfoNumOps": 2,
        "OverallGetFileInfoNumOps": 2,
        "DeferredGetFileInfoNumOps": 2,
        "SendHeartbeatNumOps": 100,
        "BlockReceivedAndDeletedNumOps": 50,
    }
    assert calls_of(bean) == {"GetBlockLocations": 7, "GetFileInfo": 2}


def test_a_line_of_the_request_log_that_is_not_whole_waits_for_the_next_reading(tmp_path: Path) -> None:
    log = tmp_path / "requests.log"
    line = json.dumps({"bytes_out": 5}).encode()
    log.write_bytes(line + b"\n" + line[:4])
    gauges = Gauges(1, log)
    gauges._read_log()
    assert (gauges._requests, gauges._bytes_out) == (1, 5)
    log.write_bytes(line + b"\n" + line + b"\n")
    gauges._read_log()
    assert (gauges._requests, gauges._bytes_out) == (2, 10)


def test_a_difference_of_readings_is_taken_count_by_count() -> None:
    later, earlier = Reading({"a": 5, "b": 2, "c": 1}, 20, 30, 40), Reading({"a": 1, "b": 2}, 2, 3, 4)
    assert later.since(earlier) == Reading({"a": 4, "c": 1}, 18, 27, 36)


def test_proof_is_what_the_ending_says_of_the_ledger() -> None:
    said = "x\nFiles proven to have arrived as they were: 7 by transfer, 2 by length.\nPhases: a\n"
    assert proven(said) == "transfer, length"
    assert proven("nothing") == "-"
