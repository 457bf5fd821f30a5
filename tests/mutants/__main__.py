"""`make mutants`: which small changes of the product do the fast tests notice?

Each mutant is a change written down in a `.toml` file beside this one:

    [[mutant]]
    file = "hdfs2oss/rules/keys.py"             # where
    old = "return key > self.after"             # stands there exactly once
    new = "return key >= self.after"
    tests = ["tests/unit/rules/test_keys.py::test_a_range_begins_behind_its_first_key_and_ends_with_its_last"]

The changes are applied one at a time to a copy of the tree, and the tests that a mutant names are run: seconds. Only
when they notice nothing, all fast tests are: minutes. What is found in the end:

    word       when                                                           counts as caught
    --------   ------------------------------------------------------------   --------------------
    CAUGHT     a test that the mutant names fails, or hangs                   yes
    LATE       only another one of the fast tests does: name that one         yes
    SURVIVED   no fast test does                                              no
    STALE      the change cannot be applied: the code has moved on            no: the list is wrong
    BROKEN     the tests cannot be run, or what fails fails without it too    no: the list is wrong

The named tests run on the unchanged tree first: nothing is learnt from one that fails there.

    python -m tests.mutants [--only WORD] [--quick] [--jobs N] [--least PERCENT]
"""

from __future__ import annotations

import argparse
import compileall
import os
import py_compile
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10, where pytest brings it
    import tomli as tomllib

PROJECT = Path(__file__).resolve().parents[2]
LISTS = Path(__file__).parent
FAST = "not spark and not hdfs and not yarn and not faults and not conformance and not full"
# A mutant that makes a loop endless is caught by the clock: that of a test, and that of a process which hangs.
_TEST_SECONDS, _NAMED_SECONDS, _ALL_SECONDS = 60, 240, 1800
_A_HANG = "the clock"
_NOT_ASKED = ("mutants", "__pycache__")
# Leaders of process groups: pytest with the servers and commands that its tests have started.
_running: set[int] = set()
# One test, without its parameters; a file that could not be read stands there without a test.
_FAILURE = re.compile(r"^(?:FAILED|ERROR) (\S+?::[^\[\s]+)", re.MULTILINE)


class Mutant(NamedTuple):
    """One change and where it is most likely noticed."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


class Verdict(NamedTuple):
    """What became of a mutant: a word of the table above, and the test that noticed it."""

    mutant: Mutant
    word: str
    seconds: float
    by: str = ""


class Broken(Exception):
    """The tests could not be run."""


def read_mutants(only: str = "") -> list[Mutant]:
    """All mutants of the lists, or those with `only` in their name or file."""
    found = []
    for path in sorted(LISTS.glob("*.toml")):
        for number, row in enumerate(tomllib.loads(path.read_text())["mutant"], 1):
            name = f"{path.stem}-{number:02d}"
            found.append(Mutant(name, row["file"], row["old"], row["new"], tuple(row["tests"])))
    return [one for one in found if only in one.name or only in one.file]


def is_stale(mutant: Mutant, tree: Path = PROJECT) -> bool:
    """Whether the place of a mutant is not there, or there more than once."""
    path = tree / mutant.file
    return not path.is_file() or path.read_text().count(mutant.old) != 1


def judge(mutant: Mutant, tree: Path, is_quick: bool = False) -> Verdict:
    """Apply a mutant to a tree, look whether a test fails (`is_quick`: one of those it names), and take it back."""
    started = time.monotonic()
    if is_stale(mutant, tree):
        return Verdict(mutant, "STALE", 0.0)
    path = tree / mutant.file
    text = path.read_text()
    path.write_text(text.replace(mutant.old, mutant.new))
    try:
        word, by = "CAUGHT", first_failure(tree, mutant.tests, _NAMED_SECONDS)
        if not by and not is_quick:
            word, by = "LATE", first_failure(tree, _all_tests(tree), _ALL_SECONDS)
    except Broken as error:
        word, by = "BROKEN", str(error)
    finally:
        path.write_text(text)
    if word == "LATE" and by not in ("", _A_HANG) and not _passes(tree, by):
        word, by = "BROKEN", f"{by} fails without the mutant as well"
    return Verdict(mutant, word if by else "SURVIVED", time.monotonic() - started, by)


def first_failure(tree: Path, tests: Iterable[str], seconds: float) -> str:
    """The first of some tests that fails in a tree, "" when none does. Raises Broken when they cannot be run."""
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", FAST]
    command += [f"--timeout={_TEST_SECONDS}", f"--basetemp={tree}-tmp", *tests]
    # Python processes that a test starts must see this tree, too.
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        command, cwd=tree, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    ) as process:
        _running.add(process.pid)
        try:
            said = process.communicate(timeout=seconds)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            _end(process.pid)
            return _A_HANG
        finally:
            _running.discard(process.pid)
    if process.returncode == 0:
        return ""
    found = _FAILURE.search(said)
    if found is None:
        raise Broken(said[-2000:])
    return found[1]


def _passes(tree: Path, test: str) -> bool:
    try:
        return not first_failure(tree, [test], _NAMED_SECONDS)
    except Broken:
        return False


def _end(leader: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _all_tests(tree: Path) -> list[str]:
    """The rooms of the tests, `unit` first. Without these lists: they fail for every mutant, as its place is gone."""
    rooms = [path.name for path in (tree / "tests").iterdir() if path.is_dir() and path.name not in _NOT_ASKED]
    return [f"tests/{room}" for room in sorted(rooms, reverse=True)]


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
        # Tests that look for the environment find it where it always is.
        (tree / ".venv").symlink_to(PROJECT / ".venv")
        # Compiled code counts while the content is the same: a changed file may bear the time of the old one.
        compileall.compile_dir(
            tree / "hdfs2oss", quiet=2, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH
        )
        yield tree


def run(mutants: list[Mutant], jobs: int, is_quick: bool = False) -> list[Verdict]:
    """Judge all mutants, `jobs` at a time, each in a copy of its own. Raises Broken."""
    verdicts: list[Verdict] = []
    lock = threading.Lock()
    with tempfile.TemporaryDirectory(prefix="hdfs2oss-mutants-") as folder:
        trees = list(_copies(Path(folder), jobs))
        if failing := first_failure(trees[0], sorted({test for one in mutants for test in one.tests}), _ALL_SECONDS):
            raise Broken(f"without any mutant this fails: {failing}")
        free: queue.Queue[Path] = queue.Queue()
        for tree in trees:
            free.put(tree)

        def one(mutant: Mutant) -> None:
            tree = free.get()
            try:
                verdict = judge(mutant, tree, is_quick)
            finally:
                free.put(tree)
            with lock:
                verdicts.append(verdict)
                print(f"{verdict.word:8} {verdict.seconds:6.1f} s  {mutant.name:12}  {verdict.by}", flush=True)

        with ThreadPoolExecutor(jobs) as pool:
            try:
                list(pool.map(one, mutants))
            except BaseException:
                for leader in list(_running):
                    _end(leader)
                raise
    return sorted(verdicts)


def summarize(verdicts: list[Verdict], seconds: float) -> float:
    """Say which mutants call for a hand, and the score, which is returned in per cent."""
    for verdict in verdicts:
        if verdict.word != "CAUGHT":
            mutant = verdict.mutant
            print(f"\n{verdict.word} {mutant.name} in {mutant.file}\n- {mutant.old}\n+ {mutant.new}\n  {verdict.by}")
    for word in ("LATE", "BROKEN", "STALE", "SURVIVED"):
        names = [one.mutant.name for one in verdicts if one.word == word]
        if names:
            print(f"\n{word}: {' '.join(names)}")
    caught = sum(one.word in ("CAUGHT", "LATE") for one in verdicts)
    share = 100 * caught / len(verdicts)
    print(f"\n{caught} of {len(verdicts)} mutants were caught: {share:.1f} %, in {seconds / 60:.0f} minutes")
    return share


def main() -> int:
    """0 when enough mutants were caught and each could be tried."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("--only", default="", help="mutants with this in their name or file")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="run no other tests than those that the mutants name")
    parser.add_argument("--least", type=float, default=95.0, help="per cent that must be caught (default %(default)s)")
    arguments = parser.parse_args()
    mutants = read_mutants(arguments.only)
    if not mutants:
        print("no mutant bears that name")
        return 2
    started = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        verdicts = run(mutants, arguments.jobs, arguments.quick)
    except Broken as error:
        print(error)
        return 2
    share = summarize(verdicts, time.monotonic() - started)
    return 0 if share >= arguments.least and not any(one.word in ("STALE", "BROKEN") for one in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
