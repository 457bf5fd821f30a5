"""The second line of an error: what the operator does next."""

import pytest

from hdfs2oss.filesystems.oss.errors import WrongEndpoint, action_of
from hdfs2oss.model.errors import AuthenticationFailed, NotFound, PermissionDenied, QuotaExceeded, StoreError, Throttled

from .scripted_store import Answer, ScriptedStore, error

NO_OSS = {"x-oss-request-id": "", "Server": "nginx", "Content-Type": "text/html"}
ELSEWHERE = (
    b"<Error><Code>AccessDenied</Code><Message>The bucket you are attempting to access must be addressed using the "
    b"specified endpoint. Please send all future requests to this endpoint.</Message>"
    b"<Endpoint>oss-cn-shanghai.aliyuncs.com</Endpoint></Error>"
)


def failure(answer: Answer, ask=lambda store: store.read_bytes("/dir/file")) -> StoreError:
    with ScriptedStore(answer) as store, pytest.raises(StoreError) as caught:
        ask(store.open())
    return caught.value


@pytest.mark.parametrize("status", [403, 301, 307])
def test_a_bucket_that_lies_elsewhere_is_told_with_the_endpoint_to_set(status: int) -> None:
    found = failure(Answer(status, ELSEWHERE))
    assert type(found) is WrongEndpoint
    assert "the bucket lake is not at http://127.0.0.1:" in found.message
    assert "but at oss-cn-shanghai.aliyuncs.com" in found.message
    assert "OSS_ENDPOINT=http://oss-cn-shanghai.aliyuncs.com" in found.hint


@pytest.mark.parametrize("status", [302, 400, 403, 404, 405])
def test_what_is_no_oss_is_told_as_that_and_never_as_a_missing_file(status: int) -> None:
    def no_oss(store) -> StoreError:
        with pytest.raises(WrongEndpoint, match=rf"is no OSS \(HTTP status {status}\)") as caught:
            store.status("/dir/file")
        raise caught.value

    answer = Answer(status, b"<html>not here</html>", NO_OSS)
    assert "Check the endpoint" in failure(answer, no_oss).hint
    assert type(failure(answer)) is WrongEndpoint


def test_an_answer_of_oss_without_a_body_and_one_of_a_balancer_keep_their_meaning() -> None:
    assert type(failure(Answer(404))) is NotFound
    assert type(failure(Answer(503, b"<html>", NO_OSS))) is Throttled


@pytest.mark.parametrize(
    ("ask", "action", "resource"),
    [
        (lambda store: store.read_bytes("/f"), "oss:GetObject", "acs:oss:*:*:lake/*"),
        (lambda store: list(store.walk("/f")), "oss:ListObjects", "acs:oss:*:*:lake:"),
        (lambda store: store.status("/f"), "oss:GetObject", "acs:oss:*:*:lake/*"),
        (lambda store: store.put("/f", b"x", "", {}), "oss:PutObject", "acs:oss:*:*:lake/*"),
        (lambda store: store.begin_upload("/f"), "oss:PutObject", "acs:oss:*:*:lake/*"),
        (lambda store: store.abort_upload("/f", "U"), "oss:AbortMultipartUpload", "acs:oss:*:*:lake/*"),
    ],
    ids=["read", "list", "look", "put", "begin", "abort"],
)
def test_a_refused_action_names_the_permission_it_needs(ask, action: str, resource: str) -> None:
    found = failure(error(403, "AccessDenied", "You have no right to access this object because of bucket acl."), ask)
    assert type(found) is PermissionDenied
    assert f"need {action} on {resource}" in found.hint


@pytest.mark.parametrize(
    ("request_of", "action"),
    [
        (("GET", "", {"list-type": "2"}), "oss:ListObjects"),
        (("GET", "", {"uploads": ""}), "oss:ListMultipartUploads"),
        (("GET", "k", {"uploadId": "U"}), "oss:ListParts"),
        (("DELETE", "k", {"uploadId": "U"}), "oss:AbortMultipartUpload"),
        (("DELETE", "k", {}), "oss:DeleteObject"),
        (("POST", "", {"delete": ""}), "oss:DeleteObject"),
        (("HEAD", "k", {}), "oss:GetObject"),
        (("PUT", "k", {"partNumber": "1", "uploadId": "U"}), "oss:PutObject"),
        (("POST", "k", {"uploadId": "U"}), "oss:PutObject"),
    ],
)
def test_every_request_has_a_permission(request_of, action: str) -> None:
    assert action_of(*request_of) == action


@pytest.mark.parametrize(
    ("answer", "words", "hint"),
    [
        (error(403, "UserDisable"), "the account is disabled", "bills are overdue"),
        (error(403, "InDebt"), "the account is in arrears", "pay what is overdue"),
        (error(403, "InDebtOverdue"), "the account is in arrears", "pay what is overdue"),
        (error(403, "AbnormalBucketOwnerStatus"), "the account of the bucket's owner", "ask the owner"),
        (error(403, "BucketDisable"), "the bucket is disabled", "security notice"),
        (
            error(400, "InvalidArgument", "Invalid signing region in Authorization header."),
            "Invalid signing region",
            "Set OSS_REGION",
        ),
    ],
)
def test_who_is_not_accepted_is_told_why(answer: Answer, words: str, hint: str) -> None:
    found = failure(answer)
    assert type(found) is AuthenticationFailed
    assert words in found.message
    assert hint in found.hint


def test_a_quota_of_the_bucket_concerns_every_file() -> None:
    found = failure(error(403, "QuotaExceeded", "The bucket is full."), lambda store: store.put("/f", b"x", "", {}))
    assert type(found) is QuotaExceeded
    assert (found.reach, found.retryable) == ("/", False)
    assert "The bucket is full." in found.message
