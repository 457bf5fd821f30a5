"""With which Python the nodes of a cluster run tasks, and the driver with them.

    one is named (PYSPARK_PYTHON, spark.pyspark.python, --archives)    as it was asked for
    an environment is named (--environment, HDFS2OSS_ENVIRONMENT)      it goes along as an archive
    python3 of this machine has all packages                           the nodes' own python3, which will be like it
    dist/ has an environment of this very code                         it goes along as an archive
    the project has a .venv                                            that path; a NOTE says that nodes must have it
    otherwise                                                          refused: tasks would find no packages

A driver on this machine has the same Python: that of the environment, unpacked once into the user's cache
(`environment_cache` says how long it stays).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ..model.errors import UsageError
from .environment import (
    FOLDER,
    MANIFEST,
    PYTHON_IN_IT,
    Manifest,
    code_digest,
    glibc_here,
    is_older,
    parse_manifest,
    read_manifest,
)
from .environment_cache import cache_of, unpack

ENVIRONMENT_VARIABLE = "HDFS2OSS_ENVIRONMENT"
_NEEDED = ("hdfs2oss", "hdfs_native", "pyarrow", "pydantic", "fastcrc", "oss2", "urllib3")
_ASK = """
import importlib.util, json, sys
print(json.dumps([sys.version_info[:2], sys.prefix != sys.base_prefix,
                  [name for name in sys.argv[1:] if importlib.util.find_spec(name) is None]]))
"""
_OLDEST_PYTHON = (3, 10)
_ASK_SECONDS = 60
_NAMES = ("spark.pyspark.python", "spark.executorEnv.PYSPARK_PYTHON", "spark.archives", "spark.yarn.dist.archives")


class Asked(NamedTuple):
    """What decides. `project` holds bin/, `package` is the code; `python` is the project's own, if there is one."""

    project: Path
    package: Path
    python: str
    named_environment: str
    settings: Mapping[str, str]
    environment: Mapping[str, str]
    in_cluster: bool
    # A command that is only shown unpacks nothing.
    is_shown: bool = False


class NodesPython(NamedTuple):
    """What is added to the submission: settings, an archive, variables of the environment; and what is said."""

    settings: Mapping[str, str] = {}
    archive: str = ""
    variables: Mapping[str, str] = {}
    note: str = ""


def for_cluster(asked: Asked) -> NodesPython:
    """Raises UsageError when tasks could not run."""
    if asked.environment.get("PYSPARK_PYTHON") or any(asked.settings.get(name) for name in _NAMES):
        return _as_named(asked)
    if asked.named_environment:
        return _of_environment(asked, asked.named_environment)
    lacking = _lacking("python3", asked.environment)
    if not lacking:
        return NodesPython(variables={"PYSPARK_PYTHON": "python3"})
    archive = _made_here(asked.project)
    if archive is not None:
        return _of_environment(asked, str(archive))
    if asked.python:
        return NodesPython(
            variables={"PYSPARK_PYTHON": asked.python},
            note=f"NOTE: executors run {asked.python}, which must be there on every node. "
            "make dist makes an environment that travels.",
        )
    raise UsageError(
        f"the nodes have no Python for this: python3 {lacking}",
        "Name an environment that make dist has made: --environment FILE, or HDFS2OSS_ENVIRONMENT.",
    )


def for_this_machine(python: str, environment: Mapping[str, str]) -> NodesPython:
    """Where all tasks run on this machine. Raises UsageError when there is no Python at all."""
    found = environment.get("PYSPARK_PYTHON") or python or shutil.which("python3", path=environment.get("PATH"))
    if not found:
        raise UsageError("there is no python3 on the PATH", "Set PYSPARK_PYTHON.")
    return NodesPython(variables={"PYSPARK_PYTHON": found})


def _as_named(asked: Asked) -> NodesPython:
    """A Python that only the nodes have cannot run a driver here."""
    named = asked.environment.get("PYSPARK_PYTHON", "")
    has_driver = asked.environment.get("PYSPARK_DRIVER_PYTHON") or asked.settings.get("spark.pyspark.driver.python")
    named = asked.settings.get("spark.pyspark.python", named)
    if asked.in_cluster or has_driver or shutil.which(named or "python3", path=asked.environment.get("PATH")):
        return NodesPython()
    return NodesPython(settings={"spark.pyspark.driver.python": asked.python or sys.executable})


def _of_environment(asked: Asked, named: str) -> NodesPython:
    settings = {"spark.pyspark.python": PYTHON_IN_IT}
    scheme, separator, rest = named.partition("://")
    is_here = not separator or scheme == "file"
    if is_here:
        path = Path(rest if separator else named).absolute()
        manifest = read_manifest(path)
        _refuse_foreign(path, manifest)
        if manifest.code != code_digest(asked.package):
            raise UsageError(
                f"{path} was made of other code (version {manifest.version}) than {asked.package}",
                "Run make dist again.",
            )
        named = f"file://{path}"
    if not asked.in_cluster:
        driver = asked.environment.get("PYSPARK_DRIVER_PYTHON") or asked.settings.get("spark.pyspark.driver.python")
        if not driver:
            driver = _unpacked(path, manifest, asked) if is_here else asked.python
        if not driver:
            raise UsageError(
                f"the driver runs here, and {named} is elsewhere",
                "Run the wrapper of an unpacked environment, set PYSPARK_DRIVER_PYTHON, or use --deploy-mode cluster.",
            )
        settings["spark.pyspark.driver.python"] = driver
    return NodesPython(settings, f"{named}#{FOLDER}")


def _refuse_foreign(path: Path, manifest: Manifest) -> None:
    """An environment that does not run here: the nodes are taken to be like this machine."""
    here = glibc_here()
    if manifest.machine != os.uname().machine:
        raise UsageError(f"{path} is for {manifest.machine}, and this machine is {os.uname().machine}")
    if here and is_older(here, manifest.glibc):
        raise UsageError(
            f"{path} needs glibc {manifest.glibc} or newer, and this machine has {here}",
            "Run make dist on a system that is not newer than the nodes.",
        )


def _unpacked(archive: Path, manifest: Manifest, asked: Asked) -> str:
    """The Python of an environment on this machine: where this is one, or as it is kept in the user's cache."""
    own = asked.project / MANIFEST
    if own.is_file() and parse_manifest(own.read_bytes()).code == manifest.code:
        return str(asked.project / "bin/python3")
    status = archive.stat()
    name = f"{manifest.version}-{manifest.python}-{manifest.code}-{status.st_size:x}{int(status.st_mtime):x}"
    place = cache_of(asked.environment) / name
    if not asked.is_shown:
        unpack(archive, place)
    return str(place / "bin/python3")


def _made_here(project: Path) -> Path | None:
    found = project.glob("dist/hdfs2oss-*-linux-*.tar.gz")
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def _lacking(python: str, environment: Mapping[str, str]) -> str:
    """What a Python lacks, in words; empty when it has all. A virtual environment says nothing of other nodes."""
    found = shutil.which(python, path=environment.get("PATH"))
    if not found:
        return "is not on the PATH"
    plain = {name: value for name, value in environment.items() if not name.startswith("PYTHON")}
    try:
        said = subprocess.run(
            [found, "-c", _ASK, *_NEEDED], capture_output=True, text=True, timeout=_ASK_SECONDS, env=plain, cwd="/"
        )
        version, is_virtual, missing = json.loads(said.stdout)
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return "does not run"
    if tuple(version) < _OLDEST_PYTHON:
        return f"is {'.'.join(map(str, version))}"
    if missing:
        return f"lacks {', '.join(missing)}"
    return "is that of a virtual environment" if is_virtual else ""
