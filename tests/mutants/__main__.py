"""`make mutants`: which small changes of the product do the fast tests notice?

Each mutant is a change written down in a `.toml` file beside this one:

    [[mutant]]
    file = "hdfs2oss/rules/keys.py"             # where
    old = "return key > self.after"             # stands there exactly once
    new = "return key >= self.after"
    tests = ["tests/unit/rules/test_keys.py"]   # looked at first; the others only when these notice nothing

The changes are applied one at a time to a copy of the tree. A mutant is caught when a test fails or hangs.
One that cannot be applied is an error of the list: the code has moved on, and the mutant must follow it.

    python -m tests.mutants [--only WORD] [--jobs N] [--least PERCENT]
"""

from __future__ import annotations

import argparse
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10, where pytest brings it
    import tomli as tomllib

PROJECT = Path(__file__).resolve().parents[2]
LISTS = Path(__file__).parent
FAST = "not spark and not hdfs and not yarn and not faults and not conformance and not full"
# A mutant that makes a loop endless is caught by the clock.
_HINT_SECONDS, _SUITE_SECONDS = 180, 900
# Exit codes of pytest that say nothing about a mutant.
_WRONG_USE, _NO_TESTS = 4, 5


class Mutant(NamedTuple):
    """One change and where it is most likely noticed."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


class Verdict(NamedTuple):
    """What became of a mutant: CAUGHT, SURVIVED or STALE (it could not be applied)."""

    mutant: Mutant
    word: str
    seconds: float


def read_mutants(only: str = "") -> list[Mutant]:
    """All mutants of the lists, or those with `only` in their name or file."""
    found = []
    for path in sorted(LISTS.glob("*.toml")):
        for number, row in enumerate(tomllib.loads(path.read_text())["mutant"], 1):
            name = f"{path.stem}-{number:02d}"
            found.append(Mutant(name, row["file"], row["old"], row["new"], tuple(row.get("tests", ()))))
    return [one for one in found if only in one.name or only in one.file]


def is_stale(mutant: Mutant, tree: Path = PROJECT) -> bool:
    """Whether the place of a mutant is not there, or there more than once."""
    path = tree / mutant.file
    return not path.is_file() or path.read_text().count(mutant.old) != 1


def judge(mutant: Mutant, tree: Path) -> Verdict:
    """Apply a mutant to a tree, look whether a test fails, and take it back."""
    started = time.monotonic()
    if is_stale(mutant, tree):
        return Verdict(mutant, "STALE", 0.0)
    path = tree / mutant.file
    text = path.read_text()
    path.write_text(text.replace(mutant.old, mutant.new))
    try:
        noticed = bool(mutant.tests) and _fails(tree, mutant.tests, _HINT_SECONDS)
        noticed = noticed or _fails(tree, ("tests",), _SUITE_SECONDS)
    finally:
        path.write_text(text)
    return Verdict(mutant, "CAUGHT" if noticed else "SURVIVED", time.monotonic() - started)


def _fails(tree: Path, tests: tuple[str, ...], seconds: float) -> bool:
    # A changed file may bear the time of the old one: compiled code is not kept.
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", FAST, *tests]
    # Python processes that a test starts must see this tree, too.
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    try:
        ended = subprocess.run(command, cwd=tree, timeout=seconds, capture_output=True, check=False, env=environment)
    except subprocess.TimeoutExpired:
        return True
    if ended.returncode in (_WRONG_USE, _NO_TESTS):
        raise RuntimeError(f"pytest could not run {tests}:\n{ended.stdout.decode()[-2000:]}")
    return ended.returncode != 0


def _copies(folder: Path, count: int) -> Iterator[Path]:
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for number in range(count):
        tree = folder / str(number)
        for name in files:
            if (PROJECT / name).is_file():
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(PROJECT / name, tree / name)
        yield tree


def run(mutants: list[Mutant], jobs: int) -> list[Verdict]:
    """Judge all mutants, `jobs` at a time, each in a copy of its own."""
    verdicts: list[Verdict] = []
    lock = threading.Lock()
    with tempfile.TemporaryDirectory(prefix="hdfs2oss-mutants-") as folder:
        free: queue.Queue[Path] = queue.Queue()
        for tree in _copies(Path(folder), jobs):
            free.put(tree)

        def one(mutant: Mutant) -> None:
            tree = free.get()
            try:
                verdict = judge(mutant, tree)
            finally:
                free.put(tree)
            with lock:
                verdicts.append(verdict)
                print(f"{verdict.word:8} {verdict.seconds:6.1f} s  {mutant.name}  {mutant.file}", flush=True)

        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(one, mutants))
    return verdicts


def main() -> int:
    """0 when enough mutants were caught and none is stale."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("--only", default="", help="mutants with this in their name or file")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--least", type=float, default=95.0, help="per cent that must be caught (default %(default)s)")
    arguments = parser.parse_args()
    verdicts = run(read_mutants(arguments.only), arguments.jobs)
    if not verdicts:
        print("no mutant bears that name")
        return 2
    caught = sum(one.word == "CAUGHT" for one in verdicts)
    for one in sorted(verdicts):
        if one.word != "CAUGHT":
            print(f"\n{one.word} {one.mutant.name} in {one.mutant.file}\n- {one.mutant.old}\n+ {one.mutant.new}")
    share = 100 * caught / len(verdicts)
    print(f"\n{caught} of {len(verdicts)} mutants were caught: {share:.0f} %")
    return 0 if share >= arguments.least and not any(one.word == "STALE" for one in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
