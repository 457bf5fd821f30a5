"""What is known of a scheme beforehand."""

from __future__ import annotations

import pytest

from hdfs2oss.filesystems.hadoop_jvm import HadoopJvm
from hdfs2oss.filesystems.java.client import NoJavaClient
from hdfs2oss.filesystems.java.filesystem import JavaFileSystem
from hdfs2oss.filesystems.java.oss_hdfs import with_access
from hdfs2oss.filesystems.java.traits import Publication, traits_of
from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.model.errors import StoreError
from hdfs2oss.model.uri import JAVA_SCHEMES


@pytest.mark.parametrize(
    ("schemes", "publication"),
    [
        (("hdfs", "viewfs", "webhdfs", "swebhdfs"), Publication.RENAMED_OVER),
        (("s3a", "gs"), Publication.CLOSED),
        (("abfs", "abfss", "wasb", "wasbs", "oss"), Publication.RENAMED),
        (("ftp", "http", "har"), Publication.NONE),
    ],
)
def test_how_a_file_is_published_depends_on_the_scheme(schemes: tuple[str, ...], publication: Publication) -> None:
    assert {traits_of(scheme).publication for scheme in schemes} == {publication}


def test_of_each_scheme_that_is_parsed_something_is_known() -> None:
    assert all(traits_of(scheme).publication is not Publication.NONE for scheme in JAVA_SCHEMES)


def test_only_what_a_namenode_renames_is_moved_as_a_whole() -> None:
    moved = [scheme for scheme in ("hdfs", *JAVA_SCHEMES, "oss") if traits_of(scheme).atomic_move]
    assert moved == ["hdfs", "viewfs", "webhdfs", "swebhdfs"]


def store(scheme: str, jvm: HadoopJvm | None = None) -> JavaFileSystem:
    return JavaFileSystem(scheme, "x", {"dfs.checksum.combine.mode": "composite_crc"}, jvm=jvm or HadoopJvm("", {}))


def test_nothing_is_written_where_nobody_knows_how_a_file_appears() -> None:
    assert "source only" in store("ftp").hazard_below("/d")
    with pytest.raises(StoreError, match="source only"):
        store("ftp").open_writer("/d/f", "/d/w")
    assert not store("s3a").hazard_below("/d")


def test_records_are_kept_only_where_somebody_is_the_first() -> None:
    with pytest.raises(StoreError, match="nobody is sure to be the first"):
        store("s3a").create_exclusive("/f", b"")


def test_which_checksum_is_asked_for_first_follows_hadoop() -> None:
    assert store("hdfs").capabilities.checksums == ("COMPOSITE-CRC", "MD5-OF-CRC")
    assert store("webhdfs").capabilities.checksums == ("MD5-OF-CRC",)
    assert store("s3a").capabilities.checksums == ()


def test_what_a_scheme_does_not_tell_is_said() -> None:
    assert "being written" in store("webhdfs").blind_spot()
    assert [store(scheme).blind_spot() for scheme in ("hdfs", "viewfs", "s3a")] == ["", "", ""]


def test_without_a_java_one_error_says_what_is_missing_and_ends_the_wave() -> None:
    with pytest.raises(NoJavaClient, match="no Java was found") as caught:
        store("s3a").status("/f")
    assert caught.value.ends_wave
    assert not caught.value.retryable
    assert "JAVA_HOME" in caught.value.hint


def test_a_bucket_of_oss_hdfs_is_named_with_its_endpoint_and_a_class_that_is_named_counts() -> None:
    access = OssAccess("https://cn-x.oss-dls.aliyuncs.com", "id", "secret")
    conf, authority = with_access({"fs.oss.impl": "a.B"}, "lake", access)
    assert authority == "lake.cn-x.oss-dls.aliyuncs.com"
    assert (conf["fs.oss.impl"], conf["fs.oss.accessKeyId"]) == ("a.B", "id")
    assert "fs.oss.securityToken" not in conf
