"""A process whose job runs until it is told to stop; the tests send it signals. Run as a script."""

import os
import signal
import sys
import threading
import time

from hdfs2oss.runners.signals import arrived, run_until_signal

mode = sys.argv[1]
told = threading.Event()


def job():
    sys.stdout.write("running\n")
    sys.stdout.flush()
    if mode.startswith("aside"):
        # Only the thread that it is sent to is woken.
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
    if mode == "deaf":
        time.sleep(100)
    told.wait(100)
    if mode == "slow":
        sys.stdout.write("told\n")
        sys.stdout.flush()
        time.sleep(100)
    if mode == "aside twice":
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        time.sleep(100)
    if mode == "raising":
        raise RuntimeError("interrupted in the middle")
    sys.stdout.write("cleaned up\n")
    return 5 if mode == "done" else 128 + arrived()


code = run_until_signal(job, told.set, grace_seconds=0.5 if mode == "deaf" else 60)
sys.stdout.write(f"returned {code} in {os.getpid()}\n")
sys.exit(code)
