"""Which roots have to do with a directory: as many as a look at all of them finds."""

from hypothesis import given
from hypothesis import strategies as st

from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import CopyRoot
from hdfs2oss.rules.keys import is_within, parent_of
from hdfs2oss.rules.root_index import RootIndex

paths = st.sampled_from(["", "a", "a-b", "a/b", "a/b/c", "ab", "b", "b/a"])
roots = st.lists(
    st.builds(lambda prefix, is_file: CopyRoot(Uri("file", "", "/s"), prefix, is_file), paths, st.booleans())
)


@given(roots, paths)
def test_the_index_finds_what_a_look_at_all_roots_finds(roots: list[CopyRoot], path: str) -> None:
    index = RootIndex(roots)
    holding = [number for number, root in enumerate(roots) if not root.is_file and is_within(path, root.prefix)]
    assert index.holding(path) == holding
    assert index.covering(path) == [
        number for number, root in enumerate(roots) if number in holding or (root.is_file and root.prefix == path)
    ]
    assert index.meeting_in(path) == [
        number
        for number, root in enumerate(roots)
        if number in holding or (root.prefix and parent_of(root.prefix) == path)
    ]
