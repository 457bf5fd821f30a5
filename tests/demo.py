"""The demo: a lake in a real HDFS goes to OSS and back by Spark, and is proven to be the same.

Nothing here is a mock: a NameNode, a DataNode, Spark, the Hadoop shell, and a server that speaks the OSS
protocol to the `oss2` SDK. Every step prints what it did and how long it took; the first that fails ends it.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import oss2
from hdfs_native import Client, WriteOptions

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from tests.sandbox import Sandbox  # noqa: E402 - found through the line above

TINY_FILES = 300
BIG_BYTES = 300 * 1024 * 1024
WRITERS = 48
LAKE, BACK = "/demo/lake", "/demo/back"
ODD_NAMES = ("数据/订单 2026.csv", "odd/ü + % # ?.txt", "odd/a", "odd/a-b", "odd/a.d/x", "empty file")
EMPTY_DIRECTORIES = ("nothing here", "deep/er/still nothing")


class DemoFailed(Exception):
    """A step did not come out as it must."""


def main() -> int:
    """Run the demo; 0 when the two trees are the same."""
    sandbox = Sandbox("demo", say=say)
    try:
        with step("sandbox up: NameNode, DataNode, OSS server"):
            sandbox.up()
        run_steps(sandbox)
    except DemoFailed as error:
        say(f"FAILED: {error}")
        return 1
    finally:
        with step("sandbox down"):
            sandbox.down()
    say("the lake went to OSS and came back the same")
    return 0


def run_steps(sandbox: Sandbox) -> None:
    """What the demo shows, in order."""
    env = sandbox.env()
    client = Client(env["SANDBOX_HDFS"])
    bucket = f"oss://{env['SANDBOX_BUCKET']}"
    with step("put a lake into HDFS"):
        make_lake(client)
    with step(f"HDFS -> OSS: spark-submit jobs/hdfs2oss.py {LAKE} {bucket}/lake"):
        submit(env, LAKE, f"{bucket}/lake")
    with step("list the bucket with oss2"):
        list_bucket(env)
    with step("the same again with -update: nothing to do"):
        submit(env, "-update", LAKE, f"{bucket}/lake")
    with step(f"OSS -> HDFS: spark-submit jobs/hdfs2oss.py {bucket}/lake {BACK}"):
        submit(env, f"{bucket}/lake", BACK)
    with step("compare names, empty directories and every byte"):
        compare_trees(client)
    with step("compare checksums of the Hadoop shell"):
        compare_checksums(sandbox, client)


def make_lake(client: Client) -> None:
    """Some hundred tiny files, empty ones, one of 300 MB, odd names, empty directories; always the same bytes."""
    chance = random.Random(2026)
    files = {f"logs/day={number % 7}/part-{number:05d}": chance.randbytes(number * 13) for number in range(TINY_FILES)}
    files |= {name: name.encode() for name in ODD_NAMES}
    files["empty file"] = b""
    for directory in EMPTY_DIRECTORIES:
        client.mkdirs(f"{LAKE}/{directory}", 0o755, True)

    def write(name: str) -> None:
        with client.create(f"{LAKE}/{name}", WriteOptions(overwrite=True)) as out:
            out.write(files[name])

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, files))
    block = chance.randbytes(8 * 1024 * 1024)
    with client.create(f"{LAKE}/big.bin", WriteOptions(overwrite=True)) as out:
        for start in range(0, BIG_BYTES, len(block)):
            out.write(block[: BIG_BYTES - start])
    size = sum(len(data) for data in files.values()) + BIG_BYTES
    say(f"{len(files) + 1} files, {size:,} bytes, {len(EMPTY_DIRECTORIES)} empty directories")


def submit(env: dict[str, str], *arguments: str) -> None:
    """What an operator types: spark-submit jobs/hdfs2oss.py SOURCE TARGET."""
    # As after `source .venv/bin/activate`: spark-submit looks for the pyspark of the python3 on PATH.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["spark-submit", str(PROJECT / "jobs" / "hdfs2oss.py"), *arguments]
    result = subprocess.run(command, env={**os.environ, **env, "PATH": path}, stdin=subprocess.DEVNULL, check=False)
    if result.returncode:
        raise DemoFailed(f"spark-submit ended with {result.returncode}")


def list_bucket(env: dict[str, str]) -> None:
    """A look at the result through a client that is not ours."""
    auth = oss2.Auth(env["OSS_ACCESS_KEY_ID"], env["OSS_ACCESS_KEY_SECRET"])
    bucket = oss2.Bucket(auth, env["OSS_ENDPOINT"], env["SANDBOX_BUCKET"])
    objects = list(oss2.ObjectIterator(bucket, prefix="lake/"))
    for entry in [*objects[:3], *objects[-5:]]:
        say(f"  {entry.size:>11,}  {entry.key}")
    say(f"{len(objects)} objects, {sum(entry.size for entry in objects):,} bytes")


def tree(client: Client, root: str) -> dict[str, int]:
    """Length by relative path; a directory counts -1."""
    rows = client.list_status(root, True)
    return {row.path.split(root + "/", 1)[1]: -1 if row.isdir else row.length for row in rows}


def compare_trees(client: Client) -> None:
    """Both trees through the HDFS client, byte by byte."""
    here, there = tree(client, LAKE), tree(client, BACK)
    if here != there:
        raise DemoFailed(f"the trees differ: {sorted(set(here.items()) ^ set(there.items()))[:5]}")
    files = [path for path, length in here.items() if length >= 0]

    def same(path: str) -> bool:
        return all(
            one == other for one, other in zip(pieces(client, LAKE, path), pieces(client, BACK, path), strict=True)
        )

    with ThreadPoolExecutor(8) as pool:
        different = [path for path, equal in zip(files, pool.map(same, files), strict=True) if not equal]
    if different:
        raise DemoFailed(f"{len(different)} files differ, such as {different[0]!r}")
    say(f"{len(files)} files and {len(here) - len(files)} directories are identical")


def pieces(client: Client, root: str, path: str) -> Iterator[bytes]:
    """The bytes of a file in pieces of 4 MiB."""
    reader = client.read(f"{root}/{path}")
    while data := reader.read(4 * 1024 * 1024):
        yield data


def compare_checksums(sandbox: Sandbox, client: Client) -> None:
    """`hadoop fs -checksum` over both trees: the opinion of the Java client."""
    paths = sorted(path for path, length in tree(client, LAKE).items() if length >= 0 and not set(path) & set("?*[{"))
    result = sandbox.hadoop_shell("-checksum", *[f"{root}/{path}" for root in (LAKE, BACK) for path in paths])
    if result.returncode:
        raise DemoFailed(f"hadoop fs -checksum: {result.stderr.strip().splitlines()[-1]}")
    sums = [line.split("\t", 1)[1] for line in result.stdout.splitlines() if "\t" in line]
    if len(sums) != 2 * len(paths) or sums[: len(paths)] != sums[len(paths) :]:
        raise DemoFailed("the checksums differ")
    say(f"{len(paths)} checksums are equal")


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a step, and say how long it took."""
    say(f"== {title}")
    started = time.monotonic()
    yield
    say(f"   {time.monotonic() - started:.1f} s")


def say(line: str) -> None:
    """One line to the operator, at once: Spark writes to the same terminal."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
