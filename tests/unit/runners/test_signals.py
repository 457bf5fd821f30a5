"""Signals are sent to a real process; nothing is sent to the one that runs the tests."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hdfs2oss.runners.signals import run_until_signal

JOB = Path(__file__).with_name("signal_job.py")
CODES = [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]


@pytest.fixture
def start():
    started = []

    def start(mode):
        process = subprocess.Popen([sys.executable, str(JOB), mode], stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == "running\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize(("number", "code"), CODES)
def test_a_signal_stops_the_job_and_gives_its_exit_code(start, number, code):
    process = start("obedient")
    process.send_signal(number)
    output = process.stdout.read()
    assert process.wait(30) == code
    assert "cleaned up" in output
    assert f"returned {code}" in output


def test_a_job_that_had_come_to_its_end_when_the_signal_arrived_keeps_its_exit_code(start):
    process = start("done")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 5


def test_a_signal_that_wakes_another_thread_than_the_one_that_waits_is_heard(start):
    """So is one that comes a moment before that one begins to wait, on a machine that is busy."""
    process = start("aside")
    assert process.wait(60) == 143
    assert "cleaned up" in process.stdout.read()


def test_an_error_on_the_way_out_does_not_hide_the_signal(start):
    process = start("raising")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 143


def test_a_job_that_does_not_end_is_left_behind(start):
    process = start("deaf")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 143
    assert "returned" not in process.stdout.read()


def test_a_dropped_session_does_not_end_what_nohup_started():
    command = ["nohup", sys.executable, str(JOB), "obedient"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "running\n"
    process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 143
    process.stdout.close()


@pytest.mark.parametrize(("second", "code"), CODES)
def test_a_second_signal_ends_at_once(start, second, code):
    process = start("slow")
    process.send_signal(signal.SIGTERM)
    # Two that arrive as one are one.
    assert process.stdout.readline() == "told\n"
    assert process.poll() is None
    process.send_signal(second)
    assert process.wait(45) == code


def test_a_second_signal_that_wakes_another_thread_ends_at_once_too(start):
    process = start("aside twice")
    assert process.wait(45) == 130


def test_without_a_signal_the_code_is_the_jobs():
    assert run_until_signal(lambda: 4, lambda: None) == 4


def test_an_error_of_the_job_is_raised_here():
    def job():
        raise KeyError("of the job")

    with pytest.raises(KeyError, match="of the job"):
        run_until_signal(job, lambda: None)


def test_handlers_are_put_back():
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    run_until_signal(lambda: 0, lambda: None)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
