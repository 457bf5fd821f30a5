"""What spark-submit is given, from sorted words."""

import os
from itertools import pairwise

import pytest

from hdfs2oss.commandline.nodes_python import NodesPython
from hdfs2oss.commandline.spark_words import settings_of, sort_words
from hdfs2oss.commandline.submission import (
    Travelling,
    compose,
    is_cluster,
    keys_to_send,
    refuse_to_send_keys,
    runs_in_cluster,
    travelling,
    with_call,
    without_keys,
)
from hdfs2oss.model.errors import UsageError

CLUSTER = ["--master", "yarn", "--deploy-mode", "cluster"]


def command(*typed, defaults=None, python=NodesPython(), environment=None, keys=""):  # noqa: B008 (immutable)
    words = sort_words(typed)
    settings = settings_of(words, defaults or {})
    more = travelling(words, settings, environment or {}, keys, "hdfs2oss-1")
    return compose("submit", "job", words, settings, python, more).command


def settings_in(command):
    return dict(word.split("=", 1) for option, word in pairwise(command) if option == "--conf")


@pytest.mark.parametrize(
    ("master", "mode", "elsewhere", "in_cluster"),
    [
        ("", "", False, False),
        ("local[2]", "", False, False),
        ("yarn", "client", True, False),
        ("yarn", "cluster", True, True),
    ],
)
def test_where_tasks_and_the_driver_run_follows_from_the_settings(master, mode, elsewhere, in_cluster):
    settings = {"spark.master": master, "spark.submit.deployMode": mode}
    assert (is_cluster(settings), runs_in_cluster(settings)) == (elsewhere, in_cluster)


@pytest.mark.parametrize(
    ("typed", "overhead"),
    [
        ([], "896m"),
        (["--executor-cores", "4"], "2432m"),
        (["--executor-cores", "4", "--conf", "spark.task.cpus=2"], "1408m"),
        (["--executor-cores=2", "--threads", "4", "--part-size", "8m"], "960m"),
        (["--threads=4"], "704m"),
        (["--threads=many", "--part-size=large"], "896m"),
        (["--hdfs-client=native"], "896m"),
        (["--hdfs-client", "jvm"], "1600m"),
        (["--executor-cores", "4", "viewfs://lake/a"], "5248m"),
    ],
)
def test_memory_beside_the_heap_follows_from_cores_threads_and_part_size(typed, overhead):
    settings = settings_in(command("--master", "yarn", *typed, "/a", "/b"))
    assert settings["spark.executor.memoryOverhead"] == overhead
    assert "spark.driver.memoryOverhead" not in settings


def test_memory_that_is_set_is_not_set_again_and_none_is_asked_of_a_standalone_cluster():
    for key in ("spark.executor.memoryOverhead=1g", "spark.executor.memoryOverheadFactor=0.4"):
        assert settings_in(command("--master", "yarn", "--conf", key, "/a", "/b")) == dict([key.split("=")])
    assert settings_in(command("--master", "yarn", "/a", defaults={"spark.executor.memoryOverhead": "1g"})) == {}
    assert settings_in(command("--master", "spark://host:7077", "/a", "/b")) == {}


def test_a_driver_in_the_cluster_has_room_for_its_python_and_can_be_found_by_its_tag():
    settings = settings_in(command(*CLUSTER, "--conf", "spark.yarn.tags=mine", "/a", "/b"))
    assert settings["spark.driver.memoryOverhead"] == "896m"
    by_java = settings_in(command(*CLUSTER, "--hdfs-client", "jvm", "/a", "/b"))
    assert by_java["spark.driver.memoryOverhead"] == "1600m"
    # The later one counts.
    assert settings["spark.yarn.tags"] == "mine,hdfs2oss-1"


def test_an_environment_goes_along_beside_the_users_own_archives():
    python = NodesPython({"spark.pyspark.python": "./environment/bin/python3"}, "file:///e.tar.gz#environment")
    words = command("--master", "spark://h", "--archives", "mine.zip", "/a", "/b", python=python)
    assert words == (
        *("submit", "--master", "spark://h", "--conf", "spark.pyspark.python=./environment/bin/python3"),
        *("--archives", "mine.zip,file:///e.tar.gz#environment", "job", "/a", "/b"),
    )


def test_lists_and_filters_of_this_machine_go_along_with_a_driver_in_the_cluster(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").touch()
    (tmp_path / "from").touch()
    typed = ["-filters", "out", "-f", f"file://{tmp_path}/from", "oss://bucket/b"]
    words = command(*CLUSTER, "--files", "/etc/hosts", *typed)
    sent = f"/etc/hosts,file://{tmp_path}/from#hdfs2oss.sources,file://{tmp_path}/out#hdfs2oss.filters"
    assert words[words.index("--files") + 1] == sent
    tool = words[words.index("job") + 1 :]
    assert tool == ("-filters", "file://./hdfs2oss.filters", "-f", "file://./hdfs2oss.sources", "oss://bucket/b")
    assert command("--master", "yarn", *typed)[-len(typed) :] == tuple(typed)


@pytest.mark.parametrize("typed", [["-f", "lists/from"], ["-f", "hdfs:///from"], ["-filters", "oss://bucket/f"]])
def test_what_lies_in_a_store_is_read_there(typed):
    words = command(*CLUSTER, *typed, "/b")
    assert words[-3:] == (*typed, "/b")
    assert "--files" not in words


def test_a_list_that_cannot_be_read_is_said_before_anything_is_submitted(tmp_path):
    with pytest.raises(UsageError, match=r"none cannot be read"):
        command(*CLUSTER, "-filters", f"{tmp_path}/none", "/a", "/b")


def test_keys_go_along_as_a_file_and_endpoints_as_settings():
    words = command(*CLUSTER, "/a", "oss://b/c", keys="/t/hdfs2oss.keys", environment={"OSS_ENDPOINT": "host"})
    settings = settings_in(words)
    assert settings["spark.yarn.appMasterEnv.HDFS2OSS_KEYS_FILE"] == "hdfs2oss.keys"
    assert settings["spark.yarn.appMasterEnv.OSS_ENDPOINT"] == "host"
    assert words[words.index("--files") + 1] == "/t/hdfs2oss.keys"


def test_keys_of_paths_count_before_those_of_the_environment():
    variables = {"OSS_ACCESS_KEY_ID": "I", "OSS_ACCESS_KEY_SECRET": "S", "OSS_SESSION_TOKEN": "T"}
    assert keys_to_send({**variables, "HDFS2OSS_KEYS": "b J U - -"}) == "b J U - -\n* I S T -\n"
    assert keys_to_send({**variables, "HDFS2OSS_KEYS": "* J U - -"}) == "* J U - -\n"
    assert keys_to_send({"OSS_ACCESS_KEY_ID": "I"}) == ""
    assert without_keys({"HDFS2OSS_KEYS": "x", "A": "1"}, True) == {"A": "1"}
    assert without_keys({"HDFS2OSS_KEYS": "x", "A": "1"}, False) == {"HDFS2OSS_KEYS": "x", "A": "1"}


def test_only_yarn_keeps_a_key_file_for_its_owner():
    refuse_to_send_keys({"spark.master": "yarn"})
    with pytest.raises(UsageError, match="keys cannot be handed safely to a driver in the cluster of k8s://host"):
        refuse_to_send_keys({"spark.master": "k8s://host"})


def test_nothing_travels_to_a_driver_that_runs_here():
    words = sort_words(["--master", "yarn", "-filters", os.devnull, "/a"])
    settings = settings_of(words, {})
    assert travelling(words, settings, {"OSS_ENDPOINT": "h"}, "/keys", "t") == Travelling(words.tool)


@pytest.mark.parametrize("name", ["OSS_CREDENTIALS_FILE", "ALIBABA_CLOUD_ECS_METADATA", "HDFS2OSS_METADATA_URL"])
def test_who_gives_the_keys_is_the_same_for_a_driver_in_the_cluster(name):
    more = travelling(sort_words([*CLUSTER, "/a", "/b"]), settings_of(sort_words(CLUSTER), {}), {name: "x"}, "", "tag")
    assert more.settings[f"spark.yarn.appMasterEnv.{name}"] == "x"


def test_the_vendors_own_variables_are_sent_where_those_of_oss_are_not_set():
    vendors = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "i", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s"}
    assert keys_to_send(vendors) == "* i s - -\n"
    assert keys_to_send({**vendors, "OSS_ACCESS_KEY_ID": "o", "OSS_ACCESS_KEY_SECRET": "p"}) == "* o p - -\n"


@pytest.mark.parametrize(("name", "sent"), [("a b%.txt", "a%20b%25.txt"), ("a[1].txt", ""), ("a,b", ""), ("a*", "")])
def test_a_list_with_a_strange_name_travels_as_itself_or_not_at_all(tmp_path, name, sent):
    (tmp_path / name).touch()
    words = sort_words([*CLUSTER, "-filters", str(tmp_path / name), "/a", "/b"])
    settings = settings_of(words, {})
    if sent:
        assert travelling(words, settings, {}, "", "tag").files == (f"file://{tmp_path}/{sent}#hdfs2oss.filters",)
        return
    with pytest.raises(UsageError, match="cannot travel"):
        travelling(words, settings, {}, "", "tag")


def test_how_another_wrapper_was_called_is_not_handed_on_as_how_this_one_was():
    """Inside a driver that a wrapper was called for, the variable is there, and this call was too long for it."""
    assert with_call(Travelling(()), {}, "").variables == {"HDFS2OSS_WRAPPER": ""}
    assert with_call(Travelling(()), {"spark.master": "yarn"}, "x").variables == {"HDFS2OSS_WRAPPER": "x"}


def test_only_a_cluster_that_gives_a_driver_its_environment_is_told_how_the_wrapper_was_called():
    more = Travelling((), settings={"a": "b"})
    yarn, other = ({"spark.master": master, "spark.submit.deployMode": "cluster"} for master in ("yarn", "k8s://x"))
    assert with_call(more, yarn, "x").settings == {"a": "b", "spark.yarn.appMasterEnv.HDFS2OSS_WRAPPER": "x"}
    assert with_call(more, yarn, "") == with_call(more, other, "x") == more
