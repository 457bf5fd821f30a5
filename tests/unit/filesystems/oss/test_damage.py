"""Objects that arrived damaged: removed while they are ours, remembered by their ETag where they stay."""

import pytest

from hdfs2oss.model.errors import (
    CorruptData,
    PermissionDenied,
)

from .scripted_store import Answer, ScriptedStore, error
from .test_faults import CRC, DAMAGED, DATA, STORED, complete


def test_what_was_put_without_a_stated_checksum_is_looked_at() -> None:
    held = Answer(200, DATA, {"ETag": '"E"'})
    with ScriptedStore(Answer(200, headers={"ETag": '"E"'}), held) as store:
        stored = store.open().put("/file", DATA, "", {})
    assert [request.method for request in store.requests] == ["PUT", "HEAD"]
    assert (stored.length, stored.crc64) == (len(DATA), None)


def test_what_another_wrote_over_our_damage_stays() -> None:
    with ScriptedStore(DAMAGED, *[DAMAGED] * 3, STORED) as store, pytest.raises(CorruptData):
        store.open().put("/dir/file", DATA, "", {})
    assert [request.method for request in store.requests] == ["PUT"] * 4 + ["HEAD"]


def test_a_completed_object_that_is_damaged_is_removed_while_it_is_ours() -> None:
    for there, expected in ((DAMAGED, ["POST", "HEAD", "DELETE"]), (STORED, ["POST", "HEAD"])):
        with ScriptedStore(DAMAGED, there) as store, pytest.raises(CorruptData):
            complete(store)
        assert [request.method for request in store.requests] == expected


@pytest.mark.parametrize(
    ("looked", "removed"),
    [(DAMAGED, error(403, "AccessDenied")), (error(403, "AccessDenied"), STORED)],
    ids=["not removed", "not even looked at"],
)
def test_damage_that_stays_is_carried_on_by_its_etag(looked: Answer, removed: Answer) -> None:
    with ScriptedStore(*[DAMAGED] * 4, looked, removed) as store, pytest.raises(CorruptData) as raised:
        store.open().put("/dir/file", DATA, "", {})
    assert raised.value.left_etags == ("D",)
    assert "it could not be removed: " in str(raised.value)


@pytest.mark.parametrize("there", [DAMAGED, STORED, error(404, "NoSuchKey")], ids=["removed", "another's", "gone"])
def test_damage_that_is_gone_is_not_carried_on(there: Answer) -> None:
    with ScriptedStore(*[DAMAGED] * 4, there, STORED) as store, pytest.raises(CorruptData) as raised:
        store.open().put("/dir/file", DATA, "", {})
    assert raised.value.left_etags == ()


def test_damage_that_only_a_look_shows_is_removed_too() -> None:
    silent = Answer(200, headers={"ETag": '"D"'})
    with ScriptedStore(silent, DAMAGED, DAMAGED, STORED) as store, pytest.raises(CorruptData):
        store.open().put("/dir/file", DATA, "", {})
    assert [request.method for request in store.requests] == ["PUT", "HEAD", "HEAD", "DELETE"]


def test_damage_of_a_completed_object_that_only_a_look_shows_is_removed_while_it_is_ours() -> None:
    silent = Answer(200, headers={"ETag": '"D"'})
    damaged = Answer(200, DATA, {"x-oss-hash-crc64ecma": "1", "ETag": '"D"'})
    with ScriptedStore(silent, damaged, damaged, STORED) as store, pytest.raises(CorruptData):
        complete(store)
    assert [request.method for request in store.requests] == ["POST", "HEAD", "HEAD", "DELETE"]
    anothers = Answer(200, DATA, {"x-oss-hash-crc64ecma": "1", "ETag": '"A"'})
    with ScriptedStore(silent, anothers) as store:
        assert complete(store).crc64 == 1
    assert [request.method for request in store.requests] == ["POST", "HEAD"]


@pytest.mark.parametrize(
    ("there", "carried_on"),
    [
        (Answer(200, DATA, {"x-oss-hash-crc64ecma": "1", "ETag": '"X"'}), ("X",)),
        (Answer(200, DATA, CRC), ()),
        (Answer(200, DATA[:-1], {"x-oss-hash-crc64ecma": "1", "ETag": '"X"'}), ()),
        (error(404, "NoSuchKey"), ()),
        (error(403, "AccessDenied"), ()),
    ],
    ids=["other bytes", "what was sent", "another length", "nothing", "nobody can tell"],
)
def test_other_bytes_that_stand_where_an_answer_was_lost_are_carried_on_by_their_etag(there, carried_on) -> None:
    refused = error(403, "AccessDenied")
    with ScriptedStore(Answer(0), refused, there) as store, pytest.raises(PermissionDenied) as raised:
        store.open().put("/dir/file", DATA, "", {})
    assert raised.value.left_etags == carried_on
    assert [request.method for request in store.requests] == ["PUT", "PUT", "HEAD"]
