"""Which Spark a machine has, without starting it."""

import pytest

from hdfs2oss.commandline.spark_here import Spark, find_spark, refuse_old
from hdfs2oss.model.errors import UsageError


def install(home, version="", says="", bin_folder="bin"):
    """A Spark that tells its version by a jar, or when it is asked."""
    submit = home / bin_folder / "spark-submit"
    submit.parent.mkdir(parents=True)
    submit.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    submit.chmod(0o755)
    if version:
        (home / "jars").mkdir()
        (home / f"jars/spark-core_2.12-{version}.jar").touch()
    return submit


def test_spark_home_counts_before_the_path_and_the_path_before_what_is_beside_python(tmp_path):
    home, path, beside = (install(tmp_path / name, "4.0.1") for name in ("home", "path", "beside"))
    python = str(beside.parent / "python")
    both = {"SPARK_HOME": str(tmp_path / "home"), "PATH": str(path.parent)}
    assert find_spark(both, python) == Spark(str(home), str(tmp_path / "home"))
    assert find_spark({"PATH": str(path.parent)}, python) == Spark(str(path), str(tmp_path / "path"))
    assert find_spark({"PATH": "/nowhere"}, python).submit == str(beside)


def test_the_pyspark_of_a_virtual_environment_is_found_among_its_packages(tmp_path):
    submit = install(tmp_path / "venv")
    packages = tmp_path / "venv/lib/python3.11/site-packages/pyspark"
    (packages / "jars").mkdir(parents=True)
    assert find_spark({"PATH": str(submit.parent)}, "").home == str(packages)


def test_without_any_spark_the_way_out_is_named(tmp_path):
    with pytest.raises(UsageError, match="there is no spark-submit on the PATH"):
        find_spark({"PATH": str(tmp_path)}, str(tmp_path / "python"))
    with pytest.raises(UsageError, match=r"SPARK_HOME is .*, but .*/bin/spark-submit cannot be run"):
        find_spark({"SPARK_HOME": str(tmp_path)}, "")


@pytest.mark.parametrize(("version", "says"), [("3.4.2", ""), ("", "version 3.1.3-amzn-0"), ("2.4.8", "version 4.0.0")])
def test_an_old_spark_is_refused_in_one_line(tmp_path, version, says):
    submit = install(tmp_path / "spark", version, says)
    found = find_spark({"PATH": str(submit.parent)}, "")
    with pytest.raises(UsageError, match=r"is of Spark [\d.]+.*, which is too old: 3.5 or newer is needed"):
        refuse_old(found)


@pytest.mark.parametrize(("version", "says"), [("3.5.0", ""), ("4.10.1", ""), ("", "version 3.5.6-amzn-1"), ("", "?")])
def test_a_newer_spark_and_one_that_does_not_tell_are_let_pass(tmp_path, version, says):
    submit = install(tmp_path / "spark", version, says)
    refuse_old(find_spark({"PATH": str(submit.parent)}, ""))
