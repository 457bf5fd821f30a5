"""What a sandbox leaves on disk: one folder, `.sandbox/<name>/`, and a lock beside it.

sandbox.json   id, ports, which services were asked for
keys.json      the OSS keys of this sandbox, readable by its owner only
conf/          HADOOP_CONF_DIR;  conf-<service>-<i>/ what differs for one DataNode, NameNode or NodeManager
classpath      the class path of the Hadoop tools
hdfs/ oss/ yarn/ kdc/ kms/ spark/ tmp/   data of the servers
logs/          one file a server
"""

import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .errors import SandboxError

PROJECT = Path(__file__).parents[2]
STATE_ROOT = PROJECT / ".sandbox"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}")


@dataclass(frozen=True)
class OssKeys:
    access_key_id: str
    access_key_secret: str


@dataclass
class Record:
    """The content of sandbox.json. The id marks the processes of this sandbox and of no other.

    ha       two NameNodes, and a JournalNode between them
    secure   a KDC; HDFS takes Kerberos only
    spark    a standalone master and two workers
    kms      a key server, and HDFS may have encryption zones
    hadoop   the version of its servers, where that is another than docker/pom.xml names
    nodemanagers   of YARN; the second is a small one
    """

    id: str
    oss: bool = False
    yarn: bool = False
    ha: bool = False
    secure: bool = False
    spark: bool = False
    kms: bool = False
    hadoop: str = ""
    datanodes: int = 1
    nodemanagers: int = 1
    ports: dict[str, int] = field(default_factory=dict)


class StateFolder:
    def __init__(self, name: str) -> None:
        if not NAME.fullmatch(name):
            raise SandboxError(f"'{name}' cannot be a sandbox's name: letters, digits, '-' and '_' only")
        self.name = name
        self.path = STATE_ROOT / name

    @property
    def conf(self) -> Path:
        return self.path / "conf"

    @property
    def classpath_file(self) -> Path:
        return self.path / "classpath"

    def log(self, service: str) -> Path:
        return self.path / "logs" / f"{service}.log"

    def load(self) -> Record | None:
        try:
            return Record(**json.loads((self.path / "sandbox.json").read_text()))
        except FileNotFoundError:
            return None

    def save(self, record: Record) -> None:
        self._publish("sandbox.json", asdict(record), 0o644)

    def keys(self) -> OssKeys:
        """This sandbox's OSS keys, made up when first asked for."""
        try:
            return OssKeys(**json.loads((self.path / "keys.json").read_text()))
        except FileNotFoundError:
            keys = OssKeys(f"SANDBOX{secrets.token_hex(8)}", secrets.token_hex(20))
            self._publish("keys.json", asdict(keys), 0o600)
            return keys

    def _publish(self, name: str, content: dict[str, object], mode: int) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        partial = self.path / f".{name}"
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(descriptor, "w") as file:
            json.dump(content, file, indent=2)
        partial.rename(self.path / name)

    def remove(self, keep_logs: bool = False) -> None:
        if not self.path.is_dir():
            return
        for entry in list(self.path.iterdir()):
            if keep_logs and entry.name == "logs":
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        if not keep_logs:
            self.path.rmdir()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One command at a time changes this sandbox. The lock is beside the folder, which comes and goes."""
        lock = STATE_ROOT / f".{self.name}.lock"
        STATE_ROOT.mkdir(parents=True, exist_ok=True)
        while True:
            with open(lock, "a") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if not _is_still(lock, file.fileno()):
                    continue  # the one before us removed it
                try:
                    yield
                finally:
                    if not self.path.exists():
                        lock.unlink(missing_ok=True)
                return


def sandbox_names() -> list[str]:
    """All sandboxes of this checkout that have a state folder."""
    if not STATE_ROOT.is_dir():
        return []
    return sorted(entry.name for entry in STATE_ROOT.iterdir() if entry.is_dir())


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
