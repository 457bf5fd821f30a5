"""A sandbox's folder and lock, without servers."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.sandbox import Sandbox, SandboxError, reap_abandoned
from tests.sandbox.daemon import find_processes
from tests.sandbox.state import STATE_ROOT, Record, StateFolder


def test_a_record_is_read_as_it_was_written(sandbox_name: Callable[[], str]) -> None:
    state = StateFolder(sandbox_name())
    assert state.load() is None
    record = Record(id="abc", oss=True, datanodes=3, ports={"oss": 20001})
    state.save(record)
    assert state.load() == record


def test_keys_stay_and_only_their_owner_reads_them(sandbox_name: Callable[[], str]) -> None:
    state = StateFolder(sandbox_name())
    keys = state.keys()
    assert state.keys() == keys
    assert (state.path / "keys.json").stat().st_mode & 0o777 == 0o600
    assert StateFolder(sandbox_name()).keys() != keys


def test_one_at_a_time_holds_the_lock_though_it_is_removed_in_between(sandbox_name: Callable[[], str]) -> None:
    name = sandbox_name()
    inside: list[int] = []

    def enter(number: int) -> int:
        with StateFolder(name).locked():
            inside.append(number)
            seen = len(inside)
            inside.remove(number)
        return seen

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(enter, range(200))) == {1}
    assert not (STATE_ROOT / f".{name}.lock").exists()


@pytest.mark.parametrize("name", ["", ".", "../up", "a/b", "-x", "a b"])
def test_a_name_that_would_leave_the_folder_is_refused(name: str) -> None:
    with pytest.raises(SandboxError, match="cannot be a sandbox's name"):
        Sandbox(name)


def test_what_a_killed_test_run_left_is_ended_and_what_a_live_one_has_is_not(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = Record(id=f"left{gone.pid}")
    abandoned = StateFolder(f"reaptest-{gone.pid}-1")
    abandoned.save(left)
    program = "import time; time.sleep(600)"
    with subprocess.Popen([sys.executable, "-X", f"proc_sandbox_{left.id}_oss", "-c", program], cwd=tmp_path) as server:
        with subprocess.Popen([sys.executable, "-c", program]) as owner:
            alive = StateFolder(f"reaptest-{owner.pid}-1")
            alive.save(Record(id=f"alive{owner.pid}"))
            reap_abandoned("reaptest")
            assert alive.path.exists()
            owner.kill()
        assert server.wait(30) != 0
    assert not abandoned.path.exists()
    assert find_processes(f"proc_sandbox_{left.id}_", whole=False) == []
    reap_abandoned("reaptest")
    assert not alive.path.exists()
