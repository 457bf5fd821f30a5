"""Steps added to a cluster of AWS EMR, as moto's server knows it."""

import io
from collections.abc import Iterator

import pytest

from hdfs2oss.commandline.submit_command import parse_submit
from hdfs2oss.model.errors import LostSight, SurveyError
from hdfs2oss.verbs.submit.remote import submit

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
REGION = "eu-central-1"
SECRET = "HUSH-HUSH-HUSH"
WORDS = "--entry-point s3://code/job.py --conf a=b -update hdfs:///a oss://b/c"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    server.stop()


@pytest.fixture
def client(url, monkeypatch):
    import boto3

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA-test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return boto3.client("emr", region_name=REGION, endpoint_url=url)


@pytest.fixture
def cluster(client) -> str:
    instances = {
        "MasterInstanceType": "m5.xlarge",
        "SlaveInstanceType": "m5.xlarge",
        "InstanceCount": 2,
        "KeepJobFlowAliveWhenNoSteps": True,
    }
    found: str = client.run_job_flow(
        Name="of a test", ReleaseLabel="emr-7.13.0", Instances=instances, JobFlowRole="r", ServiceRole="s"
    )["JobFlowId"]
    return found


def say(url: str, cluster: str, words: str, **how) -> tuple[int, str]:
    out = io.StringIO()
    order = parse_submit(f"aws-emr --cluster {cluster} --region {REGION} --api-endpoint {url} {words}".split(), {})
    return submit(order, {"AWS_SECRET_ACCESS_KEY": SECRET}, out, out, **how), out.getvalue()


def test_a_step_is_added_to_the_cluster_with_the_words_of_spark_submit(client, url, cluster) -> None:
    code, said = say(url, cluster, WORDS)
    (step,) = client.list_steps(ClusterId=cluster)["Steps"]
    assert (code, step["Name"], step["ActionOnFailure"]) == (0, "hdfs2oss", "CONTINUE")
    assert step["Config"]["Jar"] == "command-runner.jar"
    words = ["spark-submit", "--conf", "a=b", "s3://code/job.py", "-update", "hdfs:///a", "oss://b/c"]
    assert step["Config"]["Args"] == words
    assert f"--follow {step['Id']}" in said
    assert SECRET not in said + str(step)


@pytest.mark.parametrize(("state", "code"), [("COMPLETED", 0), ("FAILED", 1), ("CANCELLED", 1)])
def test_who_waits_ends_as_the_step_did(client, url, cluster, state, code) -> None:
    from moto.emr.models import emr_backends

    def end(seconds: float) -> None:
        # In whichever region moto takes it to be.
        every = [one for account in emr_backends.values() for one in account.values()]
        (known,) = [one.clusters[cluster] for one in every if cluster in one.clusters]
        known.steps[0].state = state

    assert say(url, cluster, f"{WORDS} --wait", sleep=end)[0] == code
    assert len(client.list_steps(ClusterId=cluster)["Steps"]) == 1


def test_after_an_answer_that_is_none_nobody_knows_whether_a_step_was_added(client, url) -> None:
    with pytest.raises(LostSight, match=r"whether the job was submitted is not known: .* 500") as caught:
        say(url, "j-none", WORDS)  # which moto answers with 500
    assert (caught.value.exit_code, "\n" in caught.value.message) == (9, False)


def test_nobody_who_answers_was_sent_nothing(client) -> None:
    with pytest.raises(SurveyError, match="Could not connect"):
        say("http://127.0.0.1:9", "j-1", WORDS)


def test_without_keys_of_boto3_the_ways_to_give_them_are_named(client, url, cluster, monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(SurveyError, match=r"[Cc]redentials") as caught:
        say(url, cluster, WORDS)
    assert "AWS_PROFILE" in caught.value.hint
