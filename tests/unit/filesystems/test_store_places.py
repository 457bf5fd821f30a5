"""What a command line makes of stores: who asks, where records may go, how many connections are kept."""

import getpass
import os
from pathlib import Path

import pytest

from hdfs2oss.commandline.command import parse
from hdfs2oss.commandline.homes import homes
from hdfs2oss.commandline.request import CopyRequest, resolve
from hdfs2oss.filesystems.hadoop_conf import read_hadoop_conf, user_name
from hdfs2oss.filesystems.keys.credentials import resolve_access
from hdfs2oss.model.errors import UsageError
from hdfs2oss.model.uri import UriSecrets

KEYS = {"OSS_ENDPOINT": "http://127.0.0.1:1", "OSS_ACCESS_KEY_ID": "i", "OSS_ACCESS_KEY_SECRET": "s"}


def request(*argv: str, **environment: str) -> CopyRequest:
    return resolve(parse(argv), {**KEYS, **environment}, {})


def test_a_bandwidth_may_be_a_property_and_the_option_wins() -> None:
    paths = ("hdfs://nn/a", "oss://b/a")
    assert request("-Ddistcp.map.bandwidth.mb=3", *paths).options.bandwidth_mb == 3
    assert request("-Ddistcp.map.bandwidth.mb=3", "-bandwidth", "5", *paths).options.bandwidth_mb == 5
    with pytest.raises(UsageError, match="must be a number above 0"):
        request("-Ddistcp.map.bandwidth.mb=0", *paths)
    assert not request("-Ddistcp.update.modification.time=false", *paths).options.compares_times


@pytest.mark.parametrize(
    ("argv", "environment", "notes"),
    [
        (
            ["-Ddfs.replication=2", "-Ddfs.block.size=1m", "-Dfs.oss.proxy.host=squid"],
            {},
            ["the proxy http://squid:80."],
        ),
        (
            ["-D", "mapreduce.job.queuename=q", "-Dfs.oss.nosuch=1", "-Dmapreduce.x=false"],
            {},
            [
                "-D mapreduce.job.queuename: not used; a queue is --queue of spark-submit",
                "Not used by hdfs2oss: -D fs.oss.nosuch, -D mapreduce.x.",
            ],
        ),
        (["-Ddfs.client.failover.max.attempts=1", "-Ddfs.ha.namenodes.ns=a,b"], {}, []),
        ([], {"https_proxy": "me:secret@squid:1"}, []),
        (
            [],
            {"https_proxy": "me:secret@squid:1", "OSS_ENDPOINT": "https://oss"},
            ["through the proxy http://squid:1."],
        ),
    ],
)
def test_what_is_not_used_and_which_proxy_is_are_said_in_one_line_each(argv, environment, notes) -> None:
    said = request(*argv, "hdfs://nn/a", "oss://b/a", **environment).notes
    assert len(said) == len(notes)
    assert all(words in line for words, line in zip(notes, said, strict=True))


@pytest.mark.parametrize(("value", "compares"), [("false", False), ("FALSE", False), ("true", True)])
def test_times_may_be_left_out_of_the_comparison(value, compares) -> None:
    asked = request("-update", "-D", f"distcp.update.modification.time={value}", "hdfs://nn/a", "oss://b/a")
    assert asked.options.compares_times is compares


@pytest.fixture
def nameless(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A process whose number is in no passwd file, as in a container; pytest makes its folder before."""

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(getpass, "getuser", nobody)
    monkeypatch.setattr(Path, "home", nowhere)
    monkeypatch.setattr(os, "getuid", lambda: 1234)


@pytest.mark.usefixtures("nameless")
@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"HADOOP_USER_NAME": "hive", "SPARK_USER": "ann", "USER": "root"}, "hive"),
        ({"SPARK_USER": "ann", "USER": "yarn"}, "ann"),
        ({"USER": "root"}, "root"),
        ({"HADOOP_USER_NAME": "", "USER": ""}, "uid-1234"),
        ({}, "uid-1234"),
    ],
)
def test_a_process_without_a_name_is_called_by_its_environment_or_its_number(
    environment: dict[str, str], name: str, tmp_path: Path
) -> None:
    assert user_name(environment) == name
    command = request("hdfs://nn/a", "oss://b/a", **environment)
    assert [str(home) for home in homes(command.options, command.user)] == [f"hdfs://nn/user/{name}"]
    (tmp_path / "core-site.xml").write_text(
        "<configuration><property><name>fs.oss.x</name><value>${user.name}</value></property></configuration>"
    )
    assert read_hadoop_conf({"HADOOP_CONF_DIR": str(tmp_path), **environment}) == {"fs.oss.x": name}


@pytest.mark.usefixtures("nameless")
def test_without_any_home_the_job_directory_must_be_named() -> None:
    command = request("oss://a/a", "oss://b/a")
    with pytest.raises(UsageError, match="uid-1234 has no home") as caught:
        homes(command.options, command.user)
    assert "--job-dir" in caught.value.hint
    named = request("--job-dir", "oss://b/jobs", "oss://a/a", "oss://b/a")
    assert homes(named.options, named.user) == []


def test_the_home_on_this_machine_is_the_last_place_for_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/hive"))
    command = request("hdfs://nn/a", "hdfs://NN:8020/b", HADOOP_USER_NAME="hive")
    assert [str(home) for home in homes(command.options, command.user)] == ["hdfs://nn/user/hive", "file:///home/hive"]


@pytest.mark.parametrize(
    ("argv", "kept"),
    [
        (["hdfs://nn/a", "oss://b/a"], 24),
        (["oss://b/a", "hdfs://nn/a"], 56),
        (["oss://b/a", "oss://c/a"], 24),
        (["--threads", "100", "hdfs://nn/a", "oss://b/a"], 108),
        (["--threads", "2", "oss://b/a", "hdfs://nn/a"], 10),
    ],
)
def test_as_many_connections_are_kept_as_a_task_has_threads(argv: list[str], kept: int) -> None:
    command = request(*argv)
    assert command.stores.threads == kept


def test_the_path_goes_before_the_option_and_that_before_the_environment_and_hadoop() -> None:
    conf = {"fs.oss.endpoint": "http://hadoop"}
    environment = {**KEYS, "OSS_ENDPOINT": "http://environment"}
    for written, option, given, where in (
        ("http://path", "http://option", environment, "http://path"),
        ("", "http://option", environment, "http://option"),
        ("", "", environment, "http://environment"),
        ("", "", {**KEYS, "OSS_ENDPOINT": ""}, "http://hadoop"),
    ):
        assert resolve_access("b", UriSecrets(endpoint=written), option, given, conf).endpoint == where
