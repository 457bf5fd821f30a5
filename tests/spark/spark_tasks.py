"""Task functions for the Spark tests: importable on workers, as those of the phases are."""

import os
import socket
import time
from contextlib import suppress
from pathlib import Path

from hdfs2oss.filesystems.local import LocalFileSystem
from hdfs2oss.filesystems.registry import seat_filesystem
from hdfs2oss.model.errors import Unreachable, UsageError
from hdfs2oss.phases.mapper import copy_task
from tests.stores.faults import Fault, FlakyFileSystem


def double(context, task, attempt):
    return task * 2, attempt, os.getpid()


def say_secret_length(context, task, attempt):
    return len(context.stores.hadoop_conf["fs.oss.accessKeySecret"])


def sleep_and_log(context, task, attempt):
    """One line when it begins and one when it ends, in the run's own directory."""
    with open(Path(context.job_dir.path) / "log", "a") as log:
        log.write("+\n")
    time.sleep(0.3)
    with open(Path(context.job_dir.path) / "log", "a") as log:
        log.write("-\n")
    return task


def wait_for_the_other(context, task, attempt):
    """Of tasks 1 and 2 each ends when both have begun."""
    folder = Path(context.job_dir.path)
    (folder / f"began-{task}").touch()
    deadline = time.monotonic() + 100
    while not (folder / f"began-{3 - task}").exists():
        assert time.monotonic() < deadline, "the other was kept waiting"
        time.sleep(0.05)
    return task


def first_waits_for_all_others(context, task, attempt):
    """Task 1 of eight ends when all the others have, which begin beside it; each tells when it begins and ends."""
    folder = Path(context.job_dir.path)

    def tell(sign: str, state: str) -> None:
        with open(folder / "order", "a") as log:
            log.write(f"{sign}{task}\n")
        (folder / f"{state}-{task}").touch()

    def wait_for(pattern: str, count: int) -> None:
        deadline = time.monotonic() + 100
        while len(list(folder.glob(pattern))) < count:
            assert time.monotonic() < deadline, "one was kept waiting for the others"
            time.sleep(0.05)

    if task != 1:
        wait_for("begun-1", 1)
    tell("+", "begun")
    if task == 1:
        wait_for("ended-*", 7)
    tell("-", "ended")
    return task


def sleep_long(context, task, attempt):
    Path(context.job_dir.path, f"started-{task}").touch()
    time.sleep(60)


def refuse_three(context, task, attempt):
    if task == 3:
        raise Unreachable("reading hdfs://nn/a: no route to host", "Look at the network.")
    return task


def refuse_usage(context, task, attempt):
    raise UsageError("that cannot be")


def crash(context, task, attempt):
    raise ZeroDivisionError("one by nought")


def refuse_first_try(context, task, attempt):
    """Unfit at the first try, fit at the next."""
    if attempt.startswith("0-"):
        raise Unreachable(f"{socket.gethostname()} is unfit")
    return task, attempt


def refuse_always(context, task, attempt):
    Path(context.job_dir.path, f"try-{attempt}").touch()
    raise Unreachable("the NameNode hdfs://nn:8020 does not answer", "Look at the network.")


def die(context, task, attempt):
    os._exit(17)


def copy_without_route(context, task, attempt):
    """Copies, but the executor that comes first has lost its route to the target for good."""
    here, mark = str(os.getppid()), Path(context.job_dir.path, "without-route")
    with suppress(FileExistsError), open(mark, "x") as file:
        file.write(here)
    while not (broken := mark.read_text()):
        time.sleep(0.01)
    if broken == here:
        faults = [Fault(operation, context.layout.base.path) for operation in ("status", "put", "write", "remove")]
        seat_filesystem(context.layout.base, context.stores, FlakyFileSystem(LocalFileSystem(), *faults))
    with open(Path(context.job_dir.path, "tries"), "a") as file:
        file.write(f"{'without' if broken == here else 'with'}\n")
    return copy_task(context, task, attempt)
