"""Calls to Hadoop's Java client: what Java says becomes an error of ours, and nothing of a call is left behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest

from hdfs2oss.filesystems.hadoop_jvm import HadoopJvm, JavaFailed
from hdfs2oss.filesystems.java.client import JavaStore, web_path
from hdfs2oss.filesystems.java.pipes import open_pipe
from hdfs2oss.filesystems.java.reader import JavaReader
from hdfs2oss.filesystems.java.writer import JavaWriter
from hdfs2oss.model.attributes import NOTHING
from hdfs2oss.model.errors import NotFound, StoreError, Unreachable


def a_store(scheme: str = "hdfs") -> JavaStore:
    return JavaStore(scheme, "lake", {}, HadoopJvm("", {}))


class DeadJvm(JavaStore):
    """One whose JVM has gone before anything could be begun in it."""

    def look(self, what: str, function: Callable[..., Any], mode: str = "", timeout_seconds: float = 0.0) -> Any:
        return 10, (10, 1), object()

    def change(self, what: str, function: Callable[..., Any], brings_nothing: bool = False) -> Any:
        return object()

    def begin(self, what: str, function: Callable[..., Any]) -> Future[Any]:
        coming: Future[Any] = Future()
        coming.set_exception(Unreachable("the JVM has gone"))
        return coming


def test_a_pipe_that_java_cannot_open_is_no_file_that_is_missing() -> None:
    here = f"{open_pipe()[0].name} (Too many open files)"
    error = a_store().error_of("read /a", JavaFailed("FileNotFoundException", here), brings_nothing=True)
    assert type(error) is Unreachable
    error = a_store().error_of("read /a", JavaFailed("FileNotFoundException", "/proc/1/fd/2"), brings_nothing=True)
    assert type(error) is NotFound


def test_where_the_jvm_has_gone_reading_and_writing_leave_no_end_of_a_pipe() -> None:
    store = DeadJvm("hdfs", "lake", {}, HadoopJvm("", {}))
    before = sorted(os.listdir("/proc/self/fd"))
    with pytest.raises(Unreachable):
        list(JavaReader(store, "/a").stream(0, 10, 10))
    writer = JavaWriter(store, "/a", "/w", NOTHING, None, lambda path: None)
    with pytest.raises(Unreachable):
        writer.commit(lambda stored: None)
    writer.abort()
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_who_may_not_is_told_so_whatever_the_directory_is_called() -> None:
    said = 'Permission denied: user=bob, access=EXECUTE, inode="/a is not a directory":root:root:drwx------'
    error = a_store().error_of("list /a", JavaFailed("AccessControlException", said), brings_nothing=True)
    assert not isinstance(error, NotFound)
    below = 'Permission denied: user=bob, inode="/f":root:root:-rw-r--r-- (Ancestor /f is not a directory).'
    error = a_store().error_of("look at /f/a", JavaFailed("AccessControlException", below), brings_nothing=True)
    assert isinstance(error, NotFound)


def test_a_call_without_an_answer_in_time_is_an_error_of_the_store() -> None:
    with pytest.raises(Unreachable, match="no answer from hdfs://lake in time"):
        a_store().result("read /a", Future(), 0.001)


@pytest.mark.parametrize("name", ["/a+b", "/a%20b/f", "/a;b"])
def test_a_path_that_a_server_takes_for_another_one_is_refused(name: str) -> None:
    with pytest.raises(StoreError, match=r"takes .* for another path"):
        web_path(str, lambda: True, name)
    assert web_path(str, lambda: False, name) == name


def test_a_server_is_asked_about_paths_only_where_that_matters() -> None:
    assert web_path(SimpleNamespace, lambda: pytest.fail("asked")) == SimpleNamespace()
    assert web_path(str, lambda: pytest.fail("asked"), "/a b/ü") == "/a b/ü"
