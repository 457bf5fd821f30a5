"""Whole or an error: an answer that ends at any byte gives the right result after a retry, or an error."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hdfs2oss.filesystems.body import body_of
from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.oss.filesystem import OssFileSystem
from hdfs2oss.local_oss import Limits, LocalOssServer
from hdfs2oss.model.errors import Hdfs2ossError, Unreachable
from hdfs2oss.model.values import StoredPart
from hdfs2oss.rules.checksum import crc64
from hdfs2oss.rules.retry import RetryPolicy
from tests.stores.cut_answers import Wire, record, replay

# Two tries, without the waiting.
QUICK = RetryPolicy(attempts=2, base_seconds=0.0, deadline_seconds=60, throttled_attempts=2, throttled_seconds=60)
PART = b"p" * 10
DATA = b"0123456789abcdef"


def read(store: OssFileSystem, path: str, offset: int, size: int, expected: int) -> bytes:
    with store.open_reader(path, expected) as reader:
        return b"".join(reader.stream(offset, size, 7))


OPERATIONS: dict[str, Callable[[OssFileSystem], object]] = {
    "walk, two pages": lambda store: list(store.walk("/d")),
    "children, with prefixes": lambda store: list(store.walk("/d", recursive=False)),
    "walk of what is missing": lambda store: list(store.walk("/nowhere")),
    "status of a file": lambda store: store.status("/d/a"),
    "status of a directory": lambda store: store.status("/d"),
    "status of nothing": lambda store: store.status("/nothing"),
    "read whole": lambda store: read(store, "/d/a", 0, len(DATA), len(DATA)),
    "read a range": lambda store: read(store, "/d/a", 3, 9, -1),
    "read what is missing": lambda store: read(store, "/nothing", 0, 1, 1),
    "put": lambda store: store.put("/d/new", DATA, "", {}),
    "make a directory": lambda store: store.make_directory("/d/made"),
    "create exclusively": lambda store: store.create_exclusive("/d/one", DATA),
    "create what is taken": lambda store: store.create_exclusive("/d/a", DATA),
    "remove": lambda store: store.remove("/d/x/y"),
    "begin an upload": lambda store: bool(store.begin_upload("/d/up")),
    "read notes": lambda store: store.read_notes("/d/a"),
    "a missing bucket": lambda store: store.walk("/d") and list(store.walk("/d")),
}


def outcome(operation: Callable[[OssFileSystem], object], port: int, bucket: str = "lake") -> object:
    """What an operation gives, or the class of error that it raises."""
    store = OssFileSystem(bucket, OssAccess(f"http://127.0.0.1:{port}", "id", "secret"), retries=QUICK)
    try:
        return operation(store)
    except Hdfs2ossError as error:
        return type(error)
    finally:
        store.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    directory, limits = tmp_path_factory.mktemp("oss"), Limits(min_part_bytes=1)
    with LocalOssServer(directory, "id", "secret", buckets=["lake"], limits=limits) as server:
        store = OssFileSystem("lake", OssAccess(server.endpoint, "id", "secret"))
        for name in ("a", "b", "x/y", "x/z", "é", "e/f/g"):
            store.put(f"/d/{name}", DATA, "", {})
        store.keep_note("/d/a", {"crc": "1"})
        store.close()
        yield server


def answers_of(server: LocalOssServer, name: str) -> tuple[object, list[bytes]]:
    wire, answers = record(server.port)
    bucket = "missing" if name == "a missing bucket" else "lake"
    with wire:
        return outcome(OPERATIONS[name], wire.port, bucket), answers


def assert_whole_or_an_error(server: LocalOssServer, name: str, always: bool, step: int) -> None:
    whole, answers = answers_of(server, name)
    assert len(answers) >= (2 if "two pages" in name else 1)
    assert isinstance(whole, type) is ("missing" in name), "what is whole is an error where something is missing only"
    for number, answer in enumerate(answers):
        for end in range(0, len(answer), step):
            with replay(answers, number, end, always) as wire:
                found = outcome(OPERATIONS[name], wire.port, "missing" if name == "a missing bucket" else "lake")
            is_error = isinstance(found, type) and issubclass(found, Hdfs2ossError)
            assert found == whole or (is_error and (not isinstance(whole, type) or found is not whole)), (
                f"answer {number} cut after {end} of {len(answer)} bytes: {answer[:end][-60:]!r}"
            )


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_answer_cut_here_and_there_is_never_taken_for_another(server, name) -> None:
    assert_whole_or_an_error(server, name, True, 37)


@pytest.mark.slow
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_answer_cut_once_is_never_taken_for_another(server, name) -> None:
    assert_whole_or_an_error(server, name, False, 13)


@pytest.mark.full
@pytest.mark.parametrize("always", [pytest.param(False, id="once"), pytest.param(True, id="each time")])
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_answer_cut_at_any_byte_is_never_taken_for_another(server, name, always) -> None:
    assert_whole_or_an_error(server, name, always, 1)


def test_the_answer_to_a_part_that_is_cut_at_any_byte_is_none(server) -> None:
    store = OssFileSystem("lake", OssAccess(server.endpoint, "id", "secret"), retries=QUICK)
    upload_id = store.begin_upload("/d/up")

    def send(store: OssFileSystem) -> object:
        return store.put_part("/d/up", upload_id, 1, body_of(PART))

    wire, answers = record(server.port)
    with wire:
        whole = outcome(send, wire.port)
    assert isinstance(whole, StoredPart)
    for end in range(len(answers[0])):
        with replay(answers, 0, end, True) as wire:
            assert outcome(send, wire.port) is Unreachable, answers[0][:end]
    with replay(answers, 0, len(answers[0]), True) as wire:
        assert outcome(send, wire.port) == whole
    store.abort_upload("/d/up", upload_id)
    store.close()


def test_the_answer_to_a_put_that_is_cut_at_any_byte_is_none(server) -> None:
    whole, (answer, *_) = answers_of(server, "put")
    for end in range(len(answer)):
        # The answer to the look at what a try without an answer may have left is cut, too.
        with replay([answer], 0, end, True) as wire:
            assert outcome(OPERATIONS["put"], wire.port) is Unreachable, answer[:end]
    with replay([answer], 0, len(answer), True) as wire:
        assert outcome(OPERATIONS["put"], wire.port) == whole


@pytest.mark.slow
def test_a_completed_upload_whose_answer_is_cut_is_found_whole_or_fails(server) -> None:
    store = OssFileSystem("lake", OssAccess(server.endpoint, "id", "secret"), retries=QUICK)
    upload_id = store.begin_upload("/d/up")
    sent = store.put_part("/d/up", upload_id, 1, body_of(PART))
    wire, answers = record(server.port)
    with wire:
        through = OssFileSystem("lake", OssAccess(f"http://127.0.0.1:{wire.port}", "id", "secret"), retries=QUICK)
        through.complete_upload("/d/up", upload_id, [sent])
    head = b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\nx-oss-hash-crc64ecma: %d\r\nETag: "E"\r\n\r\n'
    there = head % (len(PART), crc64(PART))
    gone = b"<Error><Code>NoSuchUpload</Code></Error>"
    missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n%b" % (len(gone), gone)
    for end in range(len(answers[0])):
        with replay([answers[0], missing, there], 0, end, False) as wire:
            found = outcome(lambda store: store.complete_upload("/d/up", "u", [sent]), wire.port)
        is_error = isinstance(found, type) and issubclass(found, Hdfs2ossError)
        assert is_error or (found.length, found.crc64) == (len(PART), crc64(PART)), end  # type: ignore[attr-defined]
    store.close()


def test_bytes_behind_an_answer_are_never_taken_for_the_next_one(server) -> None:
    _, (stray, *_) = answers_of(server, "walk of what is missing")
    there, pages = answers_of(server, "children, with prefixes")
    assert there
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nLast-Modified: Sat, 21 Nov 2026 00:00:00 GMT\r\n\r\n"
    with Wire(lambda number, request: [head, *pages][number], keeps=True) as wire:
        store = OssFileSystem("lake", OssAccess(f"http://127.0.0.1:{wire.port}", "id", "secret"), retries=QUICK)
        assert store.status("/d/a") is not None
        wire.say(stray)
        assert list(store.walk("/d", recursive=False)) == there
        store.close()


def test_an_answer_that_is_only_on_its_way_is_none(server) -> None:
    with Wire(lambda number, request: b"HTTP/1.1 102 Processing\r\n\r\n") as wire:
        assert outcome(OPERATIONS["status of a file"], wire.port) is Unreachable
