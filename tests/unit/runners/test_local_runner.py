"""Tasks in processes of this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from hdfs2oss.filesystems.registry import StoreConfig
from hdfs2oss.model.errors import Interrupted, PermissionDenied, TransferError
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.rules.layout import Layout
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.tasks.context import RunContext


@pytest.fixture
def context(tmp_path: Path) -> RunContext:
    target = Uri("file", "", str(tmp_path))
    return RunContext(CopyOptions(target=target), Layout(target, (), True), StoreConfig(), target, "run")


def parent(context: RunContext, task: int, attempt: str) -> int:
    return os.getppid()


def double(context: RunContext, task: int, attempt: str) -> tuple[int, int, str]:
    return task * 2, os.getpid(), attempt


def refuse(context: RunContext, task: int, attempt: str) -> int:
    raise PermissionDenied(f"task {task} cannot do its work", "Ask somebody.")


def die_once(context: RunContext, task: int, attempt: str) -> int:
    mark = Path(context.job_dir.path) / "died"
    if task == 1 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def die(context: RunContext, task: int, attempt: str) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return task


def linger(context: RunContext, task: int, attempt: str) -> int:
    (Path(context.job_dir.path) / f"started-{task}").touch()
    time.sleep(60)
    return task


@pytest.mark.slow
@pytest.mark.parametrize("where", ["here", "processes"])
def test_each_task_runs_once_and_reports(where, context, two_processes) -> None:
    runner = LocalRunner(0) if where == "here" else two_processes
    reports: list[tuple[int, int, str]] = []
    runner.run_wave("w", partial(double, context), list(range(9)), reports.append)
    assert sorted(report[0] for report in reports) == [number * 2 for number in range(9)]
    assert (os.getpid() in {report[1] for report in reports}) is (where == "here")
    assert len({report[2] for report in reports}) == 9
    assert runner.describe()["Launched map tasks"] >= 9


@pytest.mark.parametrize("where", ["here", "processes"])
def test_what_a_task_raises_comes_out_with_its_hint(where, context, two_processes) -> None:
    runner = LocalRunner(0) if where == "here" else two_processes
    with pytest.raises(PermissionDenied, match=r"task [78]") as caught:
        runner.run_wave("w", partial(refuse, context), [7, 8], lambda report: None)
    assert caught.value.hint == "Ask somebody."


@pytest.mark.slow
def test_workers_are_forked_from_one_process_that_is_not_this_one(context, two_processes) -> None:
    parents: list[int] = []
    two_processes.run_wave("copy", partial(parent, context), range(6), parents.append)
    assert len(set(parents)) == 1
    assert parents[0] != os.getpid()


@pytest.mark.slow
def test_workers_start_where_the_temporary_directory_is_too_long_for_a_socket(tmp_path) -> None:
    temporary = tmp_path / ("t" * 120)
    temporary.mkdir()
    # In a process of its own: this one may have started such workers already.
    code = (
        "import operator; from hdfs2oss.runners.local import LocalRunner\n"
        "runner, reports = LocalRunner(2), []\n"
        "runner.run_wave('wave', operator.ne, [1, 2, 3], reports.append); runner.close(); print(reports)"
    )
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (0, "[True, True, True]\n"), done.stderr


@pytest.mark.slow
def test_workers_start_where_somebody_has_cleaned_up_the_temporary_directory(tmp_path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        """if True:
        import os, shutil, time
        from functools import partial
        from pathlib import Path
        from hdfs2oss.runners.local import LocalRunner

        def work(mark, task, attempt):
            if task and not os.path.exists(mark):
                Path(mark).touch()
                os._exit(1)
            return task

        if __name__ == "__main__":
            temporary, runner = Path(os.environ["TMPDIR"]), LocalRunner(2)
            for mark in ("first", "second"):
                reports = []
                runner.run_wave("wave", partial(work, str(temporary.parent / mark)), [0, 1, 2, 3], reports.append)
                print(sorted(reports))
                shutil.rmtree(temporary, ignore_errors=True)
            runner.close()
        """
    )
    (tmp_path / "t").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "t"), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, str(program)], env=environment, capture_output=True, text=True, timeout=120)
    assert done.stdout == "[0, 1, 2, 3]\n" * 2, done.stderr


def test_a_lone_task_needs_no_process_of_its_own(context) -> None:
    runner = LocalRunner(2)
    reports: list[tuple[int, int, str]] = []
    runner.run_wave("w", partial(double, context), [4], reports.append)
    assert [report[:2] for report in reports] == [(8, os.getpid())]


def test_nothing_to_do_starts_nothing(context) -> None:
    runner = LocalRunner(2)
    runner.run_wave("w", partial(double, context), [], lambda report: None)
    assert runner.describe() == {"Launched map tasks": 0}


@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced_and_its_task_runs_again(context) -> None:
    runner = LocalRunner(2)
    reports: list[int] = []
    try:
        runner.run_wave("w", partial(die_once, context), [0, 1, 2, 3], reports.append)
    finally:
        runner.close()
    assert sorted(reports) == [0, 1, 2, 3]


@pytest.mark.slow
def test_a_task_that_kills_every_worker_is_given_up(context) -> None:
    runner = LocalRunner(1)
    try:
        with pytest.raises(TransferError, match="died 3 times over the same task"):
            runner.run_wave("w", partial(die, context), [0, 1], lambda report: None)
    finally:
        runner.close()


@pytest.mark.slow
def test_cancelling_ends_the_wave_and_its_processes(context, tmp_path) -> None:
    runner = LocalRunner(1)

    def cancel_once_started() -> None:
        deadline = time.monotonic() + 30
        while not (tmp_path / "started-0").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        runner.cancel()

    thread = threading.Thread(target=cancel_once_started)
    thread.start()
    try:
        with pytest.raises(Interrupted):
            runner.run_wave("w", partial(linger, context), [0, 1], lambda report: None)
    finally:
        thread.join()
        runner.close()
    assert not (tmp_path / "started-1").exists()


@pytest.mark.slow
def test_a_worker_that_dies_between_waves_is_replaced(context) -> None:
    runner = LocalRunner(2)
    reports: list[tuple[int, int, str]] = []
    try:
        runner.run_wave("w", partial(double, context), [0, 1], reports.append)
        os.kill(reports[0][1], signal.SIGKILL)
        time.sleep(0.5)
        runner.run_wave("w", partial(double, context), [2, 3], reports.append)
    finally:
        runner.close()
    assert sorted(report[0] for report in reports) == [0, 2, 4, 6]
