"""The file system that fails on purpose does so, and only so."""

import pytest

from hdfs2oss.model.errors import PermissionDenied, Unreachable
from hdfs2oss.model.values import DIRECTORY, FILE, UNLISTED
from tests.stores.faults import Fault, FlakyFileSystem, flip_first_byte
from tests.stores.memory import LIKE_OSS, MemoryFileSystem


@pytest.fixture
def memory() -> MemoryFileSystem:
    store = MemoryFileSystem(LIKE_OSS)
    store.place("/d/file", b"0123456789")
    return store


def read(store: FlakyFileSystem, path: str = "/d/file") -> bytes:
    with store.open_reader(path, 10) as reader:
        return b"".join(reader.stream(0, 10, 2))


def test_a_fault_strikes_as_often_as_it_says(memory: MemoryFileSystem) -> None:
    store = FlakyFileSystem(memory, Fault("put", "one", PermissionDenied, skip=1, times=2))
    store.put("/one", b"", "", {})
    for _ in range(2):
        with pytest.raises(PermissionDenied):
            store.put("/one", b"", "", {})
    store.put("/one", b"", "", {})
    store.put("/other", b"", "", {})
    assert store.faults[0].struck == 2


def test_a_read_fails_after_so_many_bytes(memory: MemoryFileSystem) -> None:
    store = FlakyFileSystem(memory, Fault("read", after=4, times=1))
    with store.open_reader("/d/file", 10) as reader:
        pieces = reader.stream(0, 10, 2)
        assert [next(pieces), next(pieces)] == [b"01", b"23"]
        with pytest.raises(Unreachable):
            next(pieces)
    assert read(store) == b"0123456789"


def test_damage_alters_bytes_without_an_error(memory: MemoryFileSystem) -> None:
    store = FlakyFileSystem(memory, Fault("read", damage=flip_first_byte, after=2))
    assert read(store) == b"01" + bytes([ord("2") ^ 0xFF]) + b"3456789"


def test_something_may_happen_meanwhile(memory: MemoryFileSystem) -> None:
    change = Fault("open", meanwhile=lambda: memory.place("/d/file", b"changed..."), silent=True)
    assert read(FlakyFileSystem(memory, change)) == b"changed..."


def test_a_listing_that_fails_for_good_is_a_row_and_one_that_may_pass_raises(memory: MemoryFileSystem) -> None:
    memory.place("/z")
    denied = FlakyFileSystem(memory, Fault("list", "/d", PermissionDenied))
    assert [(row.key, row.kind) for row in denied.walk("/")] == [("d/", DIRECTORY), ("d/", UNLISTED), ("z", FILE)]
    lost = FlakyFileSystem(memory, Fault("list", "/d", Unreachable, after=1))
    walk = lost.walk("/")
    assert [next(walk).key, next(walk).key] == ["d/", "d/file"]
    with pytest.raises(Unreachable):
        next(walk)


def test_a_write_that_fails_leaves_nothing(memory: MemoryFileSystem) -> None:
    store = FlakyFileSystem(memory, Fault("write", "/new", after=3))
    with store.open_writer("/new", "/.work") as writer:
        writer.write(b"ab")
        with pytest.raises(Unreachable):
            writer.write(b"cd")
    assert list(memory.files()) == ["/d/file"]


def test_every_call_is_noted(memory: MemoryFileSystem) -> None:
    store = FlakyFileSystem(memory)
    store.status("/d")
    list(store.walk("/"))
    read(store)
    assert store.calls == [("status", "/d"), ("list", "/"), ("list", "/d"), ("open", "/d/file"), ("read", "/d/file")]


def test_an_unknown_operation_is_refused() -> None:
    with pytest.raises(ValueError, match="fly"):
        Fault("fly")
