"""What travels with every task stays small, however many sources there are."""

import dataclasses
import pickle

import pytest

from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems, seat_filesystem
from hdfs2oss.model.errors import SurveyError
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import CopyRoot
from hdfs2oss.rules.layout import Layout
from hdfs2oss.tasks.context import RunContext
from tests.stores.faults import FlakyFileSystem
from tests.stores.memory import MemoryFileSystem

SOURCES = tuple(
    Uri("file", "", f"/warehouse/some/database/table/dt=2026-01-01/part-{number:05d}") for number in range(5000)
)
LAYOUT = Layout(Uri("file", "", "/t"), tuple(CopyRoot(source, source.name, True) for source in SOURCES), True)


@pytest.fixture
def store():
    yield FlakyFileSystem(MemoryFileSystem())
    close_filesystems()


def context_of(store, run: str) -> RunContext:
    stores = StoreConfig()
    seat_filesystem(Uri("file", "", "/"), stores, store)
    return RunContext(CopyOptions(sources=SOURCES, target=LAYOUT.base), LAYOUT, stores, Uri("file", "", "/jobs"), run)


def opened(store) -> int:
    return [name for name, _ in store.calls].count("open")


def test_five_thousand_sources_travel_as_the_name_of_a_file_that_a_process_reads_once(store) -> None:
    sent = pickle.dumps(context_of(store, "one").filed())
    assert len(sent) < 10_000
    for _ in range(3):
        context = pickle.loads(sent)
        assert context.layout == LAYOUT
        assert pickle.loads(pickle.dumps(context)).layout == LAYOUT
    assert opened(store) == 1


def test_another_layout_of_the_same_run_is_not_mistaken_for_the_first(store) -> None:
    context = context_of(store, "two").filed()
    other = LAYOUT._replace(base=Uri("file", "", "/work"))
    assert pickle.loads(pickle.dumps(context.with_layout(other))).layout == other
    assert pickle.loads(pickle.dumps(dataclasses.replace(context, layout=other))).layout == other
    assert pickle.loads(pickle.dumps(context)).layout == LAYOUT


def test_a_layout_of_few_roots_travels_itself(store) -> None:
    context = dataclasses.replace(context_of(store, "three"), layout=LAYOUT._replace(roots=LAYOUT.roots[:3])).filed()
    assert pickle.loads(pickle.dumps(context)).layout == context.layout
    assert opened(store) == 0
    assert [name for name, _ in store.calls if name == "create"] == []


def test_a_layout_that_is_gone_is_named(store) -> None:
    sent = pickle.dumps(context_of(store, "four").filed())
    store.remove("/jobs", recursive=True)
    with pytest.raises(SurveyError, match=r"the layout layout-\w+\.json of the run four is gone from file:/"):
        pickle.loads(sent).layout  # noqa: B018
