"""The Hadoop jars: named by docker/pom.xml, fetched by Maven, kept in the user's cache.

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

from .errors import SandboxError

POM = Path(__file__).parents[2] / "docker" / "pom.xml"
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"
DOWNLOAD_MIB = 105
PARTIAL = ".partial-"


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "hdfs2oss"


def jars_folder() -> Path:
    """Where the jars of the present pom are, or would be."""
    pom = POM.read_bytes()
    found = re.search(rb"<hadoop\.version>([^<]+)<", pom)
    if not found:
        raise SandboxError(f"{POM} does not set hadoop.version")
    digest = hashlib.sha256(pom + PLUGIN.encode()).hexdigest()[:12]
    return cache_folder() / f"hadoop-{found.group(1).decode()}-{digest}"


def fetch_jars(say: Callable[[str], None] = lambda line: None) -> Path:
    """The folder of jars, downloaded first if it is not there yet."""
    folder = jars_folder()
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():  # another process may have fetched them while this one waited
            say(f"fetching the Hadoop jars, about {DOWNLOAD_MIB} MiB, into {folder}")
            _download(folder)
    return folder


def _download(folder: Path) -> None:
    for abandoned in folder.parent.glob(PARTIAL + "*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    partial = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=folder.parent))
    try:
        _run_maven(partial)
        if not any(partial.glob("hadoop-hdfs-*.jar")):
            raise SandboxError(f"Maven ended well but put no Hadoop jars into {partial}")
        partial.chmod(0o755)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _run_maven(target: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise SandboxError("Maven (mvn) is not on the PATH: install it (Debian: apt-get install maven)")
    command = [maven, "-q", "-B", "-ntp", "-f", str(POM), f"{PLUGIN}:copy-dependencies"]
    command += [f"-DoutputDirectory={target}", "-DincludeScope=runtime"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-12:])
        raise SandboxError(f"Maven could not fetch the Hadoop jars (exit code {done.returncode}):\n{tail}")
