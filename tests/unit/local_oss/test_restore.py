import pytest

from hdfs2oss.local_oss import Limits
from local_oss.conftest import Client, started


@pytest.fixture
def frozen(tmp_path):
    """(client, the clock's hands) of a server whose restores take ten seconds."""
    hands = [0.0]

    def clock():
        import time

        return time.time() + hands[0]

    server = started(tmp_path, limits=Limits(restore_seconds=10, max_skew_seconds=10**9), clock=clock)
    client = Client(server.port)
    yield client, hands
    client.close()
    server.stop()


def restore(client, key, body=""):
    return client.send("POST", key, "restore", body)


def test_restore_goes_from_asked_to_under_way_to_readable_to_lapsed(frozen):
    client, hands = frozen
    client.put("k", b"cold", x_oss_storage_class="Archive")
    assert restore(client, "k", "<RestoreRequest><Days>2</Days></RestoreRequest>").status == 202
    assert client.send("HEAD", "k").headers["x-oss-restore"] == 'ongoing-request="true"'
    assert restore(client, "k").code == "RestoreAlreadyInProgress"
    assert client.get("k").code == "InvalidObjectState"
    assert client.send("GET", "").text("Contents/RestoreInfo") == 'ongoing-request="true"'
    hands[0] = 11
    assert client.get("k").body == b"cold"
    assert client.send("HEAD", "k").headers["x-oss-restore"].startswith('ongoing-request="false", expiry-date="')
    assert restore(client, "k").status == 200
    hands[0] = 3 * 24 * 3600
    assert client.get("k").code == "InvalidObjectState"
    assert "x-oss-restore" not in client.send("HEAD", "k").headers
    assert restore(client, "k").status == 202


def test_restored_object_can_be_copied_and_the_copy_is_readable(frozen):
    client, hands = frozen
    client.put("k", b"cold", x_oss_storage_class="ColdArchive")
    assert client.put("copy", x_oss_copy_source="/bucket/k").code == "InvalidObjectState"
    restore(client, "k")
    hands[0] = 11
    assert client.put("copy", x_oss_copy_source="/bucket/k", x_oss_storage_class="Standard").status == 200
    assert client.get("copy").body == b"cold"


@pytest.mark.parametrize("tier", ["Expedited", "Standard", "Bulk"])
def test_tier_of_a_cold_class_is_echoed(client, tier):
    client.put(tier, b"x", x_oss_storage_class="ColdArchive")
    body = f"<RestoreRequest><Days>5</Days><JobParameters><Tier>{tier}</Tier></JobParameters></RestoreRequest>"
    assert restore(client, tier, body).headers["x-oss-object-restore-priority"] == tier


@pytest.mark.parametrize(
    ("storage_class", "body", "code"),
    [
        ("ColdArchive", "<Days>5</Days><JobParameters><Tier>Soon</Tier></JobParameters>", "InvalidArgument"),
        ("Archive", "<Days>5</Days><JobParameters><Tier>Bulk</Tier></JobParameters>", "MalformedXML"),
        ("Archive", "<Days>none</Days>", "InvalidArgument"),
        ("Standard", "<Days>1</Days>", "OperationNotSupported"),
    ],
)
def test_restore_that_cannot_be_meant_is_refused(client, storage_class, body, code):
    client.put("refused", b"x", x_oss_storage_class=storage_class)
    assert restore(client, "refused", f"<RestoreRequest>{body}</RestoreRequest>").code == code
    assert restore(client, "nowhere").code == "NoSuchKey"
