"""With which Python nodes run tasks: what is named, what is here, and what travels."""

import io
import json
import os
import sys
import tarfile
from pathlib import Path

import pytest

from hdfs2oss.commandline.environment import MANIFEST, PYTHON_IN_IT, code_digest, glibc_here
from hdfs2oss.commandline.nodes_python import Asked, NodesPython, for_cluster, for_this_machine
from hdfs2oss.model.errors import UsageError


@pytest.fixture
def gateway(tmp_path):
    """A project with a package, a cache, and no python3 on the PATH."""
    package = tmp_path / "project/hdfs2oss"
    package.mkdir(parents=True)
    (package / "a.py").write_text("1\n")
    environment = {"PATH": str(tmp_path / "path"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    (tmp_path / "path").mkdir()

    def ask(environment=environment, settings=None, named="", python="", **more):
        asked = Asked(
            tmp_path / "project", package, python, named, settings or {}, environment, **{**IN_CLUSTER, **more}
        )
        return for_cluster(asked)

    ask.path, ask.environment, ask.package = tmp_path / "path", environment, package
    return ask


IN_CLUSTER = {"in_cluster": True}


def pack(path, package, **changes):
    """An environment with nothing but a manifest and a python3."""
    fields = {"version": "1", "python": "3.11.7", "machine": os.uname().machine, "glibc": "2.0", "code": ""}
    fields = {**fields, "code": code_digest(package), **changes}
    path.parent.mkdir(exist_ok=True)
    with tarfile.open(path, "w:gz") as tar:
        for name, text in ((MANIFEST, json.dumps(fields)), ("bin/python3", "python")):
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return path


def python3(folder, answer):
    (folder / "python3").write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    (folder / "python3").chmod(0o755)


def test_a_python_that_is_named_is_left_as_it_is(gateway):
    assert gateway({**gateway.environment, "PYSPARK_PYTHON": "/opt/python"}) == NodesPython()
    for key in ("spark.pyspark.python", "spark.archives", "spark.executorEnv.PYSPARK_PYTHON"):
        assert gateway(settings={key: "x"}, named="ignored") == NodesPython()


def test_a_driver_here_has_the_projects_python_where_the_named_one_is_on_the_nodes_only(gateway):
    named = {**gateway.environment, "PYSPARK_PYTHON": "./environment/bin/python"}
    assert gateway(named, python="/p", in_cluster=False).settings == {"spark.pyspark.driver.python": "/p"}
    assert gateway(named, in_cluster=False).settings == {"spark.pyspark.driver.python": sys.executable}
    assert gateway({**named, "PYSPARK_DRIVER_PYTHON": "d"}, in_cluster=False) == NodesPython()
    assert gateway({**named, "PYSPARK_PYTHON": sys.executable}, in_cluster=False) == NodesPython()


def test_nodes_run_their_own_python3_where_that_of_this_machine_has_all(gateway):
    python3(gateway.path, [[3, 10], False, []])
    assert gateway().variables == {"PYSPARK_PYTHON": "python3"}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ([[3, 9], False, []], "is 3.9"),
        ([[3, 11], False, ["hdfs_native", "oss2"]], "lacks hdfs_native, oss2"),
        ([[3, 11], True, []], "is that of a virtual environment"),
        ("no", "does not run"),
        (None, "is not on the PATH"),
    ],
)
def test_without_any_python_that_would_do_it_is_said_why_and_what_helps(gateway, answer, why):
    if answer is not None:
        python3(gateway.path, answer)
    with pytest.raises(UsageError, match=f"the nodes have no Python for this: python3 {why}$") as refused:
        gateway()
    assert "make dist" in refused.value.hint
    assert gateway(python="/venv/python").variables == {"PYSPARK_PYTHON": "/venv/python"}
    assert "/venv/python, which must be there on every node" in gateway(python="/venv/python").note


def test_what_make_dist_made_goes_along_and_a_driver_here_has_it_unpacked_once(gateway, tmp_path):
    archive = pack(tmp_path / "project/dist/hdfs2oss-1-python3.11-linux-x.tar.gz", gateway.package)
    assert gateway() == NodesPython({"spark.pyspark.python": PYTHON_IN_IT}, f"file://{archive}#environment")
    for _ in range(2):
        driver = gateway(in_cluster=False).settings["spark.pyspark.driver.python"]
        assert driver.startswith(str(tmp_path / "cache/hdfs2oss"))
        assert Path(driver).read_text() == "python"
        assert len(list((tmp_path / "cache/hdfs2oss").iterdir())) == 1


def test_a_command_that_is_only_shown_unpacks_nothing(gateway, tmp_path):
    pack(tmp_path / "project/dist/hdfs2oss-1-python3.11-linux-x.tar.gz", gateway.package)
    assert gateway(in_cluster=False, is_shown=True).settings["spark.pyspark.driver.python"]
    assert not (tmp_path / "cache").exists()


def test_an_unpacked_environment_runs_its_own_driver(gateway, tmp_path):
    archive = pack(tmp_path / "e.tar.gz", gateway.package)
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "project", filter="data")
    found = gateway(named=str(archive), in_cluster=False)
    assert found.settings["spark.pyspark.driver.python"] == str(tmp_path / "project/bin/python3")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"code": "other"}, r"was made of other code \(version 1\) than"),
        ({"machine": "sparc"}, "is for sparc, and this machine is"),
        ({"glibc": "9.9"}, r"needs glibc 9\.9 or newer, and this machine has"),
    ],
)
def test_an_environment_that_would_not_run_what_is_here_is_refused(gateway, tmp_path, changes, why):
    if "glibc" in changes and not glibc_here():
        pytest.skip("another C library")
    with pytest.raises(UsageError, match=why):
        gateway(named=str(pack(tmp_path / "e.tar.gz", gateway.package, **changes)))


def test_a_stale_dist_is_refused_and_not_sent(gateway, tmp_path):
    archive = pack(tmp_path / "project/dist/hdfs2oss-1-python3.11-linux-x.tar.gz", gateway.package)
    (gateway.package / "a.py").write_text("2\n")
    with pytest.raises(UsageError, match=f"{archive.name} was made of other code"):
        gateway(python="/venv/python")


def test_an_environment_elsewhere_is_taken_as_it_is(gateway):
    named = {"named": "hdfs:///apps/e.tar.gz"}
    assert gateway(**named) == NodesPython({"spark.pyspark.python": PYTHON_IN_IT}, "hdfs:///apps/e.tar.gz#environment")
    assert gateway(**named, python="/p", in_cluster=False).settings["spark.pyspark.driver.python"] == "/p"
    with pytest.raises(UsageError, match=r"the driver runs here, and hdfs:///apps/e\.tar\.gz is elsewhere"):
        gateway(**named, in_cluster=False)


def test_on_this_machine_alone_its_own_python_is_used(tmp_path):
    assert for_this_machine("/own", {"PYSPARK_PYTHON": "/named"}).variables == {"PYSPARK_PYTHON": "/named"}
    assert for_this_machine("/own", {}).variables == {"PYSPARK_PYTHON": "/own"}
    python3(tmp_path, [])
    assert for_this_machine("", {"PATH": str(tmp_path)}).variables == {"PYSPARK_PYTHON": str(tmp_path / "python3")}
    with pytest.raises(UsageError, match="there is no python3 on the PATH"):
        for_this_machine("", {"PATH": "/nowhere"})
