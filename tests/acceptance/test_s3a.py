"""Hadoop's own client for S3, as it is released, against a server that stands for S3: a source, and a target."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from hdfs2oss.filesystems.hadoop_jvm import forget_jvms
from hdfs2oss.filesystems.registry import close_filesystems
from tests.sandbox.jars import S3A, added_artefacts, fetch, fetch_jars

# Marked as what needs a JVM and its jars, though no HDFS is there.
pytestmark = [pytest.mark.hdfs, pytest.mark.full]

FILES = {"a b/é/f+1": os.urandom(7_000_000), "empty": b"", "x": b"xyz"}
POND = "pond"


@pytest.fixture(scope="module")
def s3() -> Iterator[tuple[str, Any]]:
    """The address of the server, and a client of another hand. Both take a second to be imported."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    endpoint = f"http://127.0.0.1:{port}"
    client = boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id="id", aws_secret_access_key="secret", region_name="us-east-1"
    )
    client.create_bucket(Bucket=POND)
    yield endpoint, client
    server.stop()


@pytest.fixture
def s3a(command, s3, monkeypatch) -> Iterator[list[str]]:
    """The options that lead there; with the jars, and the keys in the environment."""
    monkeypatch.setenv("CLASSPATH", f"{fetch_jars()}/*:{fetch(added_artefacts(S3A))}/*")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    forget_jvms()
    settings = {"endpoint": s3[0], "path.style.access": "true", "endpoint.region": "us-east-1"}
    yield [word for name, value in settings.items() for word in ("-D", f"fs.s3a.{name}={value}")]
    close_filesystems()
    forget_jvms()


def objects(client: Any, prefix: str) -> dict[str, bytes]:
    found = client.list_objects_v2(Bucket=POND, Prefix=prefix).get("Contents", [])
    return {
        one["Key"].removeprefix(prefix): client.get_object(Bucket=POND, Key=one["Key"])["Body"].read() for one in found
    }


def test_a_tree_comes_out_of_s3_and_goes_into_it_and_an_update_finds_nothing_to_do(
    command, s3, s3a, make_place, tmp_path
) -> None:
    _, client = s3
    for name, data in FILES.items():
        client.put_object(Bucket=POND, Key=f"source/{name}", Body=data)
    bucket = make_place("oss", "from-s3")
    done = command(*s3a, f"s3a://{POND}/source", bucket)
    assert (done.code, done["COPY"], done["PROVEN_BY_LENGTH"]) == (0, len(FILES), len(FILES)), done.text
    assert "goes through Hadoop's Java client" in done.text
    assert bucket.read() == FILES
    again = command(*s3a, "-update", f"s3a://{POND}/source", bucket)
    assert (again.code, again["COPY"], again["SKIP"]) == (0, 0, len(FILES)), again.text
    back = command(*s3a, bucket, f"s3a://{POND}/back")
    assert (back.code, back["COPY"]) == (0, len(FILES)), back.text
    assert objects(client, "back/") == FILES
    client.delete_object(Bucket=POND, Key="source/x")
    gone = command(*s3a, "-update", "-delete", "--max-delete", "9", f"s3a://{POND}/source", f"s3a://{POND}/back")
    assert (gone.code, gone["FILES_DELETED"]) == (0, 1), gone.text
    assert set(objects(client, "back/")) - {""} == set(FILES) - {"x"}
