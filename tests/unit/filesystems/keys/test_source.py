"""Newer keys of a role: when it is asked, what a silence means, and what travels to other processes."""

import pickle
import time

import pytest

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.keys.keys_file import Keys
from hdfs2oss.filesystems.keys.ram_role import RamRole
from hdfs2oss.filesystems.keys.source import FileSource, RoleSource, shared_source
from hdfs2oss.model.errors import AuthenticationFailed


def keys(name: str, expires_at: float) -> Keys:
    return Keys(name, "secret", "T", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(expires_at)))


class Role:
    """A role whose keys are `next`, at a time that the test says; without any the service is away."""

    def __init__(self, lasts: float = 100.0) -> None:
        self.now = 1_000_000.0
        self.next: Keys | None = keys("new", self.now + 1000)
        self.asked = 0
        self.warnings: list[str] = []
        start = keys("old", self.now + lasts)
        self.source = RoleSource(RamRole("r"), start, self._fetch, lambda: self.now, self.warnings.append)

    def _fetch(self, role: RamRole) -> Keys:
        self.asked += 1
        if self.next is None:
            raise AuthenticationFailed("the keys of the RAM role r cannot be had: refused")
        return self.next

    def at(self, seconds: float, is_urgent: bool = False) -> str:
        self.now = 1_000_000.0 + seconds
        found = self.source.newest(is_urgent)
        return found.access_key_id if found else ""


def test_a_role_is_asked_when_a_quarter_of_the_time_is_left() -> None:
    role = Role(lasts=100.0)
    assert [role.at(0), role.at(74.9)] == ["old", "old"]
    assert role.asked == 0
    assert role.at(75.1) == "new"
    assert role.at(76) == "new"
    assert role.asked == 1


def test_of_keys_that_last_for_hours_a_quarter_of_an_hour_is_left() -> None:
    role = Role(lasts=6 * 3600)
    assert role.at(6 * 3600 - 901) == "old"
    assert role.at(6 * 3600 - 899) == "new"


def test_keys_that_are_of_no_use_are_asked_for_at_once() -> None:
    role = Role()
    assert role.at(1, is_urgent=True) == "new"


def test_a_service_that_is_silent_while_the_keys_are_good_is_a_warning_and_asked_again() -> None:
    role = Role(lasts=1000.0)
    role.next = None
    assert role.at(760) == "old"
    assert role.at(761) == "old"
    assert (role.asked, len(role.warnings)) == (1, 1)
    assert "cannot be had: refused" in role.warnings[0]
    assert "valid until" in role.warnings[0]
    role.next = keys("new", role.now + 1000)
    assert role.at(825) == "new"


def test_a_silence_is_not_told_each_time() -> None:
    role = Role(lasts=3000.0)
    role.next = None
    for second in range(2300, 2590, 10):
        role.at(second)
    assert role.asked > 3
    assert len(role.warnings) == 1


def test_after_their_expiration_a_silence_is_no_warning_any_more() -> None:
    role = Role(lasts=10.0)
    role.next = None
    role.at(11)
    assert role.warnings == []


def test_keys_that_came_with_a_task_count_where_the_service_does_not_answer() -> None:
    role = Role(lasts=100.0)
    role.next = None
    role.source.offer(keys("offered", role.now + 500))
    assert role.at(80) == "offered"
    assert role.warnings == []


def test_keys_that_came_with_a_task_count_where_the_file_is_not() -> None:
    source = FileSource("/no/such/file")
    assert source.newest() is None
    source.offer(Keys("offered", "s"))
    assert source.newest() == Keys("offered", "s")


def test_an_access_travels_with_the_newest_keys_there_are(tmp_path) -> None:
    path = tmp_path / "keys"
    access = OssAccess("http://here", "old", "s", "T", keys_file=str(path))
    assert pickle.loads(pickle.dumps(access)) == access
    path.write_text("access_key_id=new\naccess_key_secret=s\nsecurity_token=T2\n")
    source = shared_source(str(path), None, access.keys)
    deadline = time.monotonic() + 60
    while source.newest().access_key_id != "new" and time.monotonic() < deadline:
        time.sleep(0.02)
    arrived = pickle.loads(pickle.dumps(access))
    assert (arrived.access_key_id, arrived.security_token) == ("new", "T2")
    assert arrived.lasting == access.lasting


def test_keys_that_do_not_change_travel_as_they_are() -> None:
    access = OssAccess("http://here", "id", "s", "T", expiration="2030-01-01T00:00:00Z", provider="the environment")
    arrived = pickle.loads(pickle.dumps(access))
    assert arrived == access
    assert (arrived.expiration, arrived.provider) == (access.expiration, access.provider)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2017-11-01T05:20:01Z", 1509513601.0),
        ("2017-11-01T05:20:01+08:00", 1509484801.0),
        ("2017-11-01T05:20:01", None),
        ("soon", None),
        ("", None),
    ],
)
def test_an_expiration_counts_where_it_names_its_zone(text, moment) -> None:
    assert Keys("i", "s", "T", text).expires_at == moment


def test_threads_that_wait_for_newer_keys_share_one_silence() -> None:
    role = Role(lasts=0.0)
    role.next = None
    for _ in range(16):
        assert role.at(5, is_urgent=True) == "old"
    assert role.asked == 1
    role.at(7, is_urgent=True)
    assert role.asked == 2


def test_keys_are_not_shown() -> None:
    assert "secret" not in repr(keys("id", 0.0)) + str(keys("id", 0.0))
