"""Where a Java and Hadoop's jars are looked for."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from hdfs2oss.filesystems.hadoop_jvm import HadoopJvm, class_path, java_program, py4j_of_spark


def jars(folder: Path, *names: str) -> str:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()
    return str(folder)


def test_the_jars_of_spark_come_first_and_the_configuration_before_them(tmp_path) -> None:
    home = tmp_path / "spark"
    jars(home / "jars", "hadoop-client-api-3.5.0.jar")
    environment = {"SPARK_HOME": str(home), "HADOOP_CONF_DIR": "/etc/hadoop/conf", "HADOOP_CLASSPATH": "/opt/a.jar:"}
    assert class_path(environment) == ["/etc/hadoop/conf", f"{home}/jars/*", "/opt/a.jar"]


def test_a_spark_without_hadoop_is_passed_over(tmp_path) -> None:
    jars(tmp_path / "spark/jars", "spark-core.jar")
    jars(tmp_path / "hadoop/share/hadoop/hdfs", "hadoop-hdfs-client-3.3.6.jar")
    environment = {"SPARK_HOME": str(tmp_path / "spark"), "HADOOP_HOME": str(tmp_path / "hadoop"), "PATH": ""}
    assert f"{tmp_path}/spark/jars/*" not in class_path(environment)


def test_the_java_is_that_of_java_home(tmp_path) -> None:
    jars(tmp_path / "bin", "java")
    assert java_program({"JAVA_HOME": str(tmp_path), "PATH": os.defpath}) == f"{tmp_path}/bin/java"
    with pytest.raises(FileNotFoundError, match="JAVA_HOME"):
        java_program({"JAVA_HOME": f"{tmp_path}/gone"})


def test_without_a_java_it_is_said_what_is_missing_and_nothing_is_begun() -> None:
    jvm = HadoopJvm("", {})
    assert "no Java was found" in jvm.missing()
    assert jvm.missing() == jvm.missing()


def test_where_files_go_through_the_jvm_the_jars_of_spark_come_last(tmp_path) -> None:
    jars(tmp_path / "spark/jars", "hadoop-client-api-3.5.0.jar")
    jars(tmp_path / "lib", "hadoop-hdfs-client-3.4.3.jar")
    environment = {"SPARK_HOME": str(tmp_path / "spark"), "CLASSPATH": f"{tmp_path}/lib/*", "PATH": ""}
    assert class_path(environment, spark_last=True) == [f"{tmp_path}/lib/*"]
    assert class_path(environment) == [f"{tmp_path}/spark/jars/*"]
    del environment["CLASSPATH"]
    assert class_path(environment, spark_last=True) == [f"{tmp_path}/spark/jars/*"]


PROBE = """
import os, sys
sys.path.insert(0, sys.argv[1])
from hdfs2oss.filesystems.hadoop_jvm import HadoopJvm
print(HadoopJvm("", os.environ).missing())
import py4j
print(py4j.__file__)
"""


def test_a_python_without_py4j_takes_that_of_spark(tmp_path):
    home = tmp_path / "spark [1]"
    (home / "python/lib").mkdir(parents=True)
    archive = home / "python/lib/py4j-0.0-src.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("py4j/__init__.py", "")
    assert py4j_of_spark({"SPARK_HOME": str(home)}) == [str(archive)]
    assert py4j_of_spark({"SPARK_HOME": f"{tmp_path}/none"}) == py4j_of_spark({}) == []
    # Without site-packages there is no other one.
    environment = {"PATH": os.defpath, "SPARK_HOME": str(home)}
    command = [sys.executable, "-I", "-S", "-c", PROBE, str(Path(__file__).parents[3])]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
    assert done.stdout.splitlines()[-1] == f"{archive}/py4j/__init__.py", done.stderr
