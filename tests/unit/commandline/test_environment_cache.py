"""Unpacked environments have an end, but never one that is used."""

import os
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from hdfs2oss.commandline.environment import MANIFEST
from hdfs2oss.commandline.environment_cache import Unpacked, expired, unpack
from hdfs2oss.model.errors import UsageError

DAY = 86400
LONG_AGO = [Unpacked(f"old-{days}", -days * DAY) for days in (40, 50, 60, 70)]


@pytest.mark.parametrize(
    ("found", "go"),
    [
        (LONG_AGO[:3], []),
        (LONG_AGO, ["old-70"]),
        ([*LONG_AGO, Unpacked("new", 0)], ["old-60", "old-70"]),
        ([Unpacked(f"{days}", -days * DAY) for days in (1, 2, 3, 4, 29, 31)], ["31"]),
        ([*LONG_AGO[:3], LONG_AGO[3]._replace(is_in_use=True)], []),
        ([Unpacked("partial-a", -2 * DAY), Unpacked("partial-b", -DAY / 2)], ["partial-a"]),
    ],
    ids=["three", "more than three", "each in its order", "used lately", "in use", "left half way"],
)
def test_which_of_them_go(found, go):
    assert expired(found, 0.0) == go


@pytest.fixture
def archive(tmp_path):
    (tmp_path / "python3").write_text("python")
    with tarfile.open(tmp_path / "e.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "python3", "bin/python3")
    return tmp_path / "e.tar.gz"


def test_when_a_new_one_is_unpacked_those_go_that_nobody_has_used_and_the_one_that_runs_stays(archive, tmp_path):
    cache = tmp_path / "cache"
    for number in range(6):
        (cache / f"e{number}/bin").mkdir(parents=True)
        (cache / f"e{number}" / MANIFEST).touch()
    (cache / "jars").mkdir()
    os.utime(cache / "jars", (0, 0))
    shutil.copy(shutil.which("sleep"), cache / "e5/bin/sleep")
    for number in range(6):
        then = time.time() - (31 + number) * DAY
        os.utime(cache / f"e{number}", (then, then))
    sleeper = subprocess.Popen([cache / "e5/bin/sleep", "300"])
    try:
        unpack(archive, cache / "e0")
        # It was there: nothing is looked at, but it counts as used.
        assert len(list(cache.iterdir())) == 7
        assert time.time() - (cache / "e0").stat().st_mtime < DAY
        unpack(archive, cache / "new")
    finally:
        sleeper.kill()
        sleeper.wait()
    assert sorted(path.name for path in cache.iterdir()) == ["e0", "e1", "e2", "e5", "jars", "new"]
    assert (cache / "new/bin/python3").read_text() == "python"


def test_an_archive_that_cannot_be_unpacked_is_named_and_leaves_nothing(tmp_path):
    (tmp_path / "e.tar.gz").write_bytes(b"no archive")
    with pytest.raises(UsageError, match=r"e\.tar\.gz cannot be unpacked into "):
        unpack(tmp_path / "e.tar.gz", Path(tmp_path, "cache/new"))
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_folder_into_which_others_may_write_is_refused(archive, tmp_path):
    cache = tmp_path / "cache"
    (cache / "e0/bin").mkdir(parents=True)
    cache.chmod(0o777)
    for name in ("e0", "e1"):
        with pytest.raises(UsageError, match="writable for all"):
            unpack(archive, cache / name)
    assert [one.name for one in cache.iterdir()] == ["e0"]
    cache.chmod(0o755)
    unpack(archive, cache / "e0")
    (cache / "e0").chmod(0o777)
    with pytest.raises(UsageError, match="writable for all"):
        unpack(archive, cache / "e0")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_folder_of_another_user_is_refused_and_nothing_unpacked_is_anybody_elses(archive, tmp_path):
    os.chown(tmp_path / "python3", 4242, 4242)
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(tmp_path / "python3", "bin/python3")
    cache = tmp_path / "cache"
    unpack(archive, cache / "e0")
    assert (cache / "e0/bin/python3").stat().st_uid == 0
    os.chown(cache, 4242, 4242)
    with pytest.raises(UsageError, match="another user"):
        unpack(archive, cache / "e0")
