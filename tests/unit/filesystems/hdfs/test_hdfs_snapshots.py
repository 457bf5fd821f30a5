"""Snapshots through WebHDFS: what is asked, page by page, and what its refusals become."""

from __future__ import annotations

import json

import pytest

from hdfs2oss.filesystems.hdfs import snapshots
from hdfs2oss.filesystems.hdfs.webhdfs import WebAddress, WebHdfs
from hdfs2oss.model.errors import AlreadyExists, NotFound, StoreError, Unreachable
from hdfs2oss.rules.snapshot_diff import CREATE, DELETE, MODIFY, RENAME, SnapshotChange
from tests.unit.filesystems.oss.scripted_store import QUICK, Answer, ScriptedStore

ALIVE = Answer(200, json.dumps({"FileStatus": {}}).encode())


def ok(value: object) -> Answer:
    return Answer(200, json.dumps(value).encode())


def refused(status: int, name: str, message: str) -> Answer:
    return Answer(status, json.dumps({"RemoteException": {"exception": name, "message": message}}).encode())


NO_SUCH_OPERATION = refused(
    400,
    "IllegalArgumentException",
    'Invalid value for webhdfs parameter "op": No enum constant GetOpParam.Op.GETSNAPSHOTDIFFLISTING',
)


def web(store: ScriptedStore) -> WebHdfs:
    return WebHdfs([WebAddress("127.0.0.1", store.port)], "me", QUICK)


def row(file: int, path: str, new_path: str | None = None, reference: bool = False) -> dict[str, object]:
    found: dict[str, object] = {"dirId": 1, "fileId": file, "isReference": reference, "sourcePath": path}
    return found if new_path is None else {**found, "targetPath": new_path}


def page(created=(), deleted=(), modified=(), last=("", -1)) -> Answer:
    lists = {"createList": list(created), "deleteList": list(deleted), "modifyList": list(modified)}
    return ok({"SnapshotDiffReportListing": {**lists, "lastPath": last[0], "lastIndex": last[1]}})


def test_pages_are_put_together_also_where_a_rename_is_spread_over_two() -> None:
    pages = [
        page(created=[row(7, "new name", reference=True), row(8, "made")], modified=[row(1, "")], last=("d", 3)),
        page(deleted=[row(7, "old", "new name", reference=True), row(9, "gone"), row(10, "left", reference=True)]),
    ]
    with ScriptedStore(ALIVE, *pages) as store:
        found = snapshots.changes(web(store), "/d ä", "s1", "s2")
    assert found == [
        SnapshotChange(MODIFY, ""),
        SnapshotChange(RENAME, "old", "new name"),
        SnapshotChange(DELETE, "gone"),
        SnapshotChange(DELETE, "left"),
        SnapshotChange(CREATE, "made"),
    ]
    asked = [request.path.partition("?")[2] for request in store.requests[1:]]
    assert "snapshotdiffstartpath=&snapshotdiffindex=-1" in asked[0]
    assert "snapshotdiffstartpath=d&snapshotdiffindex=3" in asked[1]


def test_a_namenode_that_knows_no_pages_is_asked_for_all_at_once() -> None:
    rows = [
        {"type": "MODIFY", "sourcePath": ""},
        {"type": "RENAME", "sourcePath": "a", "targetPath": "b"},
        {"type": "CREATE", "sourcePath": "c"},
    ]
    with ScriptedStore(ALIVE, NO_SUCH_OPERATION, ok({"SnapshotDiffReport": {"diffList": rows}})) as store:
        found = snapshots.changes(web(store), "/d", "s1", "s2")
    assert found == [SnapshotChange(MODIFY, ""), SnapshotChange(RENAME, "a", "b"), SnapshotChange(CREATE, "c")]


def test_what_is_there_now_is_never_asked_for_in_pages() -> None:
    with ScriptedStore(ALIVE, ok({"SnapshotDiffReport": {"diffList": []}})) as store:
        assert snapshots.changes(web(store), "/d", "s1", "") == []
    assert "op=GETSNAPSHOTDIFF&oldsnapshotname=s1&snapshotname=&" in store.requests[1].path


@pytest.mark.parametrize(
    "answer",
    [
        ok({"SnapshotDiffReportListing": {"createList": [], "deleteList": []}}),
        ok({"SnapshotDiffReportListing": {"createList": [{}], "deleteList": [], "modifyList": []}}),
        ok({}),
    ],
)
def test_half_an_answer_is_none(answer: Answer) -> None:
    with ScriptedStore(ALIVE, answer) as store, pytest.raises(Unreachable):
        snapshots.changes(web(store), "/d", "s1", "s2")


def test_a_listing_that_does_not_move_on_is_no_listing() -> None:
    pages = [page(last=("d", 3))] * 2
    with ScriptedStore(ALIVE, *pages) as store, pytest.raises(Unreachable, match="does not move on"):
        snapshots.changes(web(store), "/d", "s1", "s2")


def test_an_entry_of_an_unknown_kind_ends_the_comparison() -> None:
    answer = ok({"SnapshotDiffReport": {"diffList": [{"type": "MELT", "sourcePath": "a"}]}})
    with ScriptedStore(ALIVE, answer) as store, pytest.raises(StoreError, match="MELT"):
        snapshots.changes(web(store), "/d", "s1", "")


@pytest.mark.parametrize(
    ("message", "kind", "hint"),
    [
        ('Failed to add snapshot: there is already a snapshot with the same name "s".', AlreadyExists, "another name"),
        ("Directory is not a snapshottable directory: /d", StoreError, "hdfs dfsadmin -allowSnapshot /d"),
    ],
)
def test_a_snapshot_that_cannot_be_made_says_what_to_do(message, kind, hint) -> None:
    with ScriptedStore(ALIVE, refused(403, "SnapshotException", message)) as store, pytest.raises(kind) as refusal:
        snapshots.make(web(store), "/d", "s")
    assert hint in refusal.value.hint
    assert store.requests[1].method == "PUT"


def test_a_snapshot_that_is_missing_is_told_as_that_and_one_to_be_dropped_is_fine() -> None:
    missing = refused(403, "SnapshotException", "Cannot find the snapshot of directory /d with name s7")
    with ScriptedStore(ALIVE, missing) as store, pytest.raises(NotFound):
        snapshots.changes(web(store), "/d", "s7", "s2")
    gone = refused(403, "SnapshotException", "Cannot delete snapshot s from path /d: the snapshot does not exist.")
    with ScriptedStore(gone) as store:
        snapshots.drop(web(store), "/d", "s")
    assert "op=DELETESNAPSHOT&snapshotname=s" in store.requests[0].path


def test_without_webhdfs_the_command_that_does_the_same_is_named() -> None:
    with pytest.raises(StoreError) as refusal:
        snapshots.make(WebHdfs([], "me", QUICK), "/d", "s")
    assert "hdfs dfs -createSnapshot /d s" in refusal.value.hint


def test_a_namenode_that_compares_no_snapshots_over_http_is_told_from_one_that_does_so_in_one_piece() -> None:
    with ScriptedStore(ALIVE, NO_SUCH_OPERATION, NO_SUCH_OPERATION) as store:
        with pytest.raises(StoreError, match=r"that takes Hadoop 3\.2") as caught:
            snapshots.changes(web(store), "/d", "s1", "s2")
        assert "--from-snapshot" in caught.value.hint
