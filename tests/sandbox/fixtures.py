"""Pytest fixtures: `pytest_plugins = ["tests.sandbox.fixtures"]` in the conftest.

    sandbox        HDFS and the OSS server, private to this test run, started by the first test that asks
    yarn_sandbox   another one, with YARN, which MapReduce then runs on
    ha_sandbox     another one, with two NameNodes
    kms_sandbox    another one, with a key server: its HDFS may have encryption zones
    secure_sandbox another one, with Kerberos; skipped where no KDC is, and none can be installed
    sandbox_name   makes names of sandboxes of a test's own; whatever has such a name is brought down

All come down at the session's end, also when tests failed. What a killed test run left, the next one ends.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from .errors import SandboxError
from .kdc import fetch_kdc
from .profiles import PROFILES
from .sandbox import Sandbox, reap_abandoned

PREFIX = "pytest"


@pytest.fixture(scope="session")
def sandbox_name() -> Iterator[Callable[[], str]]:
    reap_abandoned(PREFIX)
    names: list[str] = []
    numbers = itertools.count(1)

    def make() -> str:
        names.append(f"{PREFIX}-{os.getpid()}-{next(numbers)}")
        return names[-1]

    try:
        yield make
    finally:
        # Each takes seconds to end, most of them waiting.
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda name: Sandbox(name).down(), names))


@pytest.fixture(scope="session")
def sandbox(sandbox_name: Callable[[], str]) -> Sandbox:
    started = Sandbox(sandbox_name())
    started.up()
    return started


@pytest.fixture(scope="session")
def yarn_sandbox(sandbox_name: Callable[[], str]) -> Sandbox:
    started = Sandbox(sandbox_name(), yarn=True)
    started.up()
    return started


@pytest.fixture(scope="session")
def ha_sandbox(sandbox_name: Callable[[], str]) -> Sandbox:
    started = Sandbox(sandbox_name(), **PROFILES["ha"])
    started.up()
    return started


@pytest.fixture(scope="session")
def kms_sandbox(sandbox_name: Callable[[], str]) -> Sandbox:
    started = Sandbox(sandbox_name(), **PROFILES["kms"])
    started.up()
    return started


@pytest.fixture(scope="session")
def secure_sandbox(sandbox_name: Callable[[], str]) -> Sandbox:
    try:
        fetch_kdc()
    except SandboxError as error:
        pytest.skip(f"NOTHING OF KERBEROS IS TESTED HERE: {error}")
    started = Sandbox(sandbox_name(), **PROFILES["secure"])
    started.up()
    return started
