"""HDFS -> OSS -> HDFS with all of -p: Hadoop's own shell shows the same tree, byte for byte."""

import random
import re
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import quote, urlencode

import pytest

from hdfs2oss.filesystems.registry import open_filesystem
from hdfs2oss.model.attributes import AclEntry, Attributes
from hdfs2oss.model.values import DIRECTORY
from tests.trees import Place

pytestmark = pytest.mark.hdfs

NAMES = [
    "a",
    "b c",
    "ü",
    "数据",
    "%41",
    "+",
    "x=1",
    "p;q",
    "'",
    "~",
    "a.b",
    "_",
    "#",
    "?",
    "&",
    ",",
    "[z]",
    "\U0001f600",
]
OWNERS = ["root", "alice", "bob", "cäsar", "d.e-f_g"]
RIGHTS = ["---", "r--", "r-x", "rw-", "rwx", "--x"]
MTIME = 1_400_000_000_000


@pytest.mark.parametrize("entries", [100, pytest.param(2000, marks=pytest.mark.full)])
def test_a_tree_that_was_on_oss_is_on_hdfs_as_it_was_before(command, hdfs_place, sandbox, monkeypatch, home, entries):
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    command.extra = ["--job-dir", f"file://{home}/jobs"]
    source, there, back = (
        _with_web(hdfs_place(scheme, name), sandbox) for scheme, name in (("hdfs", "t"), ("oss", "o"), ("hdfs", "t"))
    )
    _make(source, entries, sandbox)
    done = command("-prbugpaxte", source, there)
    assert (done.code, done["DIRECTORIES_REFRESHED"]) == (0, done["DIRECTORIES_LISTED"])
    # One extended attribute is longer than an object's metadata may be.
    assert done["ATTRIBUTE_SIDECARS"] == 1
    assert "are needed there when they are to be restored" in done.text
    assert command("-prbugpaxte", there, back).code == 0
    for words in (["-ls", "-R"], ["-getfacl", "-R"], ["-getfattr", "-R", "-d", "-e", "hex"]):
        before, after = (_shown(sandbox, words, place) for place in (source, back))
        assert len(before) > entries
        assert after == before
    web = open_filesystem(back.uri, back.stores)
    assert web.read_attributes(back.uri.join("coded").path, DIRECTORY, "e").ec_policy == "RS-6-3-1024k"
    done = command("-update", "-updateRoot", "-prbugpaxte", there, back)
    assert (done.code, done["COPY"], done["FILES_REFRESHED"], done["DIRECTORIES_REFRESHED"]) == (0, 0, 0, 0)


def _with_web(place: Place, sandbox) -> Place:
    web = sandbox.env()["SANDBOX_WEBHDFS"].removeprefix("http://")
    conf = {**place.stores.hadoop_conf, "dfs.namenode.http-address": web}
    return replace(place, stores=replace(place.stores, hadoop_conf=conf))


def _shown(sandbox, words: list[str], place: Place) -> list[str]:
    """The lines of Hadoop's shell, without the place where the tree lies."""
    finished = sandbox.hadoop_shell(*words, place.uri.path)
    assert finished.returncode == 0, finished.stderr
    return sorted(re.sub(re.escape(place.uri.path), "/TREE", finished.stdout).splitlines())


def _make(source: Place, entries: int, sandbox) -> None:
    """Directories, empty files and a few bytes, each with attributes of its own; those of directories come last."""
    chance = random.Random(entries)
    store = open_filesystem(source.uri, source.stores)
    directories, files = [""], []
    for number in range(entries):
        parent = chance.choice(directories)
        path = f"{parent}/{chance.choice(NAMES)}-{number}".lstrip("/")
        (directories if number % 4 == 0 else files).append(path)
    directories += ["empty", "coded"]
    for path in directories:
        store.make_directory(source.uri.join(path).path)
    query = urlencode({"op": "SETECPOLICY", "ecpolicy": "RS-6-3-1024k", "user.name": "root"})
    query = query.replace("user.name=root", f"user.name={store.status(source.uri.path).owner}")
    url = f"{sandbox.env()['SANDBOX_WEBHDFS']}/webhdfs/v1{quote(source.uri.join('coded').path)}?{query}"
    urllib.request.urlopen(urllib.request.Request(url, method="PUT"), timeout=30).close()
    wanted = {path: _attributes(chance, number, True) for number, path in enumerate(directories)}
    long = wanted["empty"]._replace(xattrs=(("user.long", chance.randbytes(9000)),))
    wanted["empty"] = long

    def make_file(job) -> None:
        number, path, attributes = job
        place = source.uri.join(path).path
        data = b"" if number % 10 else path.encode()
        store.put(place, data, f"{source.uri.parent.path}/.work-{number}", {}, attributes)

    jobs = [(number, path, _attributes(chance, number, False)) for number, path in enumerate(files)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(make_file, jobs))
        for depth in sorted({path.count("/") for path in directories}, reverse=True):
            level = [path for path in directories if path.count("/") == depth and path]
            list(
                pool.map(lambda path: store.keep_attributes(source.uri.join(path).path, DIRECTORY, wanted[path]), level)
            )
    store.keep_attributes(source.uri.path, DIRECTORY, wanted[""])


def _attributes(chance: random.Random, number: int, is_directory: bool) -> Attributes:
    entries: tuple[AclEntry, ...] = ()
    if number % 3 == 0:
        entries = (
            AclEntry("access", "user", "bob", chance.choice(RIGHTS)),
            AclEntry("access", "group", "", chance.choice(RIGHTS)),
            AclEntry("access", "group", "straße", chance.choice(RIGHTS)),
        )
    if is_directory and number % 2 == 0:
        entries += tuple(
            AclEntry("default", kind, name, chance.choice(RIGHTS))
            for kind, name in (("user", ""), ("user", "eve"), ("group", ""), ("mask", ""), ("other", ""))
        )
    xattrs = ((f"user.n{number}:;=,%ü", chance.randbytes(chance.randrange(40))), ("trusted.t", b""))
    return Attributes(
        owner=chance.choice(OWNERS),
        group=chance.choice(OWNERS),
        permission=chance.choice([0o755, 0o1777, 0o600, 0o1750, 0o644, 0o711, 0]),
        mtime_ms=MTIME + 60_000 * number + chance.randrange(1000),
        atime_ms=None if is_directory else MTIME + number,
        replication=None if is_directory else 1 + number % 3,
        block_size_bytes=None if is_directory else (1 + number % 3) << 20,
        acl=entries,
        xattrs=xattrs if number % 2 else (),
    )
