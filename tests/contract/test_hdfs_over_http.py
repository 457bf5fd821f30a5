"""What a real NameNode says over HTTP, and what a copy makes of it."""

import io
import json
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping

import pytest
from hdfs_native import WriteOptions

from hdfs2oss.filesystems.hadoop_jvm import HadoopJvm
from hdfs2oss.filesystems.hdfs.filesystem import HdfsFileSystem
from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems, seat_filesystem
from hdfs2oss.model.counters import OWN
from hdfs2oss.model.errors import UsageError
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri, parse_uri
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runs.progress import Progress
from hdfs2oss.runs.report import Report
from hdfs2oss.verbs.copy.job import CopyJob
from tests.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.hdfs
XOR, RS = "XOR-2-1-1024k", "RS-6-3-1024k"
BLOCK_BYTES = 4096


@pytest.fixture(scope="module")
def conf(sandbox: Sandbox) -> Mapping[str, str]:
    facts = sandbox.env()
    return {
        "fs.defaultFS": facts["SANDBOX_HDFS"],
        "dfs.namenode.http-address": facts["SANDBOX_WEBHDFS"].removeprefix("http://"),
    }


@pytest.fixture(scope="module")
def hdfs(conf: Mapping[str, str]) -> HdfsFileSystem:
    """Without a Java: neither JAVA_HOME nor a PATH."""
    return HdfsFileSystem(conf["fs.defaultFS"].removeprefix("hdfs://"), conf, jvm=HadoopJvm("", {}))


@pytest.fixture
def root(hdfs: HdfsFileSystem) -> Iterator[str]:
    path = f"/tmp/http-{uuid.uuid4().hex}"
    hdfs.make_directory(path)
    yield path
    hdfs.remove(path, recursive=True)


@pytest.fixture
def change(sandbox: Sandbox) -> Callable[..., None]:
    """`change(path, "SETECPOLICY", ecpolicy=...)`: a PUT of WebHDFS, as the superuser."""

    def put(path: str, operation: str, **parameters: str) -> None:
        address, user = sandbox.env()["SANDBOX_WEBHDFS"], parse_user(sandbox)
        query = "&".join(f"{name}={value}" for name, value in {"user.name": user, **parameters}.items())
        request = urllib.request.Request(f"{address}/webhdfs/v1{path}?op={operation}&{query}", method="PUT")
        with urllib.request.urlopen(request, timeout=30) as response:
            assert response.status == 200

    return put


def parse_user(sandbox: Sandbox) -> str:
    url = f"{sandbox.env()['SANDBOX_WEBHDFS']}/webhdfs/v1/?op=GETFILESTATUS"
    with urllib.request.urlopen(url, timeout=30) as response:
        return str(json.load(response)["FileStatus"]["owner"])


@pytest.fixture
def copy(hdfs: HdfsFileSystem, conf: Mapping[str, str], tmp_path) -> Iterator[Callable[..., Report]]:
    stores = StoreConfig(hadoop_conf=conf, threads=4)
    seat_filesystem(parse_uri(conf["fs.defaultFS"] + "/").uri, stores, hdfs)
    progress = Progress(io.StringIO())

    def run(source: Uri, target: Uri, **options: object) -> Report:
        asked = CopyOptions(sources=(source,), target=target, **options)
        return CopyJob(asked, stores, LocalRunner(0), progress, [Uri("file", "", str(tmp_path / "home"))]).run()

    yield run
    progress.end()
    close_filesystems()


def test_a_directory_below_a_policy_that_is_written_wrongly_is_a_hazard(hdfs, root, change) -> None:
    for policy in (XOR, RS):
        change("/", "ENABLEECPOLICY", ecpolicy=policy)
        hdfs.make_directory(f"{root}/{policy}/old")
        change(f"{root}/{policy}", "SETECPOLICY", ecpolicy=policy)
    assert hdfs.blind_spot() == ""
    for below in ("", "/old", "/new/er"):
        assert f"{root}/{XOR}" in hdfs.hazard_below(f"{root}/{XOR}{below}")
        assert XOR in hdfs.hazard_below(f"{root}/{XOR}{below}")
        assert hdfs.hazard_below(f"{root}/{RS}{below}") == ""
    assert hdfs.hazard_below(root) == hdfs.hazard_below("/") == ""


def test_nothing_is_copied_below_such_a_policy(hdfs, root, change, copy, conf, tmp_path) -> None:
    change("/", "ENABLEECPOLICY", ecpolicy=XOR)
    hdfs.make_directory(f"{root}/mixed/d")
    change(f"{root}/mixed/d", "SETECPOLICY", ecpolicy=XOR)
    for path in ("d/new/x", "fine/y"):
        (tmp_path / "source" / path).parent.mkdir(parents=True)
        (tmp_path / "source" / path).write_bytes(b"bytes")
    target = parse_uri(f"{conf['fs.defaultFS']}{root}/mixed").uri
    report = copy(Uri("file", "", str(tmp_path / "source")), target, update=True)
    assert (report.exit_code, [one.path for one in report.failures]) == (4, ["d/new/x"])
    assert XOR in report.failures[0].message
    assert "no Java" in report.failures[0].message
    assert hdfs.read_bytes(f"{root}/mixed/fine/y") == b"bytes"
    assert hdfs.status(f"{root}/mixed/d/new") is None
    with pytest.raises(UsageError, match=XOR):
        copy(Uri("file", "", str(tmp_path / "source")), target.join("d/deeper"), update=True)


@pytest.mark.parametrize("blocks", [0, 3])
def test_a_file_that_is_being_written_is_not_copied_though_its_length_says_nothing(
    hdfs, root, copy, conf, tmp_path, blocks
) -> None:
    path = f"{root}/source/open"
    options = WriteOptions(block_size=BLOCK_BYTES, create_parent=True)
    file = hdfs.client.native().create(path, options)
    for _ in range(blocks):
        file.write(b"x" * BLOCK_BYTES)
        time.sleep(1.0)  # the NameNode must have heard of a block before it gives out the next one
    deadline = time.monotonic() + 30
    while blocks and hdfs.status(path).length < BLOCK_BYTES and time.monotonic() < deadline:
        time.sleep(0.1)
    seen = hdfs.status(path).length
    assert seen % BLOCK_BYTES == 0
    source, target = parse_uri(f"{conf['fs.defaultFS']}{root}/source").uri, Uri("file", "", str(tmp_path / "target"))
    report = copy(source, target)
    assert (report.exit_code, report.counters.get(OWN, "FILES_OPEN"), report.discrepancy) == (4, 1, "")
    assert (report.failures[0].outcome, "still being written" in report.failures[0].message) == ("OPEN", True)
    file.close()
    assert copy(source, target, update=True).exit_code == 0
    assert (tmp_path / "target/open").read_bytes() == b"x" * BLOCK_BYTES * blocks


@pytest.mark.parametrize("quota", [{"namespacequota": "4"}, {"storagespacequota": "10"}], ids=["of names", "of space"])
def test_a_quota_of_the_target_ends_the_copy_at_once(hdfs, root, change, copy, conf, tmp_path, quota) -> None:
    hdfs.make_directory(f"{root}/full/t")
    change(f"{root}/full", "SETQUOTA", **quota)
    (tmp_path / "source").mkdir()
    for number in range(100):
        (tmp_path / f"source/f{number:02d}").write_bytes(b"bytes")
    target = parse_uri(f"{conf['fs.defaultFS']}{root}/full/t").uri
    report = copy(Uri("file", "", str(tmp_path / "source")), target, update=True)
    assert report.exit_code == 4, report
    assert "every other file would fail likewise" in report.stopped
    assert f"{root}/full is exceeded" in report.stopped
    assert f"QUOTA {root}/full" in report.advice


def test_a_quota_of_a_directory_of_the_target_fails_the_files_below_it_only(
    hdfs, root, change, copy, conf, tmp_path
) -> None:
    hdfs.make_directory(f"{root}/part/d")
    change(f"{root}/part/d", "SETQUOTA", namespacequota="1")
    names = [f"{folder}/f{number:02d}" for folder in "de" for number in range(20)]
    for name in names:
        (tmp_path / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "source" / name).write_bytes(b"bytes")
    target = parse_uri(f"{conf['fs.defaultFS']}{root}/part").uri
    report = copy(Uri("file", "", str(tmp_path / "source")), target, update=True)
    assert (report.exit_code, report.stopped) == (4, "")
    assert sorted(one.path for one in report.failures) == [name for name in names if name.startswith("d/")]
    assert sorted(row.path for row in hdfs.walk(f"{root}/part/e")) == [f"f{number:02d}" for number in range(20)]
