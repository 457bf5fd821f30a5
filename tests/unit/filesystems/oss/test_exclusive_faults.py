"""Files that only one may create, when the store, or the way to it, fails."""

import pytest

from hdfs2oss.model.errors import (
    CorruptData,
    PermissionDenied,
    StoreError,
)

from .scripted_store import QUICK, Answer, ScriptedStore, error
from .test_faults import DAMAGED, DATA, STORED, UNVERSIONED


def test_an_exclusive_creation_whose_answer_was_lost_is_recognised_as_ours() -> None:
    marks: list[str] = []

    def lost(request) -> Answer:
        marks.append(request.headers["x-oss-meta-hdfs2oss-writer"])
        return Answer(0)

    def head(_) -> Answer:
        return Answer(200, headers={"x-oss-meta-hdfs2oss-writer": marks[0]})

    with ScriptedStore(UNVERSIONED, lost, error(409, "FileAlreadyExists"), head) as store:
        assert store.open().create_exclusive("/one", b"1")


def test_an_exclusive_creation_of_ours_that_arrived_damaged_is_removed() -> None:
    marks: list[str] = []

    def lost(request) -> Answer:
        marks.append(request.headers["x-oss-meta-hdfs2oss-writer"])
        return Answer(0)

    def head(_) -> Answer:
        return Answer(200, headers={"x-oss-meta-hdfs2oss-writer": marks[0], **DAMAGED.headers})

    script = ScriptedStore(UNVERSIONED, lost, error(409, "FileAlreadyExists"), head, STORED)
    with script as store, pytest.raises(CorruptData, match="CRC-64"):
        store.open().create_exclusive("/one", b"1")
    assert [request.method for request in store.requests][-2:] == ["HEAD", "DELETE"]


def test_an_exclusive_creation_of_another_is_left_alone_whatever_its_checksum() -> None:
    theirs = Answer(200, headers={"x-oss-meta-hdfs2oss-writer": "theirs", **DAMAGED.headers})
    with ScriptedStore(UNVERSIONED, error(409, "FileAlreadyExists"), theirs) as store:
        assert not store.open().create_exclusive("/one", b"1")
    assert store.requests[-1].method == "HEAD"


def test_an_exclusive_creation_is_lost_to_another_even_when_that_one_is_gone_again() -> None:
    with ScriptedStore(UNVERSIONED, error(409, "FileAlreadyExists"), Answer(404)) as store:
        assert not store.open().create_exclusive("/one", b"1")


@pytest.mark.parametrize("state", ["Enabled", "Suspended"])
def test_nothing_is_created_exclusively_in_a_bucket_that_keeps_versions(state: str) -> None:
    body = f"<VersioningConfiguration><Status>{state}</Status></VersioningConfiguration>".encode()
    with ScriptedStore(Answer(200, body)) as store:
        opened = store.open()
        for _ in range(2):
            with pytest.raises(PermissionDenied, match="keeps versions") as caught:
                opened.create_exclusive("/one", b"1")
    assert "--job-dir" in caught.value.hint
    assert [(request.method, request.path) for request in store.requests] == [("GET", "/lake/?versioning")]


@pytest.mark.parametrize(
    "answer",
    [error(404, "NoSuchKey"), error(501, "NotImplemented"), Answer(501), error(403, "AccessDenied")],
    ids=["404", "NotImplemented", "501", "AccessDenied"],
)
def test_a_store_that_tells_nothing_of_versions_counts_as_one_without(answer: Answer) -> None:
    with ScriptedStore(answer, STORED) as store:
        opened = store.open()
        assert opened.create_exclusive("/one", DATA)
        assert opened.create_exclusive("/two", DATA)
    assert [request.method for request in store.requests] == ["GET", "PUT", "PUT"]


@pytest.mark.parametrize("answer", [error(403, "InvalidAccessKeyId"), error(400, "InvalidArgument"), Answer(0)])
def test_nothing_is_created_exclusively_where_the_store_fails_to_say_whether_it_keeps_versions(answer: Answer) -> None:
    with ScriptedStore(*[answer] * QUICK.attempts, STORED) as store, pytest.raises(StoreError):
        store.open().create_exclusive("/one", DATA)
    assert {request.method for request in store.requests} == {"GET"}
