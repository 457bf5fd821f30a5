"""What the client counts: each operation once, however often it had to be sent."""

import pytest

from hdfs2oss.filesystems.body import body_of
from hdfs2oss.model.errors import PermissionDenied, Unreachable
from hdfs2oss.rules.checksum import crc64

from .scripted_store import Answer, ScriptedStore, error

DATA = b"0123456789"
STORED = Answer(200, DATA, {"x-oss-hash-crc64ecma": str(crc64(DATA)), "ETag": '"E"'})
PAGE = b"<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated></ListBucketResult>"
BUSY = error(503, "Busy")
PATIENCE = {
    "REQUESTS_REPEATED",
    "REQUESTS_THROTTLED",
    "THROTTLED_MILLISECONDS",
    "QUEUED_MILLISECONDS",
    "REQUESTS_LIMITED",
    "REQUESTS_IN_FLIGHT_SUM",
}


def counted(*answers: Answer, ask) -> tuple[int, dict[str, int]]:
    """How many requests arrived, and what was counted for them."""
    with ScriptedStore(*answers) as store:
        opened = store.open()
        ask(opened)
        found = {name: count for name, count in opened.traffic.snapshot().items() if count and name not in PATIENCE}
        return len(store.requests), found


@pytest.mark.parametrize(
    ("answer", "ask", "expected"),
    [
        (STORED, lambda store: store.put("/f", DATA, "", {}), {"BYTES_WRITTEN": 10, "WRITE_OPS": 1}),
        (STORED, lambda store: store.put_part("/f", "U", 1, body_of(DATA)), {"BYTES_WRITTEN": 10, "WRITE_OPS": 1}),
        (STORED, lambda store: store.read_bytes("/f"), {"BYTES_READ": 10, "READ_OPS": 1}),
        (STORED, lambda store: store.status("/f"), {"READ_OPS": 1}),
        (Answer(200, PAGE), lambda store: store.status("/"), {"READ_OPS": 1, "LARGE_READ_OPS": 1}),
        (Answer(204), lambda store: store.abort_upload("/f", "U"), {"WRITE_OPS": 1}),
    ],
    ids=["put", "part", "read", "status", "page", "abort"],
)
def test_an_operation_is_counted_once_however_often_it_was_sent(answer: Answer, ask, expected: dict[str, int]) -> None:
    assert counted(answer, ask=ask) == (1, expected)
    assert counted(BUSY, BUSY, answer, ask=ask) == (3, expected)


def test_bytes_that_did_not_get_through_are_not_counted() -> None:
    def put(store) -> None:
        with pytest.raises(PermissionDenied):
            store.put("/f", DATA, "", {})

    assert counted(error(403, "AccessDenied"), ask=put) == (1, {})


def test_a_look_that_was_not_answered_was_asked_all_the_same() -> None:
    def look(store) -> None:
        with pytest.raises(Unreachable):
            store.status("/f")

    assert counted(Answer(0), ask=look)[1] == {"READ_OPS": 1}


def test_requests_that_are_sent_again_are_counted_and_so_is_the_patience_that_was_asked_for() -> None:
    busy = error(503, "SlowDown", x_oss_qos_delay_time="7")
    with ScriptedStore(busy, error(500, "InternalError"), Answer(200, headers={"Content-Length": "0"})) as store:
        opened = store.open()
        assert opened.status("/file") is not None
    counted = opened.traffic.snapshot()
    assert (counted["REQUESTS_REPEATED"], counted["REQUESTS_THROTTLED"]) == (2, 1)
    assert (counted["REQUESTS_LIMITED"], counted["REQUESTS_IN_FLIGHT_SUM"]) == (2, 2)
    assert 7 <= counted["THROTTLED_MILLISECONDS"] < 1000


@pytest.mark.parametrize(
    ("named", "least_ms"), [({"x_oss_qos_delay_time": "120"}, 120), ({"Retry_After": "1"}, 1000)], ids=["oss", "proxy"]
)
def test_a_delay_that_is_named_is_waited_for(named: dict[str, str], least_ms: int) -> None:
    with ScriptedStore(error(503, "SlowDown", **named), Answer(200, headers={"Content-Length": "0"})) as store:
        opened = store.open()
        assert opened.status("/file") is not None
    assert least_ms <= opened.traffic.snapshot()["THROTTLED_MILLISECONDS"] < least_ms + 1000
