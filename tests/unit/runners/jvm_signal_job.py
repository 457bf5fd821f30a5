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

from hdfs2oss.runners.jvm_signals import JvmSignals
from hdfs2oss.runners.signals import arrived, heeded, run_until_signal
from tests.unit.runners.stand_in_jvm import Jvm

mode = sys.argv[1]
told = threading.Event()
jvm = Jvm()


def job():
    if mode in ("both", "late"):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1.5 if mode == "late" else 0)
        jvm.arrives("INT")
    else:
        jvm.arrives("TERM")
    told.wait(100)
    if mode == "twice":
        time.sleep(0.1)
        jvm.arrives("TERM")
        time.sleep(100)
    # Longer than the JVM's word can be late.
    time.sleep(1.5)
    sys.stdout.write("cleaned up\n")
    return 128 + arrived()


JvmSignals(jvm, heeded())
assert set(jvm.handlers) == {"TERM", "INT", "HUP"}
sys.exit(run_until_signal(job, told.set, grace_seconds=60))
