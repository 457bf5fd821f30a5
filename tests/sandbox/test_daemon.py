"""Server processes, played by small Python programs."""

import os
import secrets
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.sandbox import NotUp, PortTaken, SandboxError
from tests.sandbox.daemon import Daemon, find_processes, wait_until

DaemonMaker = Callable[[str], Daemon]
SLEEP = "import time; print('ready', flush=True); time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[DaemonMaker]:
    made: list[Daemon] = []

    def make(program: str) -> Daemon:
        marker = f"proc_test_{secrets.token_hex(6)}"
        command = [sys.executable, "-X", marker, "-c", program]
        made.append(Daemon("server", marker, command, tmp_path / "server.log", os.environ))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def is_ready(one: Daemon) -> bool:
    return "ready" in one.new_log()


def test_a_server_is_found_by_its_marker_and_gone_after_stop(daemon: DaemonMaker) -> None:
    server = daemon(SLEEP)
    server.start()
    wait_until(lambda: is_ready(server), "it is ready", 30, [server])
    pid = server.pid()
    assert [pid] == find_processes(server.marker)
    server.stop()
    assert not os.path.exists(f"/proc/{pid}")
    assert server.pid() is None


def test_a_frozen_server_can_be_stopped(daemon: DaemonMaker) -> None:
    server = daemon(SLEEP)
    server.start()
    wait_until(lambda: is_ready(server), "it is ready", 30, [server])
    server.freeze()
    server.stop()
    assert server.pid() is None


def test_kill_does_not_ask(daemon: DaemonMaker) -> None:
    server = daemon(DEAF)
    server.start()
    wait_until(lambda: is_ready(server), "it is ready", 30, [server])
    server.kill()
    assert server.pid() is None
    with pytest.raises(NotUp):
        server.kill()


def test_a_server_that_dies_is_reported_with_the_last_errors_of_its_log(daemon: DaemonMaker) -> None:
    server = daemon("print('2026-01-01 ERROR disk is on fire'); print('bye'); raise SystemExit(1)")
    server.start()
    with pytest.raises(SandboxError, match=r"server ended before it is ready[\s\S]*disk is on fire") as raised:
        wait_until(lambda: False, "it is ready", 30, [server])
    assert "bye" not in str(raised.value)
    assert str(server.log) in str(raised.value)


def test_a_port_in_use_is_an_error_of_its_own(daemon: DaemonMaker) -> None:
    server = daemon("raise OSError('[Errno 98] Address already in use')")
    server.start()
    with pytest.raises(PortTaken):
        wait_until(lambda: False, "it is ready", 30, [server])


def test_a_server_that_is_never_ready_is_reported_with_its_log(daemon: DaemonMaker) -> None:
    server = daemon(SLEEP)
    server.start()
    wait_until(lambda: is_ready(server), "it is ready", 30, [server])
    with pytest.raises(SandboxError, match=r"runs, but waiting until it answers took more than 0 s[\s\S]*ready"):
        wait_until(lambda: False, "it answers", 0, [server])
