"""Signals that reach spark-submit's JVM are the driver's; nothing is sent to the process that runs the tests."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from hdfs2oss.runners.jvm_signals import take_signals
from hdfs2oss.runners.signals import heeded

JOB = Path(__file__).with_name("jvm_signal_job.py")


@pytest.mark.parametrize(("mode", "code"), [("jvm", 143), ("both", 130), ("late", 130)])
def test_a_signal_of_the_jvm_ends_the_driver_in_order_once(mode, code):
    done = subprocess.run([sys.executable, str(JOB), mode], capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stdout) == (code, "cleaned up\n"), done.stderr


def test_a_second_signal_of_the_jvm_ends_the_driver_at_once():
    done = subprocess.run([sys.executable, str(JOB), "twice"], capture_output=True, text=True, timeout=45)
    assert (done.returncode, done.stdout) == (143, ""), done.stderr


def test_a_jvm_that_gives_no_signals_away_keeps_them():
    def refuse(permits):
        raise TypeError("'JavaPackage' object is not callable")

    concurrent = SimpleNamespace(Semaphore=refuse)
    take_signals(SimpleNamespace(java=SimpleNamespace(util=SimpleNamespace(concurrent=concurrent))), heeded())
