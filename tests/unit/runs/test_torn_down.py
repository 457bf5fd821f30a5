"""A run whose workers die by the very signal that ends it says the signal, not what the workers said."""

import json
import subprocess
import sys
from pathlib import Path

JOB = """
import io, os, signal, sys, time
from hdfs2oss.filesystems.registry import StoreConfig
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runners.signals import arrived, run_until_signal
from hdfs2oss.runs.progress import Progress
from hdfs2oss.runs.run import open_run
from hdfs2oss.runs.timeline import Timeline

place, runner = Uri("file", "", sys.argv[1]), LocalRunner(0)
options = CopyOptions(sources=(place.join("s"),), target=place.join("t"))

def job():
    with open_run(options, StoreConfig(), place, runner, Timeline(Progress(io.StringIO()))):
        os.kill(os.getpid(), signal.SIGTERM)
        while not arrived():
            time.sleep(0.01)
        raise RuntimeError("a worker exited unexpectedly")

sys.exit(run_until_signal(job, runner.cancel, runner.make_thread))
"""


def test_the_account_names_the_signal(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", JOB, str(tmp_path)], timeout=60, check=False, capture_output=True)
    assert ended.returncode == 143, ended.stderr.decode()
    (report,) = tmp_path.glob("runs/*/report.json")
    told = json.loads(report.read_text())
    assert (told["ended_by"], told["exit_code"]) == ("Interrupted: SIGTERM arrived", 143)
