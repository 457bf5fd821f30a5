"""Attributes that go by WebHDFS, and what is said where they are switched off."""

import json

import pytest

from hdfs2oss.filesystems.hadoop_jvm import HadoopJvm
from hdfs2oss.filesystems.hdfs.attributes import HdfsAttributes
from hdfs2oss.filesystems.hdfs.client import HdfsClient
from hdfs2oss.filesystems.hdfs.java_client import JavaClient
from hdfs2oss.filesystems.hdfs.questions import Supplement, set_ec_policy, set_xattr, xattrs_of
from hdfs2oss.filesystems.hdfs.webhdfs import WebAddress, WebHdfs
from hdfs2oss.model.errors import StoreError, Unreachable
from tests.unit.filesystems.oss.scripted_store import QUICK, Answer, ScriptedStore

DISABLED = (
    "The XAttr operation has been rejected.  Support for XAttrs has been disabled by setting "
    "dfs.namenode.xattrs.enabled to false."
)

NO_JAVA = JavaClient("127.0.0.1:1", {}, HadoopJvm("", {}))


def ok(value: object) -> Answer:
    return Answer(200, json.dumps(value).encode())


def refused(name: str, message: str) -> Answer:
    return Answer(403, json.dumps({"RemoteException": {"exception": name, "message": message}}).encode())


def web(store: ScriptedStore) -> WebHdfs:
    return WebHdfs([WebAddress("127.0.0.1", store.port)], "me", QUICK)


def attributes(store: ScriptedStore) -> HdfsAttributes:
    return attributes_by(web(store))


def attributes_by(asked: WebHdfs) -> HdfsAttributes:
    return HdfsAttributes(HdfsClient("127.0.0.1:1", {}), asked, Supplement(asked, NO_JAVA))


def test_extended_attributes_are_binary_sorted_and_empty_where_they_have_no_value() -> None:
    rows = [{"name": "user.b", "value": "0sAP8="}, {"name": "user.a", "value": None}, {"name": "trusted.c"}]
    with ScriptedStore(ok({"XAttrs": rows}), ok({"XAttrs": []})) as store:
        assert xattrs_of(web(store), "/f") == (("trusted.c", b""), ("user.a", b""), ("user.b", b"\x00\xff"))
        assert xattrs_of(web(store), "/f") == ()
    assert store.requests[0].path == "/webhdfs/v1/f?op=GETXATTRS&encoding=base64&user.name=me"


def test_an_answer_without_attributes_is_no_answer() -> None:
    with ScriptedStore(ok({})) as store, pytest.raises(Unreachable, match="does not say which extended attributes"):
        xattrs_of(web(store), "/f")


def test_changes_are_sent_as_webhdfs_wants_them() -> None:
    with ScriptedStore(Answer(200, b""), Answer(200, b"")) as store:
        set_xattr(web(store), "/a b", "user.ü", b"\x00")
        set_ec_policy(web(store), "/d", "RS-6-3-1024k")
    assert [request.path for request in store.requests] == [
        "/webhdfs/v1/a%20b?op=SETXATTR&xattr.name=user.%C3%BC&xattr.value=0sAA%3D%3D&flag=CREATE%2CREPLACE&user.name=me",
        "/webhdfs/v1/d?op=SETECPOLICY&ecpolicy=RS-6-3-1024k&user.name=me",
    ]


def test_where_they_are_switched_off_the_key_to_set_is_named() -> None:
    answers = ok({"FileStatus": {}}), refused("UnsupportedOperationException", DISABLED)
    what = "extended attributes are switched off at the NameNode"
    with ScriptedStore(*answers) as store, pytest.raises(StoreError, match=what) as caught:
        attributes(store).refuse("x")
    assert "Set dfs.namenode.xattrs.enabled to true" in caught.value.hint
    assert "leave x out of -p" in caught.value.hint


def test_another_refusal_stays_what_it_is() -> None:
    answers = ok({"FileStatus": {}}), refused("AccessControlException", "no")
    with ScriptedStore(*answers) as store, pytest.raises(StoreError, match="AccessControlException: no"):
        attributes(store).refuse("x")


def test_without_webhdfs_and_java_x_and_e_are_out_of_reach_and_the_others_need_none() -> None:
    silent = attributes_by(WebHdfs([], "me", QUICK))
    for letters in ("x", "ugpe"):
        with pytest.raises(
            StoreError, match=r"go by WebHDFS, and that does not answer: .*; there is no Java client here"
        ):
            silent.refuse(letters)
    silent.refuse("rbugpct")


def test_a_policy_whose_parity_would_be_wrong_is_never_set() -> None:
    silent = attributes_by(WebHdfs([], "me", QUICK))
    with pytest.raises(StoreError, match="XOR-2-1-1024k: parity of what is written into it would be wrong"):
        silent.set_ec_policy("/d", "XOR-2-1-1024k")


def test_a_namenode_that_does_not_know_the_question_is_called_too_old_with_what_to_leave_out() -> None:
    told = refused("IllegalArgumentException", 'Invalid value for webhdfs parameter "op": No enum constant GETXATTRS')
    too_old = pytest.raises(StoreError, match="too old for extended attributes")
    with ScriptedStore(ok({"FileStatus": {}}), told) as store, too_old as caught:
        attributes(store).refuse("x")
    assert "leave x out of -p" in caught.value.hint.lower()
