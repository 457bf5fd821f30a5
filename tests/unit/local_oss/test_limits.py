"""The sizes and counts of the protocol, scaled down where the real ones are large."""

import pytest

from hdfs2oss.local_oss import Limits
from local_oss.conftest import BUCKET, Client, md5_base64, started

LIMITS = Limits(min_part_bytes=1, max_put_bytes=1000, max_copy_bytes=500)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = started(tmp_path_factory.mktemp("oss"), limits=LIMITS)
    yield running
    running.stop()


def delete_all(client: Client, keys: list[str]):
    body = "".join(f"<Object><Key>{key}</Key></Object>" for key in keys)
    body = f"<Delete><Quiet>false</Quiet>{body}</Delete>"
    return client.send("POST", "", "delete", body, Content_MD5=md5_base64(body.encode()))


@pytest.mark.parametrize(("count", "status"), [(0, 400), (1, 200), (1000, 200), (1001, 400)])
def test_a_thousand_keys_are_deleted_at_once_and_no_more(client, count, status):
    client.put("k0", b"data")
    answer = delete_all(client, [f"k{number}" for number in range(count)])
    assert answer.status == status
    assert answer.status == 200 or answer.code == "MalformedXML"
    assert client.get("k0").status == (404 if status == 200 else 200)


@pytest.mark.parametrize(("size", "code"), [(500, ""), (501, "EntityTooLarge")])
def test_an_object_is_copied_in_one_request_up_to_a_size(client, size, code):
    client.put("source", bytes(size))
    client.send("DELETE", "copy")
    answer = client.put("copy", x_oss_copy_source=f"/{BUCKET}/source")
    assert (answer.code if answer.status != 200 else "") == code
    assert client.get("copy").status == (404 if code else 200)


@pytest.mark.parametrize(("size", "status"), [(1000, 200), (1001, 400)])
def test_a_part_is_copied_up_to_the_size_of_one(client, size, status):
    joined = client.initiate("joined")
    tags = [client.part("joined", joined, number, bytes(600)).headers["etag"] for number in (1, 2)]
    assert client.complete("joined", joined, *enumerate(tags, 1)).status == 200
    upload_id = client.initiate("copy")
    query = f"partNumber=1&uploadId={upload_id}"
    span = {"x_oss_copy_source_range": f"bytes=0-{size - 1}"}
    answer = client.send("PUT", "copy", query, x_oss_copy_source=f"/{BUCKET}/joined", **span)
    assert answer.status == status
    assert client.send("GET", "copy", f"uploadId={upload_id}").texts("Part/PartNumber") == (
        ["1"] if status == 200 else []
    )


@pytest.mark.parametrize("size", [1000, 1001])
def test_an_object_is_put_up_to_a_size(client, size):
    client.send("DELETE", "put")
    assert client.put("put", bytes(size)).status == (200 if size == 1000 else 400)
    assert client.get("put").status == (200 if size == 1000 else 404)
