"""Keys that change while they are used. Time moves when somebody sleeps; what happens meanwhile is written down."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.keys.keys_file import Keys
from hdfs2oss.filesystems.keys.ram_role import RamRole
from hdfs2oss.filesystems.keys.source import FileSource, RoleSource
from hdfs2oss.filesystems.oss.errors import KeysExpired, KeysRefused
from hdfs2oss.filesystems.oss.filesystem import OssFileSystem
from hdfs2oss.filesystems.oss.keys import PATIENCE_SECONDS, KeysInUse
from hdfs2oss.model.errors import AuthenticationFailed

from .scripted_store import QUICK, Answer, Request, ScriptedStore, error

EXPIRED = KeysExpired("cannot write /f: SecurityTokenExpired: the temporary keys have expired")
UNKNOWN = KeysRefused("cannot write /f: InvalidAccessKeyId: the access key id is not known or disabled")


class Renewal:
    """A file with keys, and a clock: `then` happens at the first sleep."""

    def __init__(self, path: Path, then: Callable[[], None] = lambda: None) -> None:
        self.path = path
        self.now = 100.0
        self.slept = 0.0
        self.then = then

    def put(self, key_id: str, text: str = "") -> None:
        beside = self.path.with_suffix(".new")
        beside.write_text(text or f"access_key_id={key_id}\naccess_key_secret=secret\nsecurity_token=T-{key_id}\n")
        beside.chmod(0o600)
        os.replace(beside, self.path)

    def sleep(self, seconds: float) -> None:
        if not self.slept:
            self.then()
        self.slept += seconds
        self.now += seconds

    def keys(self, file: bool = True) -> KeysInUse:
        access = OssAccess("http://here", "old", "secret", "T-old")
        source = FileSource(str(self.path), lambda: self.now) if file else None
        return KeysInUse(access, source, clock=lambda: self.now, sleep=self.sleep)


@pytest.fixture
def renewal(tmp_path: Path) -> Renewal:
    return Renewal(tmp_path / "keys")


def signer(keys: KeysInUse) -> tuple[str, str]:
    found = keys.current()
    return found.access_key_id, found.security_token


def test_without_a_file_the_keys_stay_and_their_refusal_is_raised(renewal: Renewal) -> None:
    keys = renewal.keys(file=False)
    keys.accept(keys.version)
    with pytest.raises(KeysExpired) as caught:
        keys.renew(keys.version, EXPIRED)
    assert caught.value is EXPIRED
    assert (signer(keys), renewal.slept) == (("old", "T-old"), 0.0)


def test_newer_keys_sign_as_soon_as_they_are_there(renewal: Renewal) -> None:
    renewal.put("old")
    keys = renewal.keys()
    assert (signer(keys), keys.version) == (("old", "T-old"), 0)
    renewal.put("new")
    renewal.now += 0.5
    assert signer(keys) == ("old", "T-old")  # the file is looked at once a second
    renewal.now += 0.5
    assert (signer(keys), keys.version) == (("new", "T-new"), 1)


@pytest.mark.parametrize("text", ["access_key_id=new\n", '{"access_key_id": "new", "acc', "gone"])
def test_a_file_that_is_half_written_or_away_changes_nothing(renewal: Renewal, text: str) -> None:
    renewal.put("old")
    keys = renewal.keys()
    signer(keys)
    renewal.now += 5
    if text == "gone":
        renewal.path.unlink()
    else:
        renewal.put("new", text)
    assert (signer(keys), keys.version) == (("old", "T-old"), 0)
    renewal.now += 5
    renewal.put("new")
    assert signer(keys) == ("new", "T-new")


def test_keys_that_have_come_since_the_request_was_signed_are_taken_at_once(renewal: Renewal) -> None:
    renewal.put("old")
    keys = renewal.keys()
    signer(keys)
    used = keys.version
    renewal.now += 5
    renewal.put("new")
    signer(keys)
    keys.renew(used, UNKNOWN)
    assert renewal.slept == 0.0


@pytest.mark.parametrize(("refusal", "was_accepted"), [(EXPIRED, False), (EXPIRED, True), (UNKNOWN, True)])
def test_newer_keys_are_waited_for(renewal: Renewal, refusal: KeysRefused, was_accepted: bool) -> None:
    renewal.put("old")
    keys = renewal.keys()
    signer(keys)
    if was_accepted:
        keys.accept(keys.version)
    renewal.then = lambda: renewal.put("new")
    keys.renew(keys.version, refusal)
    assert signer(keys) == ("new", "T-new")
    assert renewal.slept > 0


def test_keys_that_were_never_accepted_are_refused_at_once(renewal: Renewal) -> None:
    renewal.put("old")
    keys = renewal.keys()
    with pytest.raises(KeysRefused) as caught:
        keys.renew(keys.version, UNKNOWN)
    assert caught.value is UNKNOWN
    assert renewal.slept == 0.0


def test_keys_that_were_read_before_all_of_them_was_written_are_waited_for(renewal: Renewal) -> None:
    renewal.put("old")
    keys = renewal.keys()
    signer(keys)
    keys.accept(keys.version)
    renewal.now += 5
    renewal.put("new", "access_key_id=new\naccess_key_secret=sec")
    assert signer(keys) == ("new", "")
    renewal.then = lambda: renewal.put("new")
    keys.renew(keys.version, UNKNOWN)
    assert signer(keys) == ("new", "T-new")


def test_after_five_minutes_the_refusal_names_the_file(renewal: Renewal) -> None:
    renewal.put("old")
    with pytest.raises(KeysExpired, match=r"no others came in .*keys within 300 seconds") as caught:
        renewal.keys().renew(0, EXPIRED)
    assert renewal.slept == PATIENCE_SECONDS
    assert str(renewal.path) in caught.value.hint
    assert caught.value.ends_wave


def test_keys_that_have_expired_sign_nothing_and_the_error_names_who_gave_them() -> None:
    access = OssAccess("http://here", "i", "s", "T", expiration="2026-01-01T00:00:00Z", provider="the vault")
    keys = KeysInUse(access, clock=lambda: access.keys.expires_at - 1)
    assert keys.current().access_key_id == "i"
    keys = KeysInUse(access, clock=lambda: access.keys.expires_at)
    with pytest.raises(KeysExpired, match=r"cannot list /d: .* of the vault expired at 2026-01-01T00:00:00Z") as caught:
        keys.current("list /d")
    assert "--credentials-file" in caught.value.hint
    assert caught.value.ends_wave


def test_keys_that_have_expired_are_waited_for_without_a_request(renewal: Renewal) -> None:
    renewal.now = 1_800_000_000.0
    stated = "access_key_id=old\naccess_key_secret=s\nsecurity_token=T\nexpiration=2026-01-01T00:00:00Z\n"
    renewal.put("old", stated)
    keys = renewal.keys()
    with pytest.raises(KeysExpired) as caught:
        keys.current()
    renewal.then = lambda: renewal.put("new")
    keys.renew(keys.version, caught.value)
    assert signer(keys) == ("new", "T-new")


def test_a_role_that_is_silent_until_its_keys_have_expired_ends_the_run_with_its_name() -> None:
    moment = [1_767_225_600.0]  # the expiration itself
    role = RamRole("copier", "http://127.0.0.1:9")

    def refuse(role: RamRole) -> Keys:
        raise AuthenticationFailed(f"the keys of {role} cannot be had: refused")

    def sleep(seconds: float) -> None:
        moment[0] += seconds

    access = OssAccess("http://here", "i", "s", "T", expiration="2026-01-01T00:00:00Z", provider=str(role))
    source = RoleSource(role, access.keys, refuse, lambda: moment[0], [].append)
    keys = KeysInUse(access, source, clock=lambda: moment[0], sleep=sleep)
    with pytest.raises(KeysExpired) as expired:
        keys.current("write /f")
    with pytest.raises(KeysExpired, match=r"cannot write /f: .*the RAM role copier .*within 300 seconds") as caught:
        keys.renew(keys.version, expired.value)
    assert "http://127.0.0.1:9 answers on this node" in caught.value.hint
    assert caught.value.ends_wave


@pytest.mark.slow
def test_a_request_is_sent_again_with_the_new_keys_and_counted_once(renewal: Renewal) -> None:
    renewal.put("old")
    who: list[str] = []

    def answer(request: Request) -> Answer:
        who.append(request.headers.get("x-oss-security-token", ""))
        return Answer(204)

    with ScriptedStore(error(403, "SecurityTokenExpired"), answer) as store:
        access = OssAccess(f"http://127.0.0.1:{store.port}", "old", "secret", "T-old", keys_file=str(renewal.path))
        opened = OssFileSystem("lake", access, retries=QUICK)
        threading.Timer(0.2, renewal.put, ["newest"]).start()
        opened.abort_upload("/f", "U")
    assert who == ["T-newest"]
    assert opened.traffic.snapshot()["WRITE_OPS"] == 1


def test_an_expired_token_without_a_file_ends_the_wave_and_tells_of_the_file() -> None:
    with ScriptedStore(error(403, "SecurityTokenExpired")) as store, pytest.raises(AuthenticationFailed) as caught:
        store.open().put("/f", b"", "", {})
    assert len(store.requests) == 1
    assert caught.value.ends_wave
    assert "--credentials-file" in caught.value.hint


def test_the_time_in_which_a_source_says_nothing_counts(renewal: Renewal) -> None:
    moment = [0.0]

    def silent(role: RamRole) -> Keys:
        moment[0] += 3.0
        raise AuthenticationFailed("timed out")

    def sleep(seconds: float) -> None:
        moment[0] += seconds

    access = OssAccess("http://here", "i", "s", "T", expiration="1970-01-01T00:00:00Z")
    source = RoleSource(RamRole("r"), access.keys, silent, lambda: moment[0], [].append)
    keys = KeysInUse(access, source, clock=lambda: moment[0], sleep=sleep)
    with pytest.raises(KeysExpired):
        keys.renew(0, EXPIRED)
    assert PATIENCE_SECONDS <= moment[0] < PATIENCE_SECONDS + 10
