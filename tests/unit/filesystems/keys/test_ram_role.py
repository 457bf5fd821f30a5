"""The keys of a RAM role, asked of a metadata service on loopback."""

import time

import pytest

from hdfs2oss.filesystems.keys.ram_role import ANY_ROLE, METADATA_URL, RamRole, fetch_keys, named_role
from hdfs2oss.local_oss.signatures.authenticator import Credentials
from hdfs2oss.model.errors import AuthenticationFailed, UsageError
from tests.stores.metadata_service import ROLE, MetadataService, document

DOCUMENT = document(Credentials("STS.id", "HUSH", "TOKEN"), 1_800_000_000)


def serving(**how) -> MetadataService:
    return MetadataService(lambda: DOCUMENT, **how)


@pytest.mark.parametrize(("is_hardened", "has_token"), [(True, True), (False, True), (False, False)])
def test_keys_come_with_their_token_and_expiration_in_either_mode_of_the_service(is_hardened, has_token) -> None:
    with serving(is_hardened=is_hardened, has_token=has_token) as service:
        keys = fetch_keys(service.role())
    assert keys == ("STS.id", "HUSH", "TOKEN", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_800_000_000)))
    assert keys.expires_at == 1_800_000_000
    assert service.requests[0] == ("PUT", "/latest/api/token")


def test_which_role_the_instance_has_is_asked_where_none_is_named() -> None:
    with serving() as service:
        assert fetch_keys(service.role(ANY_ROLE)).access_key_id == "STS.id"
    assert service.requests[-1][1].endswith(f"/{ROLE}")


def test_a_service_without_tokens_is_never_asked_where_the_hardened_mode_is_demanded() -> None:
    refused = pytest.raises(AuthenticationFailed, match="PUT /latest/api/token was answered with 404")
    with serving(has_token=False) as service, refused:
        fetch_keys(service.role(is_hardened=True))
    assert [method for method, _ in service.requests] == ["PUT"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"Code": "Failed"}, "the service says Failed"),
        ({**DOCUMENT, "SecurityToken": ""}, "the answer holds no keys with a token"),
        ([], "the answer is no JSON object"),
        ({**DOCUMENT, "SecurityToken": "HUSH\nHUSH"}, "the answer holds no keys with a token"),
        ({"Code": {"AccessKeySecret": "HUSH"}}, "the answer holds no keys with a token"),
    ],
)
def test_an_answer_without_keys_is_told_with_the_service_and_without_what_it_holds(answer, reason) -> None:
    with MetadataService(lambda: answer) as service, pytest.raises(AuthenticationFailed) as caught:
        fetch_keys(service.role())
    assert reason in caught.value.message
    assert service.url in caught.value.message
    assert "HUSH" not in str(caught.value)


def test_a_role_that_the_instance_does_not_have_is_named_with_the_next_step() -> None:
    with serving() as service, pytest.raises(AuthenticationFailed, match=r"the RAM role other .* 404") as caught:
        fetch_keys(service.role("other"))
    assert "Attach the RAM role" in caught.value.hint


def test_a_service_that_is_not_there_is_named() -> None:
    with serving() as service:
        pass
    with pytest.raises(AuthenticationFailed, match=f"metadata service {service.url}.*[Rr]efused"):
        fetch_keys(service.role())


@pytest.mark.parametrize(
    ("environment", "role"),
    [
        ({}, RamRole("copier", METADATA_URL)),
        ({"ALIBABA_CLOUD_IMDSV1_DISABLED": "True"}, RamRole("copier", METADATA_URL, True)),
        ({"HDFS2OSS_METADATA_URL": "http://127.0.0.1:9/"}, RamRole("copier", "http://127.0.0.1:9")),
    ],
)
def test_the_environment_says_how_the_service_is_asked(environment, role) -> None:
    assert named_role("copier", environment) == role


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}, "forbids"),
        ({"HDFS2OSS_METADATA_URL": "https://h/x"}, "not of the form"),
    ],
)
def test_an_environment_that_forbids_the_service_or_misnames_it_is_refused(environment, words) -> None:
    with pytest.raises(UsageError, match=words):
        named_role("copier", environment)


@pytest.mark.parametrize("token", ["<html>\nlogin\n</html>", "\u4e2d", "\x00"])
def test_what_another_server_answers_in_place_of_a_token_is_a_refusal(token) -> None:
    with serving() as service:
        service.token = token
        with pytest.raises(AuthenticationFailed, match="as a token is none"):
            fetch_keys(service.role())


@pytest.mark.parametrize(
    "url", ["http://u:HUSH@host", "http://[host", "http://host:1/x", "https://host", "http://host:x"]
)
def test_an_address_that_is_none_is_refused_and_not_repeated(url) -> None:
    with pytest.raises(UsageError, match="HDFS2OSS_METADATA_URL") as caught:
        named_role("r", {"HDFS2OSS_METADATA_URL": url})
    assert "HUSH" not in f"{caught.value}{caught.value.hint}"
