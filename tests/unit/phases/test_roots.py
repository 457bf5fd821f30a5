import pytest

from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems, seat_filesystem
from hdfs2oss.model.errors import PermissionDenied, SourceNotFound, SurveyError, UsageError
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.phases.roots import find_roots
from hdfs2oss.rules.layout import Layout
from tests.stores.faults import Fault, FlakyFileSystem
from tests.stores.memory import MemoryFileSystem


@pytest.fixture
def find():
    store = MemoryFileSystem()
    for path in ("/in/a/x", "/in/b/y", "/in/f", "/in/star*", "/out/z"):
        store.place(path, b"1")

    def run(sources: list[str], target: str = "/t", *faults: Fault) -> Layout:
        stores = StoreConfig()
        seat_filesystem(Uri("file", "", "/"), stores, FlakyFileSystem(store, *faults))
        uris = tuple(Uri("file", "", source) for source in sources)
        return find_roots(CopyOptions(sources=uris, target=Uri("file", "", target)), stores)

    yield run
    close_filesystems()


def prefixes(layout: Layout) -> list[tuple[str, str, bool]]:
    return [(root.source.path, root.prefix, root.is_file) for root in layout.roots]


def test_patterns_and_paths_become_roots(find) -> None:
    assert prefixes(find(["/in/{a,f}", "/in/b"])) == [
        ("/in/a", "a", False),
        ("/in/f", "f", True),
        ("/in/b", "b", False),
    ]


def test_a_root_found_twice_is_one_root(find) -> None:
    assert prefixes(find(["/in/a", "/in/[a]"])) == [("/in/a", "", False)]


def test_a_file_whose_name_looks_like_a_pattern_is_found_by_it(find) -> None:
    assert prefixes(find(["/in/star\\*"], "/out")) == [("/in/star*", "star*", True)]


def test_what_stood_at_the_target_is_remembered(find) -> None:
    assert (find(["/in/a"], "/t").base_exists, find(["/in/a"], "/out").base_exists) == (False, True)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("/gone", "source does not exist"),
        ("/gone/*", "pattern matches nothing"),
        ("/in/f/*", "pattern matches nothing"),
    ],
)
def test_a_source_that_is_not_there_is_named(find, source, reason) -> None:
    with pytest.raises(SourceNotFound, match=f"the {reason}: file://") as caught:
        find(["/in/a", source])
    assert caught.value.exit_code == 3


def test_a_target_that_is_a_file_takes_one_file_only(find) -> None:
    assert find(["/in/f"], "/out/z").onto_file
    with pytest.raises(UsageError):
        find(["/in/a"], "/out/z")


@pytest.mark.parametrize(("path", "what"), [("/t", "looking at the target"), ("/in/a", "looking for the source")])
def test_a_store_that_says_no_is_a_survey_error_with_the_place(find, path, what) -> None:
    with pytest.raises(SurveyError, match=f"{what} file://{path}: cannot status"):
        find(["/in/a"], "/t", Fault("status", path, PermissionDenied))


def test_a_directory_that_a_pattern_cannot_look_into_is_an_error_and_not_a_miss(find) -> None:
    with pytest.raises(SurveyError, match="looking for the source"):
        find(["/in/*"], "/t", Fault("list", "/in", PermissionDenied))


def test_the_target_is_asked_before_any_source(find) -> None:
    with pytest.raises(SurveyError, match="looking at the target"):
        find(["/gone"], "/t", Fault("status", "/t", PermissionDenied))


def test_a_source_that_lies_in_the_target_by_way_of_a_link_is_not_to_be_deleted(tmp_path) -> None:
    (tmp_path / "real/t/src").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    for source, target in (("real/t/src", "link/t"), ("link/t/src", "real/t")):
        places = [Uri("file", "", str(tmp_path / one)) for one in (source, target)]
        options = CopyOptions(sources=(places[0],), target=places[1], update=True, delete=True)
        with pytest.raises(UsageError, match="-delete would delete it"):
            find_roots(options, StoreConfig())
    close_filesystems()
