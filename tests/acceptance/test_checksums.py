"""Skip or copy by checksums, HDFS to HDFS, on a real cluster, by the catalogue (41, 55-59, 63-65, 99)."""

import time

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
    options = WriteOptions(block_size=block_size, overwrite=True, create_parent=True)
    for _ in range(20):
        file = native.create(place.uri.path, options)
        try:
            file.write(data)
            file.close()
        except RuntimeError as error:
            # Small blocks follow each other faster than the DataNode reports them.
            assert "NotReplicatedYet" in str(error)  # noqa: PT017
            time.sleep(1.0)
        else:
            return
    raise AssertionError(f"{place} could not be written")


def test_55_to_57_checksums_decide_whatever_the_times_say(command, pair, hdfs_place) -> None:
    source, target = pair
    source.make({"same": b"12345", "other": b"12345", "empty": b""})
    target.make({"same": b"12345", "other": b"54321", "empty": b""})
    source.settle()
    skipped = command("-update", "-skipcrccheck", source, target)
    assert (skipped.code, skipped["SKIP"], skipped["COPY"]) == (0, 3, 0)
    assert target.read()["other"] == b"54321"
    log = hdfs_place("hdfs", "log")
    done = command("-update", "-log", log, source, target)
    assert (done.code, done["SKIP"], done["BYTESSKIPPED"], done["COPY"]) == (0, 2, 5, 1)
    lines = b"".join(data or b"" for data in log.read().values()).decode().splitlines()
    assert sorted(lines) == [f"SKIP: {source}/empty", f"SKIP: {source}/same"]
    assert target.read() == source.read()
    # Now the source is newer and nothing differs.
    target.settle()
    again = command("-update", source, target)
    assert (again.code, again["SKIP"], again["COPY"], again["FILES_NOT_COMPARED"]) == (0, 3, 0, 0)


def test_64_other_block_sizes_are_compared_by_composed_checksums(command, pair) -> None:
    """What MD5s of CRCs cannot compare, the Java client can."""
    source, target = pair
    data = bytes(range(256)) * 64
    for name, there in (("same", data), ("other", data[::-1])):
        write(source / name, data, 4096)
        write(target / name, there, 8192)
    source.settle()
    done = command("-update", source, target)
    assert (done.code, done["SKIP"], done["COPY"], done["FILES_NOT_COMPARED"]) == (0, 1, 1, 0)
    assert (target / "other").content() == data


def test_63_to_65_differs_copies_with_other_blocks_arrive_and_are_the_same_to_the_next_update(
    command, pair, sandbox, tmp_path
) -> None:
    """DistCp fails on the first, unless it is told how to compare; and so it does on other bytes per CRC."""
    source, target = pair
    data = bytes(range(256)) * 64
    write(source / "blocks", data, 4096)
    (tmp_path / "crc").write_bytes(data)
    put = ("-Ddfs.bytes-per-checksum=1024", "-put", str(tmp_path / "crc"), f"{source}/crc")
    assert sandbox.hadoop_shell(*put).returncode == 0
    done = command("-D", "dfs.blocksize=8192", source, target)
    assert (done.code, done["COPY"]) == (0, 2)
    target.settle()
    again = command("-update", source, target)
    assert (again.code, again["SKIP"], again["COPY"], again["FILES_NOT_COMPARED"]) == (0, 2, 0, 0)


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


def test_58_59_of_files_that_have_grown_only_the_tails_travel_and_another_head_is_written_anew(command, pair) -> None:
    source, target = pair
    data = bytes(range(256)) * 64
    for name, there in (("grown", data[:9000]), ("little", data[:10]), ("other", data[1:9001]), ("same", data)):
        write(source / name, data, 4096)
        write(target / name, there, 4096)
    done = command("-update", "-append", source, target)
    tails = (len(data) - 9000) + (len(data) - 10) + len(data)
    assert (done.code, done["COPY"], done["SKIP"], done["BYTESCOPIED"]) == (0, 3, 1, tails)
    assert done["BYTESEXPECTED"] == 3 * len(data)
    assert target.read() == source.read()
    again = command("-update", "-append", source, target)
    assert (again.code, again["COPY"], again["SKIP"]) == (0, 0, 4)


@pytest.mark.parametrize("scheme", ["oss", "hdfs"])
def test_41_99_files_of_more_blocks_than_asked_for_are_cut_at_blocks(
    command, pair, make_place, oss_server, monkeypatch, scheme
) -> None:
    """As in DistCp, -append is off beside it. Onto HDFS the chunks are joined by CONCAT."""
    source, target = pair[0], make_place("oss", "target") if scheme == "oss" else pair[1]
    monkeypatch.setenv("OSS_ENDPOINT", oss_server.endpoint)
    monkeypatch.setenv("OSS_ACCESS_KEY_ID", "test-id")
    monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", "test-secret")
    block = 128 * 1024
    data = bytes(range(256)) * (10 * block // 256) + b"odd"
    for name, size in (("d/exact", 10 * block), ("odd", len(data)), ("few", 2 * block)):
        write(source / name, data[:size], block)
    source.settle()
    done = command("-update", "-blocksperchunk", "2", source, target)
    assert (done.code, done["COPY"], done["BYTESCOPIED"]) == (0, 3, 22 * block + 3)
    assert target.read() == source.read()
    again = command("-update", "-blocksperchunk", "2", source, target)
    assert (again.code, again["COPY"], again["SKIP"]) == (0, 0, 3)
    write(source / "odd", data + b"more", block)
    grown = command("-update", "-append", "-blocksperchunk", "2", source, target)
    assert (grown.code, grown["COPY"], grown["SKIP"], grown["BYTESCOPIED"]) == (0, 1, 2, len(data) + 4)
    assert target.read() == source.read()
