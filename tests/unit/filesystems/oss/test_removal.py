"""Answers to a request that removes many keys."""

import pytest

from tests.unit.filesystems.oss.scripted_store import Answer, ScriptedStore


@pytest.mark.parametrize(
    ("body", "gone"),
    [
        (b"<DeleteResult><Deleted><Key>b</Key></Deleted></DeleteResult>", [False, True]),
        (
            b"<DeleteResult><EncodingType>url</EncodingType><Deleted><Key>%61</Key></Deleted>"
            b"<Deleted><Key>b</Key></Deleted></DeleteResult>",
            [True, True],
        ),
        (b"<DeleteResult></DeleteResult>", [False, False]),
        (b"", [False, False]),
        (b"<DeleteResult><Deleted><Key>a</Key></Deleted>", [False, False]),
        (b"<html>welcome</html>", [False, False]),
    ],
    ids=["one is missing", "encoded", "none", "empty", "cut", "of somebody else"],
)
def test_only_a_key_that_a_whole_answer_names_is_gone(body, gone) -> None:
    with ScriptedStore(Answer(body=body)) as server:
        store = server.open()
        removals = store.remove_each(["/a", "/b"], directories=False)
        store.close()
    assert [one.error is None for one in removals] == gone
