"""-delete against a small model: random trees, filters, our own places, changes on the way, listings that fail."""

import io
import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems, seat_filesystem
from hdfs2oss.model.errors import Hdfs2ossError, PermissionDenied
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runs.progress import Progress
from hdfs2oss.runs.report import Report
from hdfs2oss.verbs.copy.job import CopyJob
from tests.stores.faults import Fault, FlakyFileSystem, ForgetfulFileSystem
from tests.stores.memory import EVERYTHING, LIKE_HDFS, LIKE_OSS, MemoryFileSystem

names = st.sampled_from(["a", "a-b", "a0", "b", "tmp", "é", ".Trash", ".hdfs2oss", ".hdfs2oss-work-1"])
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
trees = st.lists(paths, max_size=12)
# Each matches whole paths, at the sources or at the target.
FILTERS = ["/s1/a.*", ".*/tmp", "/t/b", ".*a0"]
OWN = re.compile(r".*/(\.Trash|\.hdfs2oss|\.hdfs2oss-work-1|records)(/.*)?")


def put(store: MemoryFileSystem, root: str, tree: list[str]) -> None:
    store.make_directory(root)
    for path in tree:
        try:
            if store.status(f"{root}/{path}") is None:
                store.place(f"{root}/{path}", path.encode(), mtime_ms=1000)
        except Exception:  # noqa: BLE001 - a random tree asks for a file and a directory of one name
            continue


def below(store: MemoryFileSystem, root: str) -> dict[str, bytes]:
    return {path[len(root) + 1 :]: data for path, data in store.files().items() if path.startswith(root + "/")}


def is_protected(path: str, sources: list[str], filters: list[str]) -> bool:
    """The model of what a filter, or being ours, protects: the path itself, or a directory above it."""
    ends = [at for at, one in enumerate(path) if one == "/"] + [len(path)]
    places = [f"{root}/{path[:end]}" for root in [*sources, "/t"] for end in ends]
    return any(re.fullmatch(one, place) for one in filters for place in places) or bool(OWN.fullmatch(f"/{path}"))


def copy(store: FlakyFileSystem, sources: list[str], **options: object) -> Report:
    stores = StoreConfig()
    seat_filesystem(Uri("file", "", "/"), stores, store)
    checked = CopyOptions(
        sources=tuple(Uri("file", "", one) for one in sources),
        target=Uri("file", "", "/t"),
        update=True,
        delete=True,
        **options,
    )
    try:
        return CopyJob(
            checked, stores, LocalRunner(0, pause_seconds=0.0), Progress(io.StringIO()), [Uri("file", "", "/home")]
        ).run()
    finally:
        close_filesystems()


def after_the_survey(act: Callable[[], None]) -> Fault:
    """Strikes when the candidates are written down, before anything is copied or deleted."""
    return Fault("create", path="-delete", meanwhile=act, silent=True, times=1)


CASES = given(
    first=trees,
    second=trees,
    target=trees,
    two=st.booleans(),
    filters=st.lists(st.sampled_from(FILTERS), max_size=2),
    like=st.sampled_from([LIKE_HDFS, LIKE_OSS, EVERYTHING]),
    returning=trees,
    changing=trees,
    unlisted=st.one_of(st.none(), st.none(), st.none(), st.tuples(st.sampled_from(["/s1", "/s2", "/t"]), paths)),
    own=st.booleans(),
)
ROBUST = settings(deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.slow
@settings(ROBUST, max_examples=100)
@CASES
def test_nothing_is_deleted_that_a_source_has_or_a_filter_excludes_or_nobody_looked_at(**case) -> None:
    hold_to_the_model(**case)


@pytest.mark.full
@settings(ROBUST, max_examples=500)
@CASES
def test_the_same_in_a_long_series(**case) -> None:
    hold_to_the_model(**case)


def hold_to_the_model(first, second, target, two, filters, like, returning, changing, unlisted, own) -> None:
    memory = MemoryFileSystem(like, clock_ms=lambda: 2000)
    sources = ["/s1", "/s2"] if two else ["/s1"]
    put(memory, "/s1", first)
    put(memory, "/s2", [path for path in second if path not in first])
    put(memory, "/t", target)
    if own:
        put(memory, "/t", ["records/old/report.json", "a/logs/old"])
    before = below(memory, "/t")
    changed: set[str] = set()

    def meanwhile() -> None:
        put(memory, sources[-1], returning)
        for path in set(changing) & set(below(memory, "/t")):
            memory.place(f"/t/{path}", b"written by somebody else")
            changed.add(path)

    store = FlakyFileSystem(memory, after_the_survey(meanwhile))
    if unlisted is not None:
        store.faults.append(Fault("list", path="/".join(unlisted), error=PermissionDenied))
    options = {"job_dir": Uri("file", "", "/t/records"), "log_path": Uri("file", "", "/t/a/logs")} if own else {}
    try:
        report = copy(store, sources, filters=tuple(filters), max_delete="100%", allow_empty_source=True, **options)
    except Hdfs2ossError as error:
        # A file in both sources, a listing of the very roots: refused before anything happens.
        event(type(error).__name__)
        assert set(before) <= set(below(memory, "/t"))
        return
    left = below(memory, "/t")
    gone = set(before) - set(left)
    at_sources = {path for root in sources for path in below(memory, root)}
    at_sources |= {path[:at] for path in at_sources for at, one in enumerate(path) if one == "/"}
    event("withheld" if report.withheld else f"exit {report.exit_code}")
    if report.exit_code:
        assert not gone
        return
    is_log = "a/logs/" if own else "nothing"
    free = {path for path in before if not is_protected(path, sources, filters) and not path.startswith(is_log)}
    assert gone == free - at_sources - changed
    assert report.undeleted == 0


def test_a_row_that_was_lost_on_the_way_keeps_everything() -> None:
    memory = MemoryFileSystem(LIKE_HDFS, clock_ms=lambda: 2000)
    put(memory, "/s1", ["a", "b", "c"])
    put(memory, "/t", ["a", "b", "c", "old"])
    report = copy(ForgetfulFileSystem(memory, "b"), ["/s1"])
    assert (report.exit_code, report.withheld) == (1, "the accounts do not balance")
    assert list(below(memory, "/t")) == ["a", "b", "c", "old"]


@pytest.mark.parametrize("like", [LIKE_HDFS, LIKE_OSS], ids=["like HDFS", "like OSS"])
def test_a_run_that_follows_finds_nothing_to_delete(like) -> None:
    memory = MemoryFileSystem(like, clock_ms=lambda: 2000)
    put(memory, "/s1", ["a/b", "c"])
    put(memory, "/t", ["a/b", "a/x/y", "old/tree/deep/file", "old-file"])
    assert copy(FlakyFileSystem(memory), ["/s1"], max_delete="100%").exit_code == 0
    assert list(below(memory, "/t")) == ["a/b", "c"]
    again = copy(FlakyFileSystem(memory), ["/s1"], max_delete="0")
    assert (again.exit_code, again.counters.get("hdfs2oss", "FILES_MISSING")) == (0, 0)
    assert again.counters.get("hdfs2oss", "DIRECTORIES_MISSING") == 0
