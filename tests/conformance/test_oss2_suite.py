"""oss2's own integration tests, file by file and with both versions of signatures, held against the list."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.conformance.oss2_suite.left_out import read_left_out
from tests.conformance.oss2_suite.running import PASSED, outcomes_of
from tests.conformance.python_clients import Oss2Suite

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(900)]

AT_ONCE = 3  # they wait more than they compute
LEFT_OUT = read_left_out()
# What plain "make test" has time for; the other files run with "make test-full".
QUICK_FILES = (
    "test_bucket_versioning",
    "test_chinese",
    "test_exception_ec",
    "test_headers",
    "test_list_objects_v2",
    "test_multipart",
    "test_object",
    "test_object_versioning",
    "test_sign",
)
# Of those, the ones that say something else with each version of signatures; of the others V4 is quick.
QUICK_WITH_V1 = ("test_exception_ec", "test_headers", "test_sign")


def cases() -> Iterator[object]:
    for file, version in LEFT_OUT:
        if not LEFT_OUT[file, version].is_whole_file:
            is_quick = file in (QUICK_WITH_V1 if version == "v1" else QUICK_FILES)
            marks = () if is_quick else pytest.mark.full
            yield pytest.param(file, version, id=f"{file}-{version}", marks=marks)


@pytest.fixture(scope="session")
def outcomes(
    request: pytest.FixtureRequest, oss2_suite: Oss2Suite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str, str], dict[str, str]]]:
    """The outcomes of a file; all files that this session asks for run in the background, some at once."""
    folder = tmp_path_factory.mktemp("oss2-suite")
    asked_for = [
        (item.callspec.params["file"], item.callspec.params["version"])
        for item in request.session.items
        if getattr(item, "originalname", "") == test_a_file_does_what_the_list_says.__name__
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs: dict[tuple[str, str], Future[dict[str, str]]] = {}
        for file, version in asked_for:
            not_run = LEFT_OUT[file, version].not_run
            place = folder / f"{file}-{version}"
            runs[file, version] = pool.submit(outcomes_of, oss2_suite, file, version, place, not_run)
        try:
            yield lambda file, version: runs[file, version].result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def test_the_list_names_every_file_of_the_suite(oss2_suite):
    files = {path.stem for path in (oss2_suite.folder / "tests").glob("test_*.py")}
    assert {file for file, _ in LEFT_OUT} == files


@pytest.mark.parametrize(("file", "version"), list(cases()))
def test_a_file_does_what_the_list_says(outcomes, record_property, file, version):
    found = outcomes(file, version)
    record_property("passed", sum(outcome == PASSED for outcome in found.values()))
    assert list(LEFT_OUT[file, version].complaints(found)) == []
    assert found, "no test ran"
