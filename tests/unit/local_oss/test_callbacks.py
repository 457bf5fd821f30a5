"""Objects that are stored with a callback: nobody is called, as nobody is there."""

import base64
from urllib.parse import quote

import pytest

CALLBACK = base64.b64encode(b'{"callbackUrl": "http://127.0.0.1:1/"}').decode()


def test_object_with_a_callback_is_stored_though_nobody_is_called(client):
    answer = client.put("called-back", b"x", x_oss_callback=CALLBACK)
    assert (answer.status, answer.code) == (203, "CallbackFailed")
    assert "calls nobody" in answer.text("Message")
    assert answer.headers["etag"] == client.get("called-back").headers["etag"]
    assert (
        client.send("PUT", "called-too", f"callback={quote(CALLBACK)}", b"y", x_oss_callback_var="e30=").status == 203
    )
    assert client.get("called-too").body == b"y"
    upload_id = client.initiate("completed")
    etag = client.part("completed", upload_id, 1, b"z").headers["etag"]
    answer = client.complete("completed", upload_id, (1, etag), x_oss_callback=CALLBACK)
    assert (answer.status, answer.code) == (203, "CallbackFailed")
    assert client.get("completed").body == b"z"


@pytest.mark.parametrize(
    "callback",
    ["no base64", "e30", b"no JSON", b"\xff", b'"text"', b"{}", b'{"callbackUrl": ""}', b'{"callbackUrl": 1}'],
)
def test_callback_that_names_nobody_is_refused_before_anything_is_stored(client, callback):
    text = base64.b64encode(callback).decode() if isinstance(callback, bytes) else callback
    answer = client.put("not-called", b"x", x_oss_callback=text)
    assert (answer.status, answer.code) == (400, "InvalidArgument")
    assert client.send("PUT", "not-called", f"callback={quote(text)}", b"x").code == "InvalidArgument"
    upload_id = client.initiate("not-called")
    etag = client.part("not-called", upload_id, 1, b"x").headers["etag"]
    answer = client.complete("not-called", upload_id, (1, etag), x_oss_callback=text)
    assert answer.code == "InvalidArgument"
    assert client.get("not-called").status == 404


def test_variables_of_a_callback_that_are_no_json_are_refused(client):
    answer = client.put("no-variables", b"x", x_oss_callback=CALLBACK, x_oss_callback_var="?")
    assert (answer.status, answer.code) == (400, "InvalidArgument")
    assert client.get("no-variables").status == 404
