"""Files above the part size and above the chunk size."""

import os

import oss2
import pytest

from hdfs2oss.local_oss.faults.rule import Rule
from hdfs2oss.model.counters import COPY_MAPPER
from hdfs2oss.rules.checksum import crc32c, crc64

pytestmark = pytest.mark.slow

PART = 100 * 1024
CHUNK = 300 * 1024
SIZES = [PART - 1, PART, PART + 1, 2 * PART, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7, 1_500_000]


@pytest.fixture
def bucket(oss_server) -> oss2.Bucket:
    session = oss2.Session()
    session.session.trust_env = False
    return oss2.Bucket(oss2.Auth("test-id", "test-secret"), oss_server.endpoint, "lake", session=session)


def test_files_round_the_part_and_chunk_size_arrive_whole(copy, ends, count) -> None:
    source, target = ends
    tree = {f"size-{size}": os.urandom(size) for size in SIZES}
    report = copy(source.make(tree), target, part_size_bytes=PART, chunk_size_bytes=CHUNK)
    assert report.exit_code == 0, report.as_dict()
    assert target.read() == tree
    total = sum(SIZES)
    assert count(report, "COPY") == len(SIZES)
    assert count(report, "BYTESCOPIED") == count(report, "BYTESEXPECTED") == total


def test_a_chunked_file_is_skipped_by_a_second_update(copy, ends, count) -> None:
    source, target = ends
    source.make({"large": os.urandom(2 * CHUNK + 7)}).settle()
    copy(source, target, update=True, part_size_bytes=PART, chunk_size_bytes=CHUNK)
    report = copy(source, target, update=True, part_size_bytes=PART, chunk_size_bytes=CHUNK)
    assert (count(report, "COPY"), count(report, "SKIP")) == (0, 1)


def test_large_files_leave_no_upload_open_and_keep_both_checksums(copy, upload_ends, bucket) -> None:
    source, target = upload_ends
    data = {"chunked": os.urandom(2 * CHUNK + 7), "parts": os.urandom(2 * PART), "small": b"small"}
    copy(source.make(data), target, part_size_bytes=PART, chunk_size_bytes=CHUNK)
    prefix = target.uri.path.lstrip("/")
    assert list(oss2.MultipartUploadIterator(bucket, prefix=prefix)) == []
    for name, content in data.items():
        head = bucket.head_object(f"{prefix}/{name}")
        tags = bucket.get_object_tagging(f"{prefix}/{name}").tag_set.tagging_rule
        notes = {
            **tags,
            **{key.lower().removeprefix("x-oss-meta-"): value for key, value in head.headers.items()},
        }
        assert int(head.headers["x-oss-hash-crc64ecma"]) == crc64(content)
        assert notes["hdfs2oss-crc64"] == str(crc64(content))
        assert notes["hdfs2oss-crc32c"] == f"{crc32c(content):08x}"


def test_a_complete_whose_answer_is_lost_is_found_to_be_done_and_counted_once(
    copy, upload_ends, bucket, oss_server, count
) -> None:
    source, target = upload_ends
    tree = {"chunked": os.urandom(2 * CHUNK + 7), "parts": os.urandom(2 * PART)}
    oss_server.plan.replace([Rule("lost-answer", method="POST", key=f"*/{name}*", after=1, count=1) for name in tree])
    try:
        report = copy(source.make(tree), target, part_size_bytes=PART, chunk_size_bytes=CHUNK)
        # The first POST of each begins its upload.
        assert [hits for _, hits in oss_server.plan.state()] == [1, 1]
    finally:
        oss_server.plan.replace([])
    assert (report.exit_code, count(report, "COPY"), count(report, "FILES_FAILED")) == (0, 2, 0)
    assert target.read() == tree
    assert list(oss2.MultipartUploadIterator(bucket, prefix=target.uri.path.lstrip("/"))) == []


def test_the_output_counter_holds_each_byte_once(copy, ends) -> None:
    source, target = ends
    size = 2 * CHUNK + 7
    report = copy(source.make({"large": os.urandom(size)}), target, part_size_bytes=PART, chunk_size_bytes=CHUNK)
    groups = report.counters.as_dict()
    assert groups["File Output Format Counters"]["Bytes Written"] == size
    assert groups[COPY_MAPPER]["BYTESCOPIED"] == size


def test_a_chunked_lone_file_becomes_the_target_path(copy, ends) -> None:
    source, target = ends
    data = os.urandom(CHUNK + PART)
    file = (source / "large").put(data)
    assert copy(file, target / "x", part_size_bytes=PART, chunk_size_bytes=CHUNK).exit_code == 0
    assert (target / "x").content() == data


def test_an_overwritten_chunked_file_is_replaced_whole(copy, upload_ends) -> None:
    source, target = upload_ends
    target.make({"large": b"old"})
    data = os.urandom(2 * CHUNK)
    copy(source.make({"large": data}), target, overwrite=True, part_size_bytes=PART, chunk_size_bytes=CHUNK)
    assert target.read() == {"large": data}


def test_a_bandwidth_limit_does_not_change_what_arrives(copy, ends) -> None:
    source, target = ends
    tree = {"a": os.urandom(2 * CHUNK), "b": os.urandom(10)}
    report = copy(source.make(tree), target, part_size_bytes=PART, chunk_size_bytes=CHUNK, bandwidth_mb=20)
    assert report.exit_code == 0
    assert target.read() == tree
