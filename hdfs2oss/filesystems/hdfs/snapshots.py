"""Snapshots of HDFS: made, dropped, and compared, through WebHDFS."""

from __future__ import annotations

from typing import Any

from ...model.errors import AlreadyExists, NotFound, StoreError, Unreachable
from ...rules.snapshot_diff import CREATE, DELETE, MODIFY, RENAME, SnapshotChange
from .webhdfs import WebHdfs, member

# The NameNode walks all directories that changed; a page holds a thousand entries at most.
_REPORT_SECONDS = 600.0
_PAGE_SECONDS = 60.0
_CURRENT = ""
# What a NameNode says of an operation that it does not know.
_UNKNOWN = "Invalid value for webhdfs parameter"


def make(web: WebHdfs, root: str, name: str) -> None:
    """Make a snapshot. Raises AlreadyExists for a name that is taken; Unanswered where it may have been made."""
    _refuse_silence(web, f"make the snapshot {name} of {root}", f"hdfs dfs -createSnapshot {root} {name}")
    try:
        web.change("PUT", root, "CREATESNAPSHOT", {"snapshotname": name}, timeout_seconds=_PAGE_SECONDS)
    except StoreError as error:
        if "already a snapshot" in error.message:
            raise AlreadyExists(error.message, "Give another name.") from error
        if "not a snapshottable directory" in error.message:
            raise StoreError(error.message, f"Let an administrator run: hdfs dfsadmin -allowSnapshot {root}") from error
        raise


def drop(web: WebHdfs, root: str, name: str) -> None:
    """Drop a snapshot; one that is not there is fine."""
    try:
        web.change("DELETE", root, "DELETESNAPSHOT", {"snapshotname": name}, True, _PAGE_SECONDS)
    except NotFound:
        return
    except StoreError as error:
        if "does not exist" not in error.message:
            raise


def changes(web: WebHdfs, root: str, older: str, newer: str) -> list[SnapshotChange]:
    """What became of the tree of a snapshottable directory between two of its snapshots; "" is what is there now.

    Asked for page by page where the NameNode can (Hadoop 3.4.1), else as one report; kept in memory either way.
    Raises NotFound for a snapshot that is missing.
    """
    what = f"compare the snapshots {older} and {newer or 'now'} of {root}"
    _refuse_silence(web, what, "")
    try:
        # What changes while it is listed would come out wrong in pages.
        return _whole_report(web, root, older, newer) if newer == _CURRENT else _in_pages(web, root, older, newer)
    except StoreError as error:
        if "Cannot find the snapshot" in error.message:
            raise NotFound(error.message, f"See which there are: hdfs dfs -ls {root}/.snapshot") from error
        raise


def _in_pages(web: WebHdfs, root: str, older: str, newer: str) -> list[SnapshotChange]:
    created: list[dict[str, Any]] = []
    deleted: list[dict[str, Any]] = []
    modified: list[dict[str, Any]] = []
    start, index = "", -1
    while True:
        parameters = {
            "oldsnapshotname": older,
            "snapshotname": newer,
            "snapshotdiffstartpath": start,
            "snapshotdiffindex": str(index),
        }
        try:
            answer = web.get(root, "GETSNAPSHOTDIFFLISTING", parameters, _PAGE_SECONDS)
        except StoreError as error:
            if _UNKNOWN not in error.message or start:
                raise
            return _whole_report(web, root, older, newer)
        page = member(answer, "SnapshotDiffReportListing", root)
        created += _rows(page, "createList", root)
        deleted += _rows(page, "deleteList", root)
        modified += _rows(page, "modifyList", root)
        last = (str(page.get("lastPath") or ""), int(page.get("lastIndex", -1)))
        if last == ("", -1):
            return _put_together(created, deleted, modified)
        if last == (start, index):
            raise Unreachable(f"the comparison of the snapshots {older} and {newer} of {root} does not move on")
        start, index = last


def _put_together(
    created: list[dict[str, Any]], deleted: list[dict[str, Any]], modified: list[dict[str, Any]]
) -> list[SnapshotChange]:
    """A rename is a deleted reference that says where it went, and a created one of the same file."""
    renamed = {row["fileId"]: row for row in deleted if row.get("isReference") and row.get("targetPath") is not None}
    found = [SnapshotChange(MODIFY, row["sourcePath"]) for row in modified]
    found += [SnapshotChange(RENAME, row["sourcePath"], row["targetPath"]) for row in renamed.values()]
    found += [SnapshotChange(DELETE, row["sourcePath"]) for row in deleted if row["fileId"] not in renamed]
    found += [SnapshotChange(CREATE, row["sourcePath"]) for row in created if row["fileId"] not in renamed]
    return found


def _whole_report(web: WebHdfs, root: str, older: str, newer: str) -> list[SnapshotChange]:
    parameters = {"oldsnapshotname": older, "snapshotname": newer}
    try:
        answer = web.get(root, "GETSNAPSHOTDIFF", parameters, _REPORT_SECONDS)
    except StoreError as error:
        if _UNKNOWN not in error.message:
            raise
        raise StoreError(
            f"this NameNode does not tell over WebHDFS what changed between snapshots of {root}: that takes Hadoop 3.2",
            "Copy a snapshot as a whole: -update --from-snapshot NAME",
        ) from error
    report = member(answer, "SnapshotDiffReport", root)
    kinds = (CREATE, DELETE, MODIFY, RENAME)
    found = []
    for row in _rows(report, "diffList", root):
        if row.get("type") not in kinds:
            raise StoreError(f"the report on {root} holds an entry of the kind {row.get('type')}")
        found.append(SnapshotChange(row["type"], row["sourcePath"], row.get("targetPath") or ""))
    return found


def _rows(answer: dict[str, Any], name: str, root: str) -> list[dict[str, Any]]:
    rows = answer.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "sourcePath" in row for row in rows):
        raise Unreachable(f"WebHDFS does not say what changed in {root}: its answer has no {name}")
    return rows


def _refuse_silence(web: WebHdfs, what: str, instead: str) -> None:
    why = web.silent_because()
    if why:
        hint = "Only WebHDFS does that: see dfs.webhdfs.enabled and dfs.namenode.http-address."
        raise StoreError(f"cannot {what}: {why}", f"{hint} Or run: {instead}" if instead else hint)
