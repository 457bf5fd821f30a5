"""What goes through the Java client is said, and what it cannot do safely is refused before anything is asked."""

from __future__ import annotations

import pytest

from hdfs2oss.commandline.command import parse
from hdfs2oss.commandline.request import CopyRequest, resolve
from hdfs2oss.model.errors import UsageError

CONF = {"fs.defaultFS": "hdfs://nn:8020", "fs.ftp.impl": "org.apache.hadoop.fs.ftp.FTPFileSystem"}
KEYS = {"OSS_ACCESS_KEY_ID": "i", "OSS_ACCESS_KEY_SECRET": "s", "HOME": "/h"}


def request(*words: str, endpoint: str = "http://127.0.0.1:1") -> CopyRequest:
    return resolve(parse(words), {**KEYS, "OSS_ENDPOINT": endpoint}, CONF)


def test_hdfs_goes_by_java_where_that_is_asked_for_and_is_said_once() -> None:
    assert request("/a", "/b").notes == ()
    (note,) = request("--hdfs-client", "jvm", "/a", "/b").notes
    assert note.startswith("hdfs://nn:8020/ goes through Hadoop's Java client (--hdfs-client jvm), which is slower")
    assert request("--hdfs-client", "jvm", "/a", "/b").stores.hdfs_client == "jvm"


def test_other_schemes_of_hadoop_go_by_java_and_oss_does_not() -> None:
    (note,) = request("webhdfs://nn:9870/a", "oss://b/x").notes
    assert note == "webhdfs://nn:9870/ goes through Hadoop's Java client, which is slower than a native one."


def test_a_bucket_of_oss_hdfs_goes_by_java_and_is_said_to_be_untested() -> None:
    (note,) = request("/a", "oss://b/x", endpoint="https://cn-hangzhou.oss-dls.aliyuncs.com").notes
    assert note.startswith("oss://b/ goes through")
    assert "never tested" in note


def test_nothing_is_written_where_nobody_knows_how_files_appear() -> None:
    assert request("ftp://h/a", "/b").options.sources[0].scheme == "ftp"
    with pytest.raises(UsageError, match="nothing is written to ftp://h/b"):
        request("/a", "ftp://h/b")


@pytest.mark.parametrize("option", ["--job-dir", "--proof-dir"])
def test_records_stay_where_a_name_is_given_once_only(option: str) -> None:
    assert request(option, "viewfs://lake/jobs", "/a", "/b").options
    with pytest.raises(UsageError, match=f"{option} s3a://b/jobs"):
        request(option, "s3a://b/jobs", "/a", "/b")


def test_there_are_two_clients_of_hdfs() -> None:
    with pytest.raises(UsageError, match="no client of HDFS"):
        request("--hdfs-client", "java", "/a", "/b")
