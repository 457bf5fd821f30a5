"""The command line as an operator types it, in process, over files, OSS and (marker `hdfs`) a real HDFS."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from hdfs2oss.cli import main
from hdfs2oss.filesystems.registry import close_filesystems
from tests.trees import Place, Tree

COUNTER = re.compile(r"^\t\t(\w+)=(\d+)$", re.MULTILINE)


@dataclass
class Finished:
    """A command that has ended."""

    code: int
    text: str
    counters: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.counters = {name: int(value) for name, value in COUNTER.findall(self.text)}

    def __getitem__(self, name: str) -> int:
        return self.counters.get(name, 0)


@dataclass
class Command:
    """Runs a command line in this process, tasks included: `command("-update", source, target)`."""

    capture: pytest.CaptureFixture[str]
    extra: list[str] = field(default_factory=list)

    def __call__(self, *words: object) -> Finished:
        self.capture.readouterr()
        typed = list(map(str, words))
        verb = typed[:1] if typed[:1] in (["verify"], ["retry"], ["copy"]) else []
        code = main([*verb, "--processes", "0", *self.extra, *typed[len(verb) :]])
        captured = self.capture.readouterr()
        return Finished(code, captured.err + captured.out)


# Between two HDFS a case says no more than from HDFS and onto HDFS, where files are only listed, read and written:
# there it is `full`. Where the stores meet in a decision (skipping, checksums, attributes), all directions stay.
SAID_EACH_WAY = (
    "test_where_things_land",
    "test_what_is_left_out",
    "test_delete",
    "test_how_files_appear",
    "test_running",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a real HDFS, where each file written takes a moment, what does not depend on the store runs once."""
    spared = [
        item
        for item in items
        if item.get_closest_marker("hdfs") and "acceptance" in item.path.parts and "as a list" in item.name
    ]
    if spared:
        config.hook.pytest_deselected(items=spared)
        items[:] = [item for item in items if item not in spared]
    for item in items:
        is_said = item.path.stem in SAID_EACH_WAY and "hdfs to hdfs" in item.name
        # Sources are read from a list before anybody asks a store.
        if is_said or ("as a list" in item.name and "file to oss" not in item.name):
            item.add_marker(pytest.mark.full)


@pytest.fixture
def command(home, oss_server, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """The command line, with keys for the local OSS server in the environment."""
    monkeypatch.setenv("OSS_ENDPOINT", oss_server.endpoint)
    monkeypatch.setenv("OSS_ACCESS_KEY_ID", "test-id")
    monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", "test-secret")
    for name in [name for name in os.environ if name.startswith("HDFS2OSS_")]:
        monkeypatch.delenv(name)

    yield Command(capfd)
    close_filesystems()


@pytest.fixture(
    params=[
        "file to oss",
        pytest.param("oss to file", marks=pytest.mark.slow),
        pytest.param("file to file", marks=pytest.mark.slow),
        pytest.param("hdfs to oss", marks=pytest.mark.hdfs),
        pytest.param("oss to hdfs", marks=pytest.mark.hdfs),
        pytest.param("hdfs to hdfs", marks=pytest.mark.hdfs),
    ]
)
def ends(request: pytest.FixtureRequest, command: Command, monkeypatch: pytest.MonkeyPatch) -> tuple[Place, Place]:
    """A source and a target, neither of them there yet."""
    source, _, target = request.param.split(" ")
    make = request.getfixturevalue("make_place")
    if "hdfs" in request.param:
        make = request.getfixturevalue("hdfs_place")
        for name, value in request.getfixturevalue("sandbox").env().items():
            monkeypatch.setenv(name, value)
        command.extra = ["--job-dir", f"file://{request.getfixturevalue('home')}/jobs"]
    return make(source, "source"), make(target, "target")


@pytest.fixture(scope="session")
def _stocks() -> dict[tuple[str, str, int], Place]:
    return {}


@pytest.fixture
def stock(ends: tuple[Place, Place], _stocks: dict[tuple[str, str, int], Place]) -> Callable[[Tree], Place]:
    """`stock(TREE)`: that tree on the store of the source, made once and for tests that only read it."""

    def find(tree: Tree) -> Place:
        source, _ = ends
        key = (source.uri.scheme, source.uri.authority, id(tree))
        if key not in _stocks:
            _stocks[key] = source.make(tree).settle()
        return _stocks[key]

    return find


@pytest.fixture
def local_ends(command: Command, make_place) -> tuple[Place, Place]:
    return make_place("file", "source"), make_place("file", "target")


@pytest.fixture(params=["as arguments", pytest.param("as a list", marks=pytest.mark.slow)])
def give(request: pytest.FixtureRequest, tmp_path) -> Callable[..., list[str]]:
    """Sources as arguments, or as a listing file with -f: both must lay out the same tree."""

    def words(*sources: object) -> list[str]:
        if request.param == "as arguments":
            return [str(source) for source in sources]
        listing = tmp_path / "listing"
        listing.write_text("".join(f"{source}\n" for source in sources), "utf-8")
        return ["-f", f"file://{listing}"]

    return words
