"""What has to be set where."""

import pytest

from hdfs2oss.model.attributes import NOTHING, AclEntry, Attributes
from hdfs2oss.model.values import DIRECTORY, FILE, FileStatus
from hdfs2oss.rules.preservation import changes, differs_in_sticky_bit, may_differ, merged, of_status, whole_acl

BOB = AclEntry("access", "user", "bob", "r-x")
GROUP = AclEntry("access", "group", "", "r--")
DEFAULT = AclEntry("default", "user", "", "rwx")


def test_a_row_tells_what_it_holds_and_a_directory_has_no_replicas() -> None:
    row = FileStatus("f", FILE, 1, 5, 6, "o", "g", 0o644, 3, 4)
    assert of_status(row) == Attributes("o", "g", 0o644, 5, 6, 3, 4)
    assert of_status(row._replace(kind=DIRECTORY)) == Attributes("o", "g", 0o644, 5, 6)
    assert of_status(FileStatus("f", FILE)) == Attributes(atime_ms=0)


@pytest.mark.parametrize(
    ("wanted", "found", "to_set"),
    [
        (Attributes(owner="a", group="g"), Attributes(owner="a", group="h"), Attributes(group="g")),
        (Attributes(permission=0o755), Attributes(permission=0o1755), Attributes(permission=0o755)),
        (Attributes(permission=0o755), Attributes(permission=0o755, owner="x"), NOTHING),
        (Attributes(replication=3), Attributes(replication=1), Attributes(replication=3)),
        (Attributes(block_size_bytes=3), Attributes(block_size_bytes=1), NOTHING),
        (Attributes(mtime_ms=5, atime_ms=6), Attributes(mtime_ms=5, atime_ms=7), NOTHING),
        (
            Attributes(mtime_ms=5, atime_ms=6),
            Attributes(mtime_ms=4, atime_ms=6),
            Attributes(mtime_ms=5, atime_ms=6),
        ),
        (Attributes(acl=()), Attributes(acl=(BOB,)), Attributes(acl=())),
        (Attributes(acl=(BOB,)), Attributes(acl=(BOB,)), NOTHING),
        (Attributes(ec_policy=""), Attributes(ec_policy="RS-3-2-1024k"), NOTHING),
        (Attributes(ec_policy="RS-6-3-1024k"), Attributes(ec_policy=""), Attributes(ec_policy="RS-6-3-1024k")),
        (Attributes(xattrs=(("a", b"1"),)), Attributes(xattrs=(("a", b"1"), ("more", b""))), NOTHING),
        (
            Attributes(xattrs=(("a", b"1"), ("b", b"2"), ("c", b""))),
            Attributes(xattrs=(("a", b"1"), ("b", b"3"))),
            Attributes(xattrs=(("b", b"2"), ("c", b""))),
        ),
        (Attributes(owner="a", acl=()), NOTHING, Attributes(owner="a", acl=())),
        (NOTHING, Attributes("o", "g", 1, 2, 3, 4, 5, "e", (BOB,), (("a", b""),)), NOTHING),
    ],
)
def test_only_what_differs_is_set(wanted, found, to_set) -> None:
    assert changes(wanted, found) == to_set


def test_what_was_set_leaves_nothing_to_set() -> None:
    wanted = Attributes("o", "g", 0o750, 2, 3, 4, None, "RS-6-3-1024k", (BOB, GROUP), (("a", b""),))
    assert changes(wanted, merged(wanted, NOTHING)) == NOTHING
    assert merged(wanted, wanted) == wanted


def test_what_is_kept_as_one_is_replaced_field_by_field() -> None:
    kept = Attributes(owner="a", mtime_ms=1, atime_ms=1, xattrs=(("old", b""),))
    assert merged(Attributes(xattrs=(("new", b""),)), kept) == kept._replace(xattrs=(("new", b""),))
    assert merged(Attributes(mtime_ms=1, atime_ms=9), kept) == kept
    assert merged(Attributes(mtime_ms=2, atime_ms=9), kept) == kept._replace(mtime_ms=2, atime_ms=9)
    aside = Attributes(sidecar="oss://b/k")
    assert merged(Attributes(owner="b"), aside) == Attributes(owner="b", sidecar="oss://b/k")
    assert merged(Attributes(acl=()), aside) == Attributes(acl=())


@pytest.mark.parametrize(
    ("asked", "listed", "change", "due"),
    [
        ("", "", {"owner": "b"}, False),
        ("u", "u", {}, False),
        ("u", "u", {"owner": "b"}, True),
        ("g", "ugpt", {"owner": "b"}, False),
        ("u", "", {}, True),
        ("ua", "u", {}, True),
        ("bce", "", {"block_size_bytes": 9}, False),
        ("t", "t", {"atime_ms": 9}, False),
        ("t", "t", {"mtime_ms": 9}, True),
        ("r", "r", {"replication": 9}, True),
    ],
)
def test_a_file_that_is_there_is_looked_at_when_its_row_differs_or_cannot_tell(asked, listed, change, due) -> None:
    source = FileStatus("f", FILE, 1, 5, 6, "a", "g", 0o644, 3, 4)
    assert may_differ(source, source._replace(**change), asked, listed) is due


def test_the_whole_acl_follows_from_the_permission_and_its_entries() -> None:
    def texts(permission: int, *entries: AclEntry) -> list[str]:
        return [f"{one.scope[0]}:{one.kind}:{one.name}:{one.permissions}" for one in whole_acl(permission, entries)]

    assert texts(0o1751) == ["a:user::rwx", "a:group::r-x", "a:other::--x"]
    assert texts(0o640, BOB, GROUP, DEFAULT) == [
        "a:user::rw-", "a:user:bob:r-x", "a:group::r--", "a:mask::r--", "a:other::---", "d:user::rwx",
    ]  # fmt: skip
    assert texts(0o750, DEFAULT) == ["a:user::rwx", "a:group::r-x", "a:other::---", "d:user::rwx"]


def test_the_sticky_bit_is_the_one_that_no_acl_sets() -> None:
    assert differs_in_sticky_bit(0o1755, 0o755)
    assert not differs_in_sticky_bit(0o1700, 0o1777)
