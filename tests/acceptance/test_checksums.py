"""Skip or copy by checksums, HDFS to HDFS: DistCp's cases on a real cluster."""

import pytest
from hdfs_native import WriteOptions

from hdfs2oss.filesystems.hadoop_jvm import forget_jvms
from hdfs2oss.filesystems.registry import close_filesystems, open_filesystem
from tests.trees import Place

pytestmark = pytest.mark.hdfs


@pytest.fixture
def pair(command, hdfs_place, sandbox, home, monkeypatch) -> tuple[Place, Place]:
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    command.extra = ["--job-dir", f"file://{home}/jobs"]
    return hdfs_place("hdfs", "source"), hdfs_place("hdfs", "target")


def write(place: Place, data: bytes, block_size: int) -> None:
    native = open_filesystem(place.uri, place.stores).client.native()
    file = native.create(place.uri.path, WriteOptions(block_size=block_size, overwrite=True, create_parent=True))
    file.write(data)
    file.close()


def test_checksums_decide_whatever_the_times_say(command, pair) -> None:
    """Cases 55, 56 and 57."""
    source, target = pair
    source.make({"same": b"12345", "other": b"12345", "empty": b""})
    target.make({"same": b"12345", "other": b"54321", "empty": b""})
    source.settle()
    skipped = command("-update", "-skipcrccheck", source, target)
    assert (skipped.code, skipped["SKIP"], skipped["COPY"]) == (0, 3, 0)
    assert target.read()["other"] == b"54321"
    done = command("-update", source, target)
    assert (done.code, done["SKIP"], done["BYTESSKIPPED"], done["COPY"]) == (0, 2, 5, 1)
    assert target.read() == source.read()
    # Now the source is newer and nothing differs.
    target.settle()
    again = command("-update", source, target)
    assert (again.code, again["SKIP"], again["COPY"], again["FILES_NOT_COMPARED"]) == (0, 3, 0, 0)


def test_other_block_sizes_are_compared_by_composed_checksums(command, pair) -> None:
    """Case 64: what MD5s of CRCs cannot compare, the Java client can."""
    source, target = pair
    data = bytes(range(256)) * 64
    for name, there in (("same", data), ("other", data[::-1])):
        write(source / name, data, 4096)
        write(target / name, there, 8192)
    source.settle()
    done = command("-update", source, target)
    assert (done.code, done["SKIP"], done["COPY"], done["FILES_NOT_COMPARED"]) == (0, 1, 1, 0)
    assert (target / "other").content() == data


def test_without_a_java_such_files_are_told_and_their_times_decide(command, pair, monkeypatch) -> None:
    source, target = pair
    data = bytes(range(256)) * 64
    write(source / "f", data, 4096)
    write(target / "f", data[::-1], 8192)
    source.settle()
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    close_filesystems()
    forget_jvms()
    try:
        done = command("-update", source, target)
    finally:
        forget_jvms()
    assert (done.code, done["SKIP"], done["FILES_NOT_COMPARED"]) == (0, 1, 1)
    assert "could not be compared" in done.text
    assert "no Java was found" in done.text
