"""In which order attributes are set on a file system of Hadoop, and what is left as it is."""

from __future__ import annotations

import inspect

import pytest

from hdfs2oss.filesystems.hadoop_attributes import HadoopAttributes
from hdfs2oss.model.attributes import NOTHING, AclEntry, Attributes
from hdfs2oss.model.errors import PermissionDenied, StoreError

BOB, DEFAULT = AclEntry("access", "user", "bob", "r-x"), AclEntry("default", "user", "bob", "r-x")
FOUND = Attributes("hdfs", "staff", 0o644, 1, 2, 3, acl=(), xattrs=())
ALL = Attributes("alice", "lake", 0o1750, 10, 20, 2, ec_policy="RS-6-3-1024k", acl=(BOB,), xattrs=(("user.a", b"1"),))


class Written(HadoopAttributes):
    """Writes down what it is called for. `refused` is said of a time that is not kept."""

    def __init__(self, found: Attributes = FOUND, refused: str = "", coded: bool = False) -> None:
        self.found, self.refused, self.coded = found, refused, coded
        self.calls: list[tuple[object, ...]] = []
        self.asked = ""

    def read(self, path: str, letters: str) -> Attributes:
        self.asked = letters
        return self.found

    def refuse(self, letters: str) -> None:
        raise AssertionError(letters)

    def is_coded(self, path: str, replication: int | None) -> bool:
        return self.coded

    def set_times(self, path: str, mtime_ms: int | None, atime_ms: int | None) -> None:
        self._note(mtime_ms, atime_ms)
        if self.refused and atime_ms is not None:
            raise StoreError(self.refused)

    def set_owner(self, path: str, owner: str | None, group: str | None) -> None:
        self._note(owner, group)

    def set_permission(self, path: str, permission: int) -> None:
        self._note(permission)

    def set_replication(self, path: str, replication: int) -> None:
        self._note(replication)

    def set_xattr(self, path: str, name: str, value: bytes) -> None:
        self._note(name, value)

    def set_ec_policy(self, path: str, policy: str) -> None:
        self._note(policy)

    def set_acl(self, path: str, entries: tuple[AclEntry, ...]) -> None:
        self._note(*(entry.kind for entry in entries))

    def drop_default_acl(self, path: str) -> None:
        self._note()

    def _note(self, *given: object) -> None:
        self.calls.append((inspect.stack()[1].function, *given))

    def names(self) -> list[object]:
        return [call[0] for call in self.calls]


def test_what_needs_the_right_to_write_comes_first_and_the_owner_last() -> None:
    store = Written()
    assert store.keep("/f", ALL)
    assert store.calls == [
        ("set_ec_policy", "RS-6-3-1024k"),
        ("set_xattr", "user.a", b"1"),
        ("set_replication", 2),
        ("set_times", 10, 20),
        ("set_acl", "user", "user", "mask", "other"),
        ("set_permission", 0o1750),
        ("set_owner", "alice", "lake"),
    ]  # fmt: skip


def test_where_all_is_there_nothing_is_set() -> None:
    store = Written(ALL)
    assert not store.keep("/f", ALL)
    assert store.calls == []


def test_only_what_is_wanted_is_asked_for_beside_what_a_look_tells() -> None:
    store = Written()
    store.keep("/f", NOTHING._replace(owner="alice"))
    assert sorted(store.asked) == sorted("ugpt")
    store.keep("/f", ALL)
    assert sorted(store.asked) == sorted("ugptaxer")
    assert store.calls[0] == ("set_owner", "alice", None)


def test_a_permission_goes_with_its_acl_but_for_the_sticky_bit() -> None:
    store = Written()
    store.keep("/f", ALL._replace(permission=0o750))
    assert "set_permission" not in store.names()
    store = Written()
    store.keep("/f", NOTHING._replace(permission=0o750))
    assert store.calls == [("set_permission", 0o750)]


def test_default_entries_that_are_wanted_no_more_are_dropped_by_a_call_of_their_own() -> None:
    store = Written(FOUND._replace(acl=(DEFAULT,)))
    store.keep("/d", NOTHING._replace(permission=0o644, acl=(BOB,)))
    assert store.names() == ["drop_default_acl", "set_acl"]
    store = Written(FOUND._replace(acl=(DEFAULT,)))
    store.keep("/d", NOTHING._replace(permission=0o644, acl=(DEFAULT, BOB)))
    assert store.names() == ["set_acl"]


def test_a_coded_file_is_given_no_replicas() -> None:
    store = Written(coded=True)
    assert store.keep("/f", NOTHING._replace(replication=2))
    assert store.calls == []


def test_where_there_are_no_access_times_the_other_is_kept() -> None:
    store = Written(refused="set dfs.namenode.accesstime.precision to keep them")
    store.keep("/f", NOTHING._replace(mtime_ms=10, atime_ms=20))
    assert store.calls == [("set_times", 10, 20), ("set_times", 10, None)]


def test_another_refusal_of_times_is_told() -> None:
    store = Written(refused="no")
    with pytest.raises(StoreError, match="no"):
        store.keep("/f", NOTHING._replace(mtime_ms=10, atime_ms=20))
    assert len(store.calls) == 1


def test_what_fails_ends_it_before_a_right_is_given_away() -> None:
    class Refusing(Written):
        def set_replication(self, path: str, replication: int) -> None:
            raise PermissionDenied("not yours")

    store = Refusing()
    with pytest.raises(PermissionDenied):
        store.keep("/f", ALL)
    assert store.names() == ["set_ec_policy", "set_xattr"]


def test_a_group_alone_is_given_and_the_owner_stays() -> None:
    store = Written()
    assert store.keep("/f", Attributes(group="lake"))
    assert store.calls == [("set_owner", None, "lake")]


def test_of_extended_attributes_only_those_that_differ_are_set() -> None:
    store = Written(FOUND._replace(xattrs=(("user.a", b"1"), ("user.b", b"1"))))
    assert store.keep("/f", Attributes(xattrs=(("user.a", b"1"), ("user.b", b"2"))))
    assert store.calls == [("set_xattr", "user.b", b"2")]


def test_an_acl_is_not_set_without_the_permission_that_it_begins_with() -> None:
    store = Written()
    store.keep("/f", Attributes(acl=(BOB,)))
    assert store.calls == []
