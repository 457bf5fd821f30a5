"""The same random copies by the real DistCp and by us, from HDFS to HDFS, side by side.

DIFFERENTIAL_SEEDS=17,42 pytest tests/differential      # single cases again
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hdfs2oss.cli import main
from hdfs2oss.filesystems.registry import close_filesystems

from .cases import Case, make_case
from .differences import (
    ANY,
    ATTRIBUTES,
    CODE,
    COUNTERS,
    COUNTS_OF_CHUNKS,
    DIFFERENCES,
    GROUPS,
    TIMES_OF_CHUNKS,
    below_what_is_excluded,
    brought_by_a_source,
    differences_of,
    in_chunks,
    strays_of,
    surely_brought,
)
from .distcp import RealDistCp, real_distcp
from .world import Found, World

PAGE = Path(__file__).parents[2] / "docs/distcp.md"
FEW, MANY = range(1, 17), range(17, 231)
COUNTER = re.compile(r"^\t\t(\w+)=(\d+)$", re.MULTILINE)
BASE = "/differential"

pytestmark = [pytest.mark.hdfs]


@pytest.fixture(scope="module")
def distcp(sandbox, tmp_path_factory) -> Iterator[RealDistCp]:
    with real_distcp(sandbox.env(), tmp_path_factory.mktemp("distcp") / "log") as tool:
        yield tool


@pytest.fixture(scope="module")
def world(sandbox) -> Iterator[World]:
    made = World(sandbox.env()["SANDBOX_HDFS"])
    yield made
    made.close()


@pytest.fixture
def client(sandbox, home, monkeypatch) -> Iterator[None]:
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HADOOP_USER_NAME", "root")
    yield
    close_filesystems()


def seeds(default: range) -> list[int]:
    chosen = os.environ.get("DIFFERENTIAL_SEEDS")
    return [int(seed) for seed in chosen.split(",")] if chosen else list(default)


def test_the_readme_lists_the_differences_that_are_allowed_here_and_no_others() -> None:
    table = PAGE.read_text().partition("<!-- differences -->")[2].partition("<!-- end of differences -->")[0]
    rows = re.findall(r"^\| ([^|]+?) \|", table, re.MULTILINE)[1:]
    assert rows == [one.words for one in DIFFERENCES]


@pytest.mark.parametrize("seed", seeds(FEW))
def test_a_copy_comes_out_as_distcp_has_it(seed, distcp, world, client, home, capfd, tmp_path) -> None:
    compare(make_case(seed), distcp, world, home, capfd, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("seed", seeds(MANY))
def test_many_copies_come_out_as_distcp_has_them(seed, distcp, world, client, home, capfd, tmp_path) -> None:
    compare(make_case(seed), distcp, world, home, capfd, tmp_path)


def compare(case: Case, distcp: RealDistCp, world: World, home: Path, capfd, tmp_path) -> None:
    """Run both on the same sources, each onto a target of its own; what no difference explains must be equal."""
    allowed = frozenset[str]().union(*(one.concerns for one in differences_of(case)))
    base = f"{BASE}/{case.seed}"
    for name, tree in case.sources.items():
        world.make(f"{base}/from/{name}", tree)
    targets = {tool: f"{base}/{tool}/t" for tool in ("distcp", "ours")}
    for target in targets.values():
        world.make(f"{target.rpartition('/')[0]}/beside", {})
        if case.target is not None:
            world.make(target, case.target)
    words = [*case.words, *_filter_words(case, tmp_path)]
    sources = [f"{base}/from/*"] if case.by_pattern else [f"{base}/from/{name}" for name in case.sources]
    if case.by_list:
        (tmp_path / "list").write_text("".join(f"{source}\n" for source in sources))
        words, sources = [*words, "-f", f"file://{tmp_path}/list"], []

    theirs = distcp.run(*words, *sources, targets["distcp"])
    capfd.readouterr()
    code = main(["--processes", "0", "--job-dir", f"file://{home}/jobs", *words, *sources, targets["ours"]])
    said = capfd.readouterr()
    counters = {name: int(value) for name, value in COUNTER.findall(said.out)}

    told = f"{case}\nDistCp: {theirs.code} {theirs.counters}\nours: {code} {counters}\n{said.err[-3000:]}"
    print(told)
    if CODE not in allowed:
        assert (code == 0) == (theirs.code == 0), told
    read = {tool: world.read(target, with_acls="a" in case.keeps) for tool, target in targets.items()}
    if theirs.code != 0:
        if code in (0, 4):
            assert_all_arrived(case, read["ours"], told)
        return
    if code == 2:
        # Nothing was copied here, so there is nothing to compare.
        return
    found = {tool: _shown(tree, case, allowed) for tool, tree in read.items()}
    strays, common = strays_of(case), found["ours"].keys() & found["distcp"].keys()
    if strays is not ANY:
        assert (found["ours"].keys() ^ found["distcp"].keys()) - strays == set(), told
    common -= below_what_is_excluded(case)
    for path in sorted(common):
        assert found["ours"][path] == found["distcp"][path], f"{path!r} differs: {told}"
    if COUNTERS not in allowed:
        left_out = {"COPY", "SKIP", "BYTESSKIPPED"} if COUNTS_OF_CHUNKS in allowed else set()
        expected = {name: value for name, value in theirs.counters.items() if name not in left_out}
        assert {name: counters.get(name, 0) for name in expected} == expected, told


def assert_all_arrived(case: Case, ours: dict[str, Found], told: str) -> None:
    """Where DistCp gives up, there is nothing to compare with but the sources."""
    for path, entry in surely_brought(case).items():
        assert path in ours, f"{path} has not arrived: {told}"
        if path not in (case.target or {}):
            assert ours[path].data == entry.data, f"{path} is other than its source: {told}"


def _filter_words(case: Case, tmp_path: Path) -> list[str]:
    if not case.filters:
        return []
    (tmp_path / "filters").write_text("".join(f"{line}\n" for line in case.filters))
    return ["-filters", str(tmp_path / "filters")]


def _shown(tree: dict[str, Found], case: Case, allowed: frozenset[str]) -> dict[str, tuple[object, ...]]:
    """What must be equal: bytes, and what is asked to be kept; times only then, as the clock of a run plays a part."""
    timed = brought_by_a_source(case) if "t" in case.keeps else set()
    timed -= in_chunks(case) if TIMES_OF_CHUNKS in allowed else set()
    if ATTRIBUTES in allowed:
        return {path: (found.data,) for path, found in tree.items()}
    return {
        path: (
            found.data,
            found.mode,
            found.owner,
            None if GROUPS in allowed and found.data is not None else found.group,
            found.mtime_ms if path in timed else None,
            found.replication,
            found.block_size_bytes,
            found.acl,
        )
        for path, found in tree.items()
    }
