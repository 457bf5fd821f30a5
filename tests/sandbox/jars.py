"""The Hadoop jars: named by docker/pom.xml, those of other versions by docker/hdfs.xml, what few need by a file of its
own; fetched by Maven, kept in the user's cache.

A folder of jars appears whole or not at all, under a name that depends on what was asked for. So a changed
pom never meets old jars, an interrupted download leaves nothing that looks finished, and several checkouts
share one folder.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from .errors import SandboxError

DOCKER = Path(__file__).parents[2] / "docker"
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"
PARTIAL = ".partial-"
# What is fetched where somebody asks for it, by the name of its file in docker/: its jar, and the MiB to be downloaded.
KMS, S3A = "kms", "s3a"
ADDED = {KMS: ("hadoop-kms", 50), S3A: ("hadoop-aws", 18)}


class Artefacts(NamedTuple):
    """What one version of Hadoop runs on here; `name` is that of the jar without which it is not there."""

    version: str
    pom: Path
    download_mib: int
    profiles: tuple[str, ...] = ()
    name: str = "hadoop-hdfs"

    def folder(self) -> Path:
        """Where its jars are, or would be."""
        asked = [PLUGIN, *self.profiles] if self.profiles else [PLUGIN]
        digest = hashlib.sha256(self.pom.read_bytes() + " ".join(asked).encode()).hexdigest()[:12]
        kind = "hadoop" if self.name == "hadoop-hdfs" else self.name
        return cache_folder() / f"{kind}-{self.version}-{digest}"


def artefacts_of(version: str = "") -> Artefacts:
    """Those of a version: "" is the one that pom.xml names, with YARN and tools; others have HDFS alone."""
    pom = DOCKER / "pom.xml"
    found = re.search(r"<hadoop\.version>([^<]+)<", pom.read_text())
    if not found:
        raise SandboxError(f"{pom} does not set hadoop.version")
    if version in ("", found.group(1)):
        return Artefacts(found.group(1), pom, 105)
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise SandboxError(f"'{version}' is no version of Hadoop: write it as 2.10.2")
    major, minor, _ = map(int, version.split("."))
    chosen = {"client": (major, minor) >= (2, 8), "hadoop-2": major == 2}
    return Artefacts(version, DOCKER / "hdfs.xml", 65, tuple(name for name, counts in chosen.items() if counts))


def added_artefacts(name: str) -> Artefacts:
    """Those of `docker/NAME.xml`, the version of which stands there."""
    pom = DOCKER / f"{name}.xml"
    found = re.search(r"<hadoop\.version>([^<]+)<", pom.read_text())
    if not found:
        raise SandboxError(f"{pom} does not set hadoop.version")
    jar, download_mib = ADDED[name]
    return Artefacts(found.group(1), pom, download_mib, name=jar)


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "hdfs2oss"


def jars_folder(version: str = "") -> Path:
    """Where the jars of a version are, or would be."""
    return artefacts_of(version).folder()


def fetch_jars(say: Callable[[str], None] = lambda line: None, version: str = "") -> Path:
    """The folder of jars of a version, downloaded first if it is not there yet."""
    return fetch(artefacts_of(version), say)


def fetch(artefacts: Artefacts, say: Callable[[str], None] = lambda line: None) -> Path:
    """The folder of these jars, downloaded first if it is not there yet."""
    folder = artefacts.folder()
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():  # another process may have fetched them while this one waited
            say(f"fetching the jars of {artefacts.name}, about {artefacts.download_mib} MiB, into {folder}")
            _download(artefacts, folder)
    return folder


def _download(artefacts: Artefacts, folder: Path) -> None:
    for abandoned in folder.parent.glob(PARTIAL + "*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    partial = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=folder.parent))
    try:
        _run_maven(artefacts, partial)
        if not any(partial.glob(f"{artefacts.name}-*.jar")):
            raise SandboxError(f"Maven ended well but put no Hadoop jars into {partial}")
        partial.chmod(0o755)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _run_maven(artefacts: Artefacts, target: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise SandboxError("Maven (mvn) is not on the PATH: install it (Debian: apt-get install maven)")
    command = [maven, "-q", "-B", "-ntp", "-f", str(artefacts.pom), f"{PLUGIN}:copy-dependencies"]
    command += [f"-DoutputDirectory={target}", "-DincludeScope=runtime", f"-Dhadoop.version={artefacts.version}"]
    command += [f"-P{','.join(artefacts.profiles)}"] if artefacts.profiles else []
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-12:])
        raise SandboxError(
            f"Maven could not fetch the jars of Hadoop {artefacts.version} (exit code {done.returncode}):\n{tail}"
        )
