"""The packages that the project needs, as they are installed here, and the project's wheel, as one site-packages."""

import re
import shutil
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from fnmatch import fnmatchcase
from importlib.metadata import Distribution, EntryPoint, distribution
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# What a program that runs needs of no package; and of pyarrow the stores and services that are never called.
LEFT_OUT = (
    *("*/tests/*", "*/test/*", "*/SelfTest/*", "*/__pycache__/*", "*/include/*", "*/src/*"),
    *("*.pyx", "*.pxd", "*.pxi", "*.pyi", "*.h", "*.hpp", "*.c", "*.cc", "*.cpp", "*.a"),
    *("pyarrow/*flight*", "pyarrow/*_s3.so*", "pyarrow/_s3fs*"),
    # Who installed it, and from which folder.
    *(
        "*.dist-info/RECORD",
        "*.dist-info/INSTALLER",
        "*.dist-info/REQUESTED",
        "*.dist-info/direct_url.json",
        "*.dist-info/sboms/*",
    ),
)
# Works wherever it lies: the Python is the one beside it.
SCRIPT = """#!/bin/sh
'''exec' "$(dirname "$(readlink -f "$0")")/python3" "$0" "$@"
' '''
import sys
from {module} import {function}
sys.exit({function}())
"""


def is_left_out(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in LEFT_OUT)


def needed_by(requirements: list[str]) -> list[Distribution]:
    """The installed distributions that satisfy requirements, with all that they require, by name."""
    found: dict[str, Distribution] = {}
    waiting = list(requirements)
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        if name in found or not (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
            continue
        found[name] = distribution(name)
        if not requirement.specifier.contains(found[name].version, prereleases=True):
            raise SystemExit(f"{requirement} is required, and {found[name].version} is installed: run make setup")
        waiting += found[name].requires or []
    return [found[name] for name in sorted(found)]


def copy_distribution(installed: Distribution, site_packages: Path) -> bool:
    """Copy the files of a distribution; whether it was compiled here, and not by whoever publishes it."""
    for file in installed.files or []:
        if file.parts[0] == ".." or is_left_out(str(file)):
            continue
        target = site_packages / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(str(file.locate()), target)
    return bool(re.search(r"^Tag: .*-linux_", installed.read_text("WHEEL") or "", re.MULTILINE))


def requirements_of(wheel: Path) -> list[str]:
    """What the wheel requires, without extras."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode()).get_all("Requires-Dist") or []


def unpack_wheel(wheel: Path, prefix: Path, site_packages: Path) -> None:
    """Install the project's wheel, with its scripts, into an environment that may be moved."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            target = _place(PurePosixPath(name), prefix, site_packages)
            if is_left_out(name) or target is None:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(name))
            if target.parent == prefix / "bin":
                target.chmod(0o755)
        (listed,) = (name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt"))
        for script in _console_scripts(archive.read(listed).decode()):
            path = prefix / "bin" / script.name
            path.write_text(SCRIPT.format(module=script.module, function=script.attr))
            path.chmod(0o755)


def _place(name: PurePosixPath, prefix: Path, site_packages: Path) -> Path | None:
    if not name.parts[0].endswith(".data"):
        return site_packages / name
    kind, *rest = name.parts[1:]
    folder = {"scripts": prefix / "bin", "data": prefix}.get(kind)
    return folder.joinpath(*rest) if folder else None


def _console_scripts(text: str) -> Iterator[EntryPoint]:
    section = text.partition("[console_scripts]")[2].partition("\n[")[0]
    for line in filter(None, map(str.strip, section.splitlines())):
        name, _, value = line.partition("=")
        yield EntryPoint(name.strip(), value.strip(), "console_scripts")
