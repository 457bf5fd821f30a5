"""What is asked of Spark, and what a cluster can run: a table."""

import pytest

from hdfs2oss.runners.spark_settings import is_local, most_attempts, most_slots, settings_for

DYNAMIC = {"spark.dynamicAllocation.enabled": "true"}


@pytest.mark.parametrize(
    ("settings", "slots"),
    [
        ({"spark.master": "local"}, 1),
        ({"spark.master": "local[3]"}, 3),
        ({"spark.master": "local[3,4]"}, 3),
        ({"spark.master": "local[*]"}, 16),
        ({"spark.master": "local-cluster[2,3,1024]"}, 6),
        ({"spark.master": "yarn"}, 2),
        ({"spark.master": "yarn", "spark.executor.instances": "5", "spark.executor.cores": "4"}, 20),
        ({"spark.master": "yarn", "spark.executor.cores": "4", "spark.task.cpus": "2"}, 4),
        ({"spark.master": "yarn", **DYNAMIC}, None),
        (
            {
                "spark.master": "yarn",
                "spark.executor.cores": "4",
                "spark.dynamicAllocation.maxExecutors": "3",
                **DYNAMIC,
            },
            12,
        ),
        ({"spark.master": "k8s://x", "spark.executor.instances": "5"}, 5),
        ({"spark.master": "spark://h:7077"}, None),
        ({"spark.master": "spark://h:7077", "spark.cores.max": "6"}, 6),
    ],
    ids=str,
)
def test_most_slots(settings, slots):
    assert most_slots(settings, 16) == slots


@pytest.mark.parametrize(
    ("settings", "attempts"),
    [
        ({"spark.master": "local[2]", "spark.task.maxFailures": "8"}, 1),
        ({"spark.master": "local[2,4]"}, 4),
        ({"spark.master": "yarn"}, 4),
        ({"spark.master": "yarn", "spark.task.maxFailures": "8"}, 8),
    ],
    ids=str,
)
def test_most_attempts(settings, attempts):
    assert most_attempts(settings) == attempts


def test_the_user_wins_except_over_speculation():
    mine = {"spark.master": "yarn", "spark.speculation": "true", "spark.task.maxFailures": "3"}
    settings = settings_for("3.5.9", mine, False)
    assert settings["spark.speculation"] == "false"
    assert "spark.task.maxFailures" not in settings


@pytest.mark.parametrize(
    ("version", "is_set"), [("3.5.9", False), ("4.0.1", False), ("4.1.0", True), ("4.3.0", True), ("10.0", True)]
)
def test_unix_sockets_are_asked_for_where_spark_has_them(version, is_set):
    name = "spark.python.unix.domain.socket.enabled"
    assert (name in settings_for(version, {"spark.master": "local[2]"}, False)) is is_set
    # A YARN container's folder is too long for a socket's path.
    assert name not in settings_for(version, {"spark.master": "yarn"}, False)


def test_memory_beside_the_heap_follows_the_cores():
    settings = settings_for("4.3.0", {"spark.master": "yarn", "spark.executor.cores": "4"}, False)
    assert settings["spark.executor.memoryOverhead"] == "2432m"
    assert "spark.executor.memoryOverhead" not in settings_for("4.3.0", {"spark.master": "local[2]"}, False)
    settings = settings_for("4.3.0", {"spark.master": "yarn", "spark.executor.cores": "4"}, False, by_java=True)
    assert settings["spark.executor.memoryOverhead"] == "5248m"


def test_unfit_nodes_are_left_out_where_there_is_more_than_one():
    assert settings_for("4.3.0", {"spark.master": "yarn"}, False)["spark.excludeOnFailure.enabled"] == "true"
    assert "spark.excludeOnFailure.enabled" not in settings_for("4.3.0", {"spark.master": "local[2]"}, False)


def test_local_means_the_drivers_own_process():
    assert is_local("local[*]")
    assert not is_local("local-cluster[1,1,512]")
