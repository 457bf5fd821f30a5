"""An application of YARN that has not started: whose it is, and how it ends with its driver."""

import re
from types import SimpleNamespace

import pytest

from hdfs2oss.runners.waiting import ClusterFacts, Queued
from hdfs2oss.runners.yarn_start import YarnStart

CLIENT = {"spark.master": "yarn", "spark.submit.deployMode": "client"}
ID = "application_1700000000000_0042"


@pytest.mark.parametrize(
    ("settings", "tags"),
    [
        (CLIENT, r"hdfs2oss-[0-9a-f]{16}"),
        ({"spark.master": "yarn"}, r"hdfs2oss-[0-9a-f]{16}"),
        ({**CLIENT, "spark.yarn.tags": "night,mine"}, r"night,mine,hdfs2oss-[0-9a-f]{16}"),
        # There the wrapper has given it a tag, and it runs when its driver does.
        ({**CLIENT, "spark.submit.deployMode": "cluster"}, ""),
        ({"spark.master": "spark://host:7077"}, ""),
        ({"spark.master": "local[2]"}, ""),
    ],
)
def test_an_application_of_a_driver_here_bears_a_tag_of_its_own(settings, tags):
    start = YarnStart(settings, None, {})
    assert start.is_due == bool(tags)
    assert re.fullmatch(tags, start.settings.get("spark.yarn.tags", ""))


def jvm(*reports):
    """A driver's JVM whose YARN gives these reports, for the one tag that it is asked for."""
    asked = []

    class Tags(list):
        add = list.append

    def get_applications(types, states, tags):
        asked.append(list(tags))
        return reports

    client = SimpleNamespace(init=lambda conf: None, start=lambda: None, getApplications=get_applications)
    yarn = SimpleNamespace(client=SimpleNamespace(api=SimpleNamespace()))
    yarn.client.api.YarnClient = SimpleNamespace(createYarnClient=lambda: client)
    java = SimpleNamespace(
        util=SimpleNamespace(HashSet=Tags, EnumSet=SimpleNamespace(allOf=lambda kind: kind)),
        lang=SimpleNamespace(Class=SimpleNamespace(forName=lambda name: name)),
    )
    hadoop = SimpleNamespace(hadoop=SimpleNamespace(yarn=yarn))
    return SimpleNamespace(java=java, org=SimpleNamespace(apache=hadoop)), asked


def report(state, says=None):
    return SimpleNamespace(
        getYarnApplicationState=lambda: SimpleNamespace(toString=lambda: state),
        getApplicationId=lambda: SimpleNamespace(toString=lambda: ID),
        getDiagnostics=lambda: says,
        getQueue=lambda: "root.night",
    )


def test_yarn_is_asked_for_its_tag_and_what_it_says_is_one_line():
    machine, asked = jvm(report("ACCEPTED", "limit\n  exceeded; oss://id:hush@bucket/x"))
    start = YarnStart(CLIENT, machine, {})
    facts = start.look(dict)
    assert facts == ClusterFacts(
        "yarn", queued=Queued(ID, "ACCEPTED", "root.night", "limit exceeded; oss://***@bucket/x")
    )
    assert asked == [[start.settings["spark.yarn.tags"]]]


@pytest.mark.parametrize("reports", [(), (report("KILLED"),)])
def test_where_yarn_knows_of_none_that_waits_only_the_master_is_known(reports):
    assert YarnStart(CLIENT, jvm(*reports)[0], {}).look(dict) == ClusterFacts("yarn")


def test_a_driver_that_yarn_has_started_waits_in_no_queue():
    assert (
        YarnStart({**CLIENT, "spark.submit.deployMode": "cluster"}, jvm(report("ACCEPTED"))[0], {}).look(dict) is None
    )


@pytest.fixture
def environment(tmp_path):
    """With a SPARK_HOME whose programs write down what they are asked; nothing is known of any tag."""
    tool = tmp_path / "bin/spark-class"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\nexit ${{CODE:-0}}\n')
    tool.chmod(0o755)
    return {"SPARK_HOME": str(tmp_path)}


def test_an_application_that_was_seen_is_ended_by_name(environment, tmp_path):
    start = YarnStart(CLIENT, jvm(report("ACCEPTED"))[0], environment)
    start.look(dict)
    assert start.end() == f"{ID} was killed"
    assert (tmp_path / "asked").read_text().splitlines()[-1].endswith(f" application -kill {ID}")


def test_one_that_cannot_be_ended_is_named_with_the_command(environment):
    start = YarnStart(CLIENT, jvm(report("ACCEPTED"))[0], {**environment, "CODE": "1"})
    start.look(dict)
    assert start.end() == f"{ID} could not be ended: yarn application -kill {ID}"


def test_one_that_nobody_has_seen_is_looked_for_by_its_tag(environment, tmp_path):
    start = YarnStart(CLIENT, None, environment)
    assert start.end() == "YARN knows of no application of it"
    assert f"-list -appTags {start.settings['spark.yarn.tags']} -appStates ALL" in (tmp_path / "asked").read_text()


def test_of_other_clusters_nothing_is_asked():
    assert YarnStart({"spark.master": "spark://h"}, None, {}).end() == ""
