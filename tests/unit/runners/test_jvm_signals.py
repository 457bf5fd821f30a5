"""Signals that reach spark-submit's JVM are the driver's; nothing is sent to the process that runs the tests."""

import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from hdfs2oss.runners.jvm_signals import JvmSignals
from hdfs2oss.runners.signals import heeded
from tests.unit.runners.stand_in_jvm import OF_THE_JVM, Jvm

PROJECT = Path(__file__).parents[3]


def run(mode, seconds):
    words = [sys.executable, "-m", "tests.unit.runners.jvm_signal_job", mode]
    return subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, timeout=seconds)


@pytest.mark.parametrize(("mode", "code"), [("jvm", 143), ("both", 130), ("late", 130)])
def test_a_signal_of_the_jvm_ends_the_driver_in_order_once(mode, code):
    done = run(mode, 100)
    assert (done.returncode, done.stdout) == (code, "cleaned up\n"), done.stderr


def test_a_second_signal_of_the_jvm_ends_the_driver_at_once():
    done = run("twice", 45)
    assert (done.returncode, done.stdout) == (143, ""), done.stderr


def waiting():
    return [one for one in threading.enumerate() if one.name.startswith("jvm-SIG")]


def test_when_the_driver_is_through_the_jvm_has_its_signals_back_and_waits_for_nothing():
    jvm = Jvm()
    ours = JvmSignals(jvm, heeded())
    assert len(waiting()) == 3
    ours.give_back()
    for one in waiting():
        one.join(3)
        assert not one.is_alive()
    assert set(jvm.handlers.values()) == {OF_THE_JVM}


def test_a_jvm_that_gives_no_signals_away_keeps_them():
    def refuse(permits):
        raise TypeError("'JavaPackage' object is not callable")

    concurrent = SimpleNamespace(Semaphore=refuse)
    JvmSignals(SimpleNamespace(java=SimpleNamespace(util=SimpleNamespace(concurrent=concurrent))), heeded())
