"""The layout of a run on record."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdfs2oss.model.errors import SurveyError
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import CopyRoot
from hdfs2oss.records.jobdir import JobDir
from hdfs2oss.records.layout import NAME, publish_layout, read_layout
from hdfs2oss.rules.layout import Layout
from tests.stores.memory import MemoryFileSystem

# A name may hold bytes that are no characters.
names = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(["\udcff", "日本", "a b", '"\\'])
places = st.builds(Uri, st.sampled_from(["hdfs", "oss", "file"]), names, names.map("/{}".format))
layouts = st.builds(
    Layout, places, st.lists(st.builds(CopyRoot, places, names, st.booleans(), names)).map(tuple), st.booleans()
)


def job_dir_of(run: str = "run-1") -> JobDir:
    return JobDir(MemoryFileSystem(), "/jobs/pair", run)


@pytest.mark.slow
@given(layouts, st.booleans())
def test_a_layout_comes_back_as_it_was(layout: Layout, onto_file: bool) -> None:
    job_dir, layout = job_dir_of(), layout._replace(onto_file=onto_file)
    assert publish_layout(job_dir, layout)
    found = read_layout(job_dir)
    assert found == layout
    assert found is not None
    assert [type(root.source) for root in found.roots] == [Uri] * len(layout.roots)


def test_the_first_layout_of_a_run_stays() -> None:
    job_dir, first = job_dir_of(), Layout(Uri("oss", "b", "/t"), (), False)
    assert publish_layout(job_dir, first)
    assert not publish_layout(job_dir, first._replace(base_exists=True))
    assert read_layout(job_dir) == first


def test_a_run_without_a_layout_has_none() -> None:
    assert read_layout(job_dir_of()) is None


@pytest.mark.parametrize("record", [b"", b"{}", b"[]", b'{"version": 2}', b'{"version": 1, "roots": [1]}'])
def test_a_layout_that_cannot_be_understood_is_refused(record: bytes) -> None:
    job_dir = job_dir_of()
    job_dir.publish(NAME, record)
    with pytest.raises(SurveyError) as refused:
        read_layout(job_dir)
    assert "--fresh" in refused.value.hint
