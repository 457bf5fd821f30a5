"""Hadoop's configuration as a dict."""

from pathlib import Path

import pytest

from hdfs2oss.filesystems.hadoop_conf import keep_relevant, read_hadoop_conf, schemes_with_a_class, unread_keys
from hdfs2oss.model.errors import UsageError


def write(folder: Path, name: str, *properties: tuple[str, str], extra: str = "") -> None:
    rows = "".join(f"<property><name>{key}</name><value>{value}</value></property>" for key, value in properties)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(
        f'<?xml version="1.0"?><configuration xmlns:xi="http://www.w3.org/2001/XInclude">{rows}{extra}</configuration>'
    )


def test_both_files_are_read_and_only_what_a_copy_needs_is_kept(tmp_path: Path) -> None:
    write(tmp_path, "core-site.xml", ("fs.defaultFS", "hdfs://ns"), ("io.sort.mb", "1"), ("fs.oss.endpoint", "e"))
    write(tmp_path, "hdfs-site.xml", ("dfs.replication", "2"), ("hadoop.security.authentication", "simple"))
    assert read_hadoop_conf({"HADOOP_CONF_DIR": str(tmp_path)}) == {
        "fs.defaultFS": "hdfs://ns",
        "fs.oss.endpoint": "e",
        "dfs.replication": "2",
        "hadoop.security.authentication": "simple",
    }


def test_old_names_of_keys_are_taken_for_the_present_ones() -> None:
    old = {"fs.default.name": "hdfs://ns", "dfs.block.size": "1m", "dfs.umaskmode": "027", "io.sort.mb": "1"}
    assert keep_relevant(old) == {
        "fs.defaultFS": "hdfs://ns",
        "dfs.blocksize": "1m",
        "fs.permissions.umask-mode": "027",
    }


def test_without_a_folder_there_is_no_configuration(tmp_path: Path) -> None:
    assert read_hadoop_conf({}) == {}
    assert read_hadoop_conf({"HADOOP_CONF_DIR": str(tmp_path)}) == {}


def test_the_home_of_hadoop_is_the_second_place(tmp_path: Path) -> None:
    write(tmp_path / "etc" / "hadoop", "core-site.xml", ("fs.defaultFS", "hdfs://home"))
    assert read_hadoop_conf({"HADOOP_HOME": str(tmp_path)}) == {"fs.defaultFS": "hdfs://home"}


def test_variables_are_resolved_from_keys_environment_and_user(tmp_path: Path) -> None:
    write(
        tmp_path, "core-site.xml",
        ("host", "nn.${domain}"), ("domain", "example"), ("fs.defaultFS", "hdfs://${host}:${env.PORT:-8020}"),
        ("dfs.user", "${user.name}"), ("dfs.a", "${env.SET}"), ("dfs.unknown", "${no.such.key}"),
    )  # fmt: skip
    environment = {"HADOOP_CONF_DIR": str(tmp_path), "SET": "yes", "HADOOP_USER_NAME": "hive"}
    assert read_hadoop_conf(environment) == {
        "fs.defaultFS": "hdfs://nn.example:8020",
        "dfs.user": "hive",
        "dfs.a": "yes",
        "dfs.unknown": "${no.such.key}",
    }


def test_a_variable_that_means_itself_does_not_hang(tmp_path: Path) -> None:
    write(tmp_path, "core-site.xml", ("dfs.a", "${dfs.b}"), ("dfs.b", "${dfs.a}"))
    assert set(read_hadoop_conf({"HADOOP_CONF_DIR": str(tmp_path)})) == {"dfs.a", "dfs.b"}


def test_a_later_file_wins_except_over_a_final_key(tmp_path: Path) -> None:
    final = "<property><name>dfs.fixed</name><value>1</value><final>true</final></property>"
    write(tmp_path, "core-site.xml", ("dfs.free", "1"), extra=final)
    write(tmp_path, "hdfs-site.xml", ("dfs.free", "2"), ("dfs.fixed", "2"))
    assert read_hadoop_conf({"HADOOP_CONF_DIR": str(tmp_path)}) == {"dfs.free": "2", "dfs.fixed": "1"}


def test_included_files_are_read(tmp_path: Path) -> None:
    write(tmp_path, "more.xml", ("dfs.more", "1"))
    write(tmp_path, "core-site.xml", extra='<xi:include href="more.xml"/>')
    assert read_hadoop_conf({"HADOOP_CONF_DIR": str(tmp_path)}) == {"dfs.more": "1"}


def test_a_missing_include_is_named_unless_it_has_a_fallback(tmp_path: Path) -> None:
    fallback = "<xi:fallback><property><name>dfs.f</name><value>1</value></property></xi:fallback>"
    write(tmp_path, "core-site.xml", extra=f'<xi:include href="none.xml">{fallback}</xi:include>')
    assert read_hadoop_conf({"HADOOP_CONF_DIR": str(tmp_path)}) == {"dfs.f": "1"}
    write(tmp_path, "core-site.xml", extra='<xi:include href="none.xml"/>')
    with pytest.raises(UsageError, match=r"none\.xml"):
        read_hadoop_conf({"HADOOP_CONF_DIR": str(tmp_path)})


def test_a_file_that_includes_itself_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "core-site.xml", extra='<xi:include href="core-site.xml"/>')
    with pytest.raises(UsageError, match="includes itself"):
        read_hadoop_conf({"HADOOP_CONF_DIR": str(tmp_path)})


@pytest.mark.parametrize("text", ["<configuration>", "", "<other/>", "<configuration>&no;</configuration>"])
def test_a_malformed_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "hdfs-site.xml").write_text(text)
    with pytest.raises(UsageError, match=r"hdfs-site\.xml"):
        read_hadoop_conf({"HADOOP_CONF_DIR": str(tmp_path)})


def test_of_a_configuration_from_elsewhere_only_what_a_copy_needs_is_kept() -> None:
    spark = {"fs.defaultFS": "hdfs://ns", "fs.s3a.secret.key": "s", "dfs.nameservices": "ns", "yarn.a": "1"}
    assert keep_relevant(spark) == {"fs.defaultFS": "hdfs://ns", "dfs.nameservices": "ns"}


def test_of_what_only_java_reads_no_key_travels() -> None:
    spark = {
        "fs.s3a.endpoint": "e", "fs.s3a.secret.key": "s", "fs.s3a.access.key": "s", "fs.s3a.session.token": "s",
        "fs.azure.account.key.x.dfs.core.windows.net": "s", "fs.azure.sas.c.x.blob.core.windows.net": "s",
        "fs.gs.project.id": "p", "fs.sftp.impl": "c",
    }  # fmt: skip
    kept = {"fs.s3a.endpoint": "e", "fs.gs.project.id": "p", "fs.sftp.impl": "c"}
    assert keep_relevant(spark) == kept
    assert unread_keys(kept) == []
    assert schemes_with_a_class(spark) == {"sftp"}


def test_where_namenodes_answer_over_http_is_read_and_settings_of_datanodes_are_not():
    read = {
        "dfs.http.policy": "HTTPS_ONLY",
        "dfs.namenode.http-address": "nn:9870",
        "dfs.namenode.https-address.lake.nn1": "nn1:9871",
    }
    assert unread_keys({**read, "dfs.datanode.data.dir": "/disk1"}) == ["dfs.datanode.data.dir"]
