"""A driver whose JVM, played by a stand-in, gives signals away; run as a script.

jvm     the JVM alone has a SIGTERM
both    a Ctrl-C: this process and the JVM have it, one after the other
late    the same, but that JVM has been collecting garbage
twice   the JVM has two SIGTERMs, the second when the first has been heard
"""

import os
import signal
import sys
import threading
import time
from types import SimpleNamespace

from hdfs2oss.runners.jvm_signals import take_signals
from hdfs2oss.runners.signals import arrived, heeded, run_until_signal

mode = sys.argv[1]
told = threading.Event()
handlers = {}


def handle(number, count):
    handlers[number] = count


java = SimpleNamespace(
    util=SimpleNamespace(concurrent=SimpleNamespace(Semaphore=threading.Semaphore)),
    lang=SimpleNamespace(Class=SimpleNamespace(forName=lambda name: name)),
    beans=SimpleNamespace(EventHandler=SimpleNamespace(create=lambda listener, count, action: (count, action))),
)
misc = SimpleNamespace(Signal=lambda name: name)
misc.Signal.handle = handle
jvm = SimpleNamespace(java=java, sun=SimpleNamespace(misc=misc))


def arrives(name):
    """A signal reaches the JVM."""
    count, action = handlers[name]
    getattr(count, action)()


def job():
    if mode in ("both", "late"):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1.5 if mode == "late" else 0)
        arrives("INT")
    else:
        arrives("TERM")
    told.wait(100)
    if mode == "twice":
        time.sleep(0.1)
        arrives("TERM")
        time.sleep(100)
    # Longer than the JVM's word can be late.
    time.sleep(1.5)
    sys.stdout.write("cleaned up\n")
    return 128 + arrived()


take_signals(jvm, heeded())
assert set(handlers) == {"TERM", "INT", "HUP"}
sys.exit(run_until_signal(job, told.set, grace_seconds=60))
