"""Objects that other tools left on OSS and that no tree of paths can hold: named, counted, never a crash."""

import oss2
import pytest


@pytest.fixture
def put(oss_server, make_place):
    """Put an object under any key below the source."""
    session = oss2.Session()
    session.session.trust_env = False
    bucket = oss2.Bucket(oss2.Auth("test-id", "test-secret"), oss_server.endpoint, "lake", session=session)
    source = make_place("oss", "source")

    def run(**objects: bytes):
        for key, data in objects.items():
            bucket.put_object(source.uri.path[1:] + "/" + key, data)
        return source

    return run


@pytest.mark.parametrize("key", ["d//x", "d/./x", "d/../x", "d/x/", "//x"])
def test_a_key_that_is_no_path_fails_alone(copy, put, make_place, count, key) -> None:
    source, target = put(**{key: b"odd", "d/fine": b"1", "z": b"2"}), make_place("file", "target")
    report = copy(source, target)
    assert report.exit_code == 4, report.as_dict()
    assert (count(report, "COPY"), count(report, "FAIL")) == (2, 1)
    assert report.failures[0].error_class == "IllegalName"
    assert report.discrepancy == ""
    found = target.read()
    assert {path: data for path, data in found.items() if data is not None} == {"d/fine": b"1", "z": b"2"}


def test_a_key_that_is_a_file_and_a_directory_fails_and_what_lies_below_arrives(copy, put, make_place, count) -> None:
    source = put(**{"a": b"file", "a-b": b"1", "a/x": b"2"})
    target = make_place("file", "target")
    report = copy(source, target)
    assert (report.exit_code, count(report, "COPY"), count(report, "FAIL")) == (4, 2, 1)
    assert target.read() == {"a-b": b"1", "a/x": b"2"}
    assert report.failures[0].error_class == "TypeConflict"
    assert "both a file and a directory" in report.failures[0].message


def test_markers_of_directories_are_directories(copy, put, make_place, count) -> None:
    source, target = put(**{"empty/": b"", "d/": b"", "d/x": b"1"}), make_place("file", "target")
    report = copy(source, target)
    assert (report.exit_code, count(report, "COPY")) == (0, 1)
    assert target.read() == {"empty/": None, "d/x": b"1"}
