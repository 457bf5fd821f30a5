"""A secret that is planted in every way there is to give keys is found nowhere, while a copy runs on YARN and later."""

import io
import stat
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from hdfs2oss.filesystems.registry import StoreConfig
from hdfs2oss.model.uri import parse_uri
from tests.sandbox.state import STATE_ROOT
from tests.spark.test_yarn_ends import ENOUGH, FILES, Shell, wait_for
from tests.trees import Place

pytestmark = [pytest.mark.spark, pytest.mark.yarn, pytest.mark.hdfs, pytest.mark.full, pytest.mark.timeout(1500)]

PATH, DEFINED, SETTING = "path", "-D", "--conf"
# The one file with keys that may be on a node: for the containers' user only (--help of the wrapper).
KEYS_FILE = "hdfs2oss.keys"


class Planted(Shell):
    """A copy whose keys come in one of all ways."""

    def __init__(self, sandbox, folder, way, mode):
        super().__init__(sandbox, folder, f"secret-{way.strip('-')}-{mode}", mode)
        self.way = way
        facts = sandbox.env()
        self.key_id, self.secret = facts["OSS_ACCESS_KEY_ID"], facts["OSS_ACCESS_KEY_SECRET"]
        self.endpoint = facts["OSS_ENDPOINT"]
        self.store = ""

    def command(self, *options):
        words, environment = super().command(*options)
        if self.way == PATH:
            return words, environment
        words[-1] = f"oss://{self.sandbox.env()['SANDBOX_BUCKET']}/{self.name}"
        environment["OSS_ENDPOINT"] = self.endpoint
        more = {
            "environment": self._by_environment,
            DEFINED: lambda _: [f"-Dfs.oss.accessKeyId={self.key_id}", f"-Dfs.oss.accessKeySecret={self.secret}"],
            SETTING: self._by_settings,
            "file": self._by_file,
            "jceks": self._by_store,
        }[self.way](environment)
        return [words[0], *more, *words[1:]], environment

    def _by_environment(self, environment):
        environment |= {"OSS_ACCESS_KEY_ID": self.key_id, "OSS_ACCESS_KEY_SECRET": self.secret}
        return []

    def _by_settings(self, environment):
        pairs = {"accessKeyId": self.key_id, "accessKeySecret": self.secret}
        return [word for name, value in pairs.items() for word in ("--conf", f"spark.hadoop.fs.oss.{name}={value}")]

    def _by_file(self, environment):
        path = self.folder / "keys"
        path.write_text(f"OSS_ACCESS_KEY_ID={self.key_id}\nOSS_ACCESS_KEY_SECRET={self.secret}\n")
        path.chmod(0o600)
        return ["--credentials-file", str(path)]

    def _by_store(self, environment):
        # Once: a name that is taken is refused, and here the secret stands on a command line.
        self.store = self.store or self._made_store()
        pairs = {"hadoop.security.credential.provider.path": self.store}
        # What the sandbox names takes the environment's keys only.
        pairs["fs.oss.credentials.provider"] = "org.apache.hadoop.fs.aliyun.oss.AliyunCredentialsProvider"
        return [word for name, value in pairs.items() for word in ("--conf", f"spark.hadoop.{name}={value}")]

    def _made_store(self):
        place = f"jceks://hdfs@{self.sandbox.env()['SANDBOX_HDFS'].removeprefix('hdfs://')}/{self.name}.jceks"
        shell = "org.apache.hadoop.security.alias.CredentialShell"
        for name, value in (("accessKeyId", self.key_id), ("accessKeySecret", self.secret)):
            made = self.sandbox.hadoop(shell, "create", f"fs.oss.{name}", "-value", value, "-provider", place)
            assert made.returncode == 0, made.stdout + made.stderr
        return place


@contextmanager
def watched_processes(secret: str) -> "Iterator[set[str]]":
    """All command lines that have held the secret meanwhile, but the one that was typed: of the wrapper's shell."""
    found, over = set[str](), threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    words = path.read_bytes().decode(errors="replace")
                    if secret in words and "hdfs2oss4emr.sh\0" not in words:
                        found.add(words.replace(secret, "SECRET"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join()


def holders(folder: Path, secret: str) -> list[Path]:
    """Files that hold the secret; YARN may be clearing up."""
    found = []
    for path in folder.rglob("*"):
        with suppress(OSError):
            if path.is_file() and secret.encode() in path.read_bytes():
                found.append(path)
    return found


def others_may_read(path: Path) -> bool:
    """Whether anybody but the owner and the group reaches a file."""
    way = [path.stat().st_mode & stat.S_IROTH, *(one.stat().st_mode & stat.S_IXOTH for one in path.parents)]
    return all(way)


def text_of(name: str, data: bytes) -> bytes:
    """What stands in a file, be it compressed."""
    if name.endswith(".parquet"):
        table = parquet.read_table(io.BytesIO(data))
        return repr((table.to_pylist(), table.schema.metadata)).encode()
    return data


@pytest.mark.parametrize(
    ("way", "mode"),
    [
        (PATH, "client"),
        (PATH, "cluster"),
        ("environment", "client"),
        ("environment", "cluster"),
        (DEFINED, "client"),
        (SETTING, "cluster"),
        ("file", "client"),
        ("jceks", "cluster"),
    ],
)
def test_a_planted_secret_is_found_nowhere(yarn_sandbox, tmp_path, way, mode):
    copy = Planted(yarn_sandbox, tmp_path, way, mode)
    copy.make(FILES)
    (tmp_path / "events").mkdir()
    settings = {"spark.eventLog.enabled": "true", "spark.eventLog.compress": "false", "spark.ui.enabled": "true"}
    settings |= {"spark.eventLog.dir": f"file://{tmp_path}/events", "spark.local.dir": f"{tmp_path}/local"}
    options = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
    yarn = STATE_ROOT / yarn_sandbox.name / "yarn"
    copy.command()  # what it needs is made before anybody looks
    # Of another copy YARN may have kept the keys, for its own user (--help of the wrapper).
    earlier = holders(yarn, copy.secret)
    with watched_processes(copy.secret) as seen, copying(copy, *options, "-bandwidth", "0.5", "-m", "1") as process:
        pages = pages_of(copy)
        meanwhile = [*holders(yarn, copy.secret), *holders(tmp_path, copy.secret)]
        unfit = [path for path in meanwhile if path.name not in (KEYS_FILE, "keys") or others_may_read(path)]
        launched = [path.read_text() for path in yarn.rglob("launch_container.sh")]
        assert process.poll() is None, "the copy was over before it was looked at"
        assert process.wait(ENOUGH) == 0, copy.said()
    assert copy.target.read() == FILES
    assert seen == set()
    assert unfit == []
    assert launched
    assert {"environment/", "executors/", "environment"} <= pages.keys(), pages.keys()
    assert "spark.submit.deployMode" in pages["environment"]
    assert [name for name, page in pages.items() if copy.secret in page] == []
    assert copy.secret not in copy.said()
    assert list((tmp_path / "events").rglob("*"))
    left = [*holders(yarn, copy.secret), *holders(tmp_path, copy.secret)]
    assert {path.name for path in left if path not in earlier} <= {
        "keys" if way == "file" else KEYS_FILE if mode == "cluster" else ""
    }
    assert not list(tmp_path.glob("hdfs2oss.*"))
    on_record = Place(parse_uri(f"{yarn_sandbox.env()['SANDBOX_HDFS']}/user/root").uri, StoreConfig()).read()
    assert any(name.endswith("report.json") for name in on_record)
    assert [name for name, data in on_record.items() if data and copy.secret.encode() in text_of(name, data)] == []
    assert not any(name.startswith(".sparkStaging/") and not name.endswith("/") for name in on_record)


@contextmanager
def copying(copy: Planted, *options: str) -> "Iterator[subprocess.Popen[bytes]]":
    """A copy that is in the middle. With its pages Spark 4.3 does not always start (see `submission`)."""
    for _ in range(4):
        with copy.running(*options) as process:
            wait_for(lambda: copy.target.read() or process.poll() is not None)
            if process.poll() is None:
                yield process
                return
        assert "ConcurrentModificationException" in copy.said(), copy.said()
    raise AssertionError("Spark has not started")


def pages_of(copy: Planted) -> dict[str, str]:
    """Spark's own pages and answers, by way of YARN."""
    application = copy.application()
    base = f"{copy.sandbox.env()['SANDBOX_YARN']}/proxy/{application}"
    found = {}
    for name in ("environment/", "jobs/", "stages/", "executors/"):
        found[name] = fetch(f"{base}/{name}")
    # Attempts have numbers where the driver is in the cluster, only.
    for attempt in ("", "1/"):
        for name in ("environment", "jobs", "allexecutors"):
            with suppress(urllib.error.HTTPError):
                found[name] = fetch(f"{base}/api/v1/applications/{application}/{attempt}{name}")
    return found


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=100) as answer:
        return str(answer.read().decode())
