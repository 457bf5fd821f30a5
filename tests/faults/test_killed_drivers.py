"""Drivers killed outright at random moments: the same command goes on, with other slots or on the other runner."""

from __future__ import annotations

import dataclasses
import io
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.registry import StoreConfig
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.model.counters import OWN
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runs.progress import Progress
from hdfs2oss.verbs.copy.job import CopyJob
from tests.faults.test_killed_runs import litter, paths, wait_until_at_work
from tests.spark.conftest import PROJECT, QUICK_JVM
from tests.trees import Place

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

PART, CHUNK = 100 * 1024, 300 * 1024
TREE = {
    **{f"small/{number:02d}": os.urandom(20_000 + number) for number in range(60)},
    **{f"parts/{number}": os.urandom(2 * PART + number) for number in range(8)},
    **{f"chunks/{number}": os.urandom(2 * CHUNK + number) for number in range(3)},
}
TREE_BYTES = sum(map(len, TREE.values()))
SIZES = ("--part-size", "100K", "--chunk-size", "300K")
SPARK_SUBMIT = Path(sys.executable).with_name("spark-submit")
# A slot moves no more, so that there is a middle in which to be killed.
SLOWLY = ("-bandwidth", "1")


class Driver(NamedTuple):
    """Where the tasks of a driver run, and how many at once."""

    runner: str
    slots: int


class World(NamedTuple):
    """A copy with a server of its own that counts what it is sent."""

    server: LocalOssServer
    source: Place
    target: Place
    jobs: Place
    log: Path

    def start(self, driver: Driver, *options: str) -> subprocess.Popen[str]:
        words = [*SIZES, *SLOWLY, *options, "--job-dir", str(self.jobs), str(self.source), str(self.target)]
        if driver.runner == "spark":
            spark = [str(SPARK_SUBMIT), "--master", f"local[{driver.slots}]", "--conf", "spark.ui.enabled=false"]
            words = [*spark, str(PROJECT / "jobs/hdfs2oss.py"), *words]
        else:
            words = [sys.executable, "-m", "hdfs2oss", "--processes", str(driver.slots), *words]
        (access,) = self.target.stores.oss.values()
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("SPARK", "PYSPARK"))},
            "PYTHONPATH": str(PROJECT),
            "PYSPARK_PYTHON": sys.executable,
            "SPARK_SUBMIT_OPTS": QUICK_JVM,
            "OSS_ENDPOINT": access.endpoint,
            "OSS_ACCESS_KEY_ID": access.access_key_id,
            "OSS_ACCESS_KEY_SECRET": access.access_key_secret,
        }
        return subprocess.Popen(
            words,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def bytes_sent(self) -> int:
        """What came to the server for the target, in requests that were answered and in others."""
        self.server.settle_log()
        entries = map(json.loads, self.log.read_text().splitlines())
        prefix = self.target.uri.path.lstrip("/")
        sending = ("put_object", "upload_part")
        return sum(
            one["bytes_in"]
            for one in entries
            if one["operation"] in sending and str(one["key"]).startswith(f"{prefix}/")
        )

    def largest_task(self) -> int:
        """The bytes of the largest bin of the run."""
        records = [path for path in paths(self.jobs) if "/tasks/copy" in path and path.endswith(".json")]
        found = [json.loads(Place(self.jobs.uri.join(path), self.jobs.stores).content()) for path in records]
        return max(sum(piece[3] for piece in slices) for one in found for slices in one["bins"])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalOssServer]:
    with LocalOssServer(tmp_path / "oss", "id", "secret", buckets=["lake"], request_log=tmp_path / "log") as running:
        yield running


@pytest.fixture
def make_world(server: LocalOssServer, tmp_path: Path, request: pytest.FixtureRequest):
    def make(scheme: str) -> World:
        stores = StoreConfig(oss={"lake": OssAccess(server.endpoint, "id", "secret")}, threads=8)
        if scheme == "hdfs":
            place = request.getfixturevalue("hdfs_place")
            source, jobs = place("hdfs", "source"), place("hdfs", "jobs")
        else:
            source, jobs = (Place(Uri("file", "", str(tmp_path / name)), stores) for name in ("source", "jobs"))
        source.make(TREE).settle()
        return World(server, source, Place(Uri("oss", "lake", "/target"), stores), jobs, tmp_path / "log")

    return make


def wait_until_gone(jobs: Place) -> None:
    """A Python driver whose JVM was killed holds the lock until it notices; its output is not ours to wait for."""
    deadline = time.monotonic() + 120
    while True:
        running = subprocess.run(["ps", "axww", "-o", "args="], capture_output=True, text=True, check=True).stdout
        if str(jobs) not in running:
            return
        assert time.monotonic() < deadline, running
        time.sleep(0.2)


def reports(jobs: Place) -> list[dict[str, Any]]:
    """Of runs that came to their ends: a driver that outlives its JVM says in one that it could not finish."""
    found = [path for path in paths(jobs) if path.endswith("/report.json")]
    told = [json.loads(Place(jobs.uri.join(path), jobs.stores).content()) for path in found]
    return [report for report in told if report["exit_code"] == 0]


def kill(world: World, driver: Driver, chance: random.Random, said: list[str]) -> bool:
    """Start a driver and kill it at a random moment; False when it had come to its end by then."""
    process = world.start(driver)
    try:
        if chance.random() < 0.8:
            wait_until_at_work(world.jobs)
            time.sleep(chance.uniform(0.0, 2.0))
        else:
            time.sleep(chance.uniform(0.3, 3.0))
        # The driver alone, or all that belongs to it at once.
        if chance.random() < 0.5:
            process.send_signal(signal.SIGKILL)
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    # Whoever survived the driver holds its output open, and leaves soon.
    output, _ = process.communicate(timeout=120)
    wait_until_gone(world.jobs)
    said.append(f"{driver}: {process.returncode}\n{output}")
    assert process.returncode in (0, -signal.SIGKILL), said[-1]
    return not reports(world.jobs)


def undisturbed(world: World) -> dict[str, int]:
    """The counters of files and bytes of a run that nobody kills, to another target."""
    target = Uri("oss", "lake", "/undisturbed")
    options = CopyOptions(sources=(world.source.uri,), target=target, part_size_bytes=PART, chunk_size_bytes=CHUNK)
    stores = dataclasses.replace(world.source.stores, oss=world.target.stores.oss)
    progress = Progress(io.StringIO())
    report = CopyJob(options, stores, LocalRunner(0), progress, [world.jobs.uri.parent.join("other-jobs")]).run()
    progress.end()
    assert report.exit_code == 0
    return outcomes(report.counters.as_dict()[OWN])


def outcomes(counts: dict[str, int]) -> dict[str, int]:
    """What became of files and directories; not what it took."""
    told = ("FILES_", "BYTES_", "DIRECTORIES_", "PROVEN_")
    return {name: count for name, count in counts.items() if name.startswith(told)}


def survive(world: World, drivers: list[Driver], last: Driver, seed: int) -> None:
    """
    Kill one driver after the other, let the last one finish, and look at what is there.

    A driver that is done before its moment comes was the last one: the same command would begin a copy of its own.
    """
    print(f"seed {seed}")
    chance, said = random.Random(seed), []
    killed = list(itertools.takewhile(lambda driver: kill(world, driver, chance, said), drivers))
    if killed == drivers:
        process = world.start(last)
        output, _ = process.communicate(timeout=300)
        said.append(output)
        assert process.returncode == 0, "\n".join(said)
    look(world, killed, "\n".join(said))


def look(world: World, ended: list[Driver], story: str) -> None:
    """All has arrived, nothing is left, little was sent twice, and the account is that of one undisturbed run."""
    assert world.target.read() == TREE, story
    assert litter(world.target, world.jobs) == [], story
    slots = sum(driver.slots for driver in ended)
    bound = TREE_BYTES + slots * world.largest_task()
    assert TREE_BYTES <= world.bytes_sent() <= bound, story
    (report,) = reports(world.jobs)
    assert outcomes(report["counters"][OWN]) == undisturbed(world), story


@pytest.mark.spark
@pytest.mark.hdfs
@pytest.mark.timeout(900)
def test_a_run_that_is_killed_three_times_goes_on_each_time_and_comes_to_the_same_end(make_world) -> None:
    drivers = [Driver("spark", 2), Driver("processes", 1), Driver("processes", 3)]
    survive(make_world("hdfs"), drivers, Driver("processes", 2), seed=3)


@pytest.mark.full
@pytest.mark.spark
@pytest.mark.hdfs
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=str)
def test_a_run_on_spark_that_is_asked_to_stop_goes_on_in_processes_and_comes_to_the_same_end(
    make_world, number
) -> None:
    world, stopped = make_world("hdfs"), Driver("spark", 2)
    process = world.start(stopped)
    wait_until_at_work(world.jobs)
    os.killpg(process.pid, number)
    output, _ = process.communicate(timeout=150)
    assert process.returncode == 128 + number, output
    wait_until_gone(world.jobs)
    again = world.start(Driver("processes", 2))
    said, _ = again.communicate(timeout=300)
    assert again.returncode == 0, output + said
    look(world, [stopped], output + said)


@pytest.mark.full
@pytest.mark.spark
@pytest.mark.hdfs
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("scheme", ["file", "hdfs"])
@pytest.mark.parametrize("series", range(4))
def test_runs_survive_twenty_kills(make_world, scheme, series) -> None:
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    drivers = [Driver(chance.choice(["spark", "processes"]), chance.randint(1, 3)) for _ in range(5)]
    survive(make_world(scheme), drivers, Driver(chance.choice(["spark", "processes"]), 2), seed)
