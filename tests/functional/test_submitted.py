"""Jobs submitted to platforms on loopback: what arrives there, what the operator reads, and how it ends."""

import io
import os
import subprocess
import sys

import pytest

from hdfs2oss.commandline.submit_command import parse_submit
from hdfs2oss.model.errors import LostSight, SurveyError, UsageError
from hdfs2oss.verbs.submit.remote import submit
from tests.stores.emr_serverless import JOB, KEY_ID, SECRET, ServerlessStub

# The SDK alone takes seconds to load.
pytestmark = pytest.mark.slow
KEYS = {"ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET}
WHERE = "emr-serverless --workspace w-1 --region cn-hangzhou"
WHAT = "--queue root --release esr-4.3.0 --entry-point oss://code/job.py -update hdfs://nn/a oss://b/c"


class Operator:
    """Whoever types the command; nobody sleeps."""

    def __init__(self) -> None:
        self.out, self.messages = io.StringIO(), io.StringIO()

    def submit(self, stub: ServerlessStub, words: str, sleep=lambda seconds: None, **environment: str) -> int:
        given = KEYS | environment
        order = parse_submit(f"{words} --api-endpoint {stub.url}".split(), given)
        return submit(order, given, self.out, self.messages, sleep=sleep)

    @property
    def read(self) -> str:
        return self.out.getvalue() + self.messages.getvalue()


@pytest.fixture
def operator() -> Operator:
    return Operator()


def test_a_job_run_arrives_signed_and_with_its_words_and_without_a_secret(operator) -> None:
    with ServerlessStub() as stub:
        assert operator.submit(stub, f"{WHERE} {WHAT}") == 0
    (body,) = stub.bodies
    assert stub.refused == 0
    assert body["jobDriver"]["sparkSubmit"]["entryPointArguments"] == ["-update", "hdfs://nn/a", "oss://b/c"]
    assert (body["resourceQueueId"], body["releaseVersion"], body["codeType"]) == ("root", "esr-4.3.0", "PYTHON")
    assert SECRET not in f"{stub.bodies} {stub.headers} {operator.read}"
    assert f"Submitted as {JOB}." in operator.read
    assert f"--follow {JOB}" in operator.read


def test_keys_that_are_not_those_of_the_account_are_refused_and_nothing_is_submitted(operator) -> None:
    with ServerlessStub() as stub, pytest.raises(SurveyError, match="SignatureDoesNotMatch") as caught:
        operator.submit(stub, f"{WHERE} {WHAT}", ALIBABA_CLOUD_ACCESS_KEY_SECRET="WRONG-WRONG")
    assert stub.refused == 1
    assert stub.bodies == []
    assert "WRONG" not in f"{caught.value.message} {caught.value.hint}"


def test_a_request_that_was_not_answered_is_sent_again_as_the_same_job(operator) -> None:
    with ServerlessStub() as stub:
        stub.start_statuses = [503, 200]
        assert operator.submit(stub, f"{WHERE} {WHAT}") == 0
    assert len(stub.bodies) == 2
    assert len({body["clientToken"] for body in stub.bodies}) == 1


@pytest.mark.parametrize(
    ("states", "reason", "code", "told"),
    [
        (["Submitted", "Pending", "Running", "Success"], None, 0, "ended with Success."),
        (["Running", "Failed"], {"code": "E", "message": "killed"}, 1, "ended with Failed: E killed"),
        (["Running", "Failed"], {"code": "E", "message": "exit code 4"}, 4, "(exit code 4 of hdfs2oss)"),
        (["Cancelling", "Cancelled"], None, 1, "the platform gives no reason"),
    ],
)
def test_who_waits_ends_as_the_job_did(operator, states, reason, code, told) -> None:
    with ServerlessStub(states, reason) as stub:
        assert operator.submit(stub, f"{WHERE} {WHAT} --wait") == code
    assert told in operator.read
    assert all(f"State: {state}" in operator.read for state in states[:-1])


def test_who_stops_waiting_is_told_that_the_job_goes_on_and_how_to_wait_again(operator) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with ServerlessStub(["Running"]) as stub:
        assert operator.submit(stub, f"{WHERE} {WHAT} --wait", interrupt) == 130
    assert "the job goes on" in operator.read
    assert f"--follow {JOB}" in operator.read


def test_a_job_is_followed_later(operator) -> None:
    with ServerlessStub(["Running", "Success"]) as stub:
        assert operator.submit(stub, f"{WHERE} --follow {JOB}") == 0
    assert stub.bodies == []


def test_a_job_that_the_platform_does_not_know_is_lost_from_sight(operator) -> None:
    with ServerlessStub([404]) as stub, pytest.raises(LostSight, match="the stub says Refused") as caught:
        operator.submit(stub, f"{WHERE} --follow jr-none")
    assert caught.value.exit_code == 9


def test_a_platform_that_cannot_be_reached_was_sent_nothing(operator) -> None:
    with ServerlessStub() as stub:
        pass
    with pytest.raises(SurveyError, match=r"nothing was submitted: .*[Rr]efused"):
        operator.submit(stub, f"{WHERE} {WHAT}")


@pytest.mark.parametrize(
    "words",
    [
        f"{WHERE} {WHAT}",
        WHAT.join(["aws-emr --cluster j-1 --region eu ", ""]).replace("--queue root --release esr-4.3.0", ""),
    ],
)
def test_what_is_printed_is_what_would_be_sent_and_needs_neither_keys_nor_a_platform(operator, words) -> None:
    order = parse_submit([*words.split(), "--print"], {})
    assert submit(order, {}, operator.out, operator.messages) == 0
    assert '"-update"' in operator.read


def test_a_planted_secret_stands_in_no_process_no_output_and_no_body(tmp_path) -> None:
    """On a real command line: the process that stays has none of it in its words."""
    words = [*WHERE.split(), *WHAT.split()[:-1], f"oss://{KEY_ID}:{SECRET}@lake/c"]
    with ServerlessStub() as stub:
        done = subprocess.run(
            [sys.executable, "-m", "hdfs2oss", "submit", *words, "--api-endpoint", stub.url],
            env={**os.environ, **KEYS},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == UsageError.exit_code
    assert "cannot be handed to emr-serverless" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert stub.bodies == []
    done = subprocess.run(
        [sys.executable, "-m", "hdfs2oss", "submit", "spark-submit", "--print", "hdfs://nn/a", words[-1]],
        env={**os.environ, **KEYS},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "oss://lake/c" in done.stdout
    assert SECRET not in done.stdout + done.stderr
