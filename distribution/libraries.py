"""Shared libraries: which ones a program needs, and how it finds them wherever it lies."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

# Those of the C library and of GCC, which every wheel on PyPI takes for granted as well.
OF_THE_SYSTEM = re.compile(
    r"^(linux-vdso|ld-linux.*|libc|libm|libdl|librt|libutil|libpthread|libresolv|libnss_.*|libgcc_s|libstdc\+\+)\.so"
)
_GLIBC = re.compile(rb"GLIBC_2\.(\d+)\b")
_ELF = b"\x7fELF"
# What a path of this machine becomes: another one of the same length, which nothing has.
_NOWHERE = b"/hdfs2oss"


class Libraries:
    """Collects files that need libraries, in `prefix`, and those libraries, in its folder lib."""

    def __init__(self, prefix: Path) -> None:
        self._prefix = prefix
        self._folder = prefix / "lib"
        self._added: set[str] = set()

    def add(self, original: Path, copy: Path) -> None:
        """Have `copy` find what `original` needs. It is stripped of what only a debugger reads."""
        self._settle(copy)
        for name, found in needed(original):
            if OF_THE_SYSTEM.match(name) or name in self._added:
                continue
            self._added.add(name)
            self._folder.mkdir(parents=True, exist_ok=True)
            target = self._folder / name
            shutil.copyfile(found, target)
            target.chmod(0o755)
            self._settle(target)
        # ldd names what is needed by what is needed, too, so that is all.

    def _settle(self, path: Path) -> None:
        path.chmod(0o755)
        strip(path)
        where = os.path.relpath(self._folder, path.parent)
        origin = "$ORIGIN" if where == "." else f"$ORIGIN/{where}"
        subprocess.run(["patchelf", "--set-rpath", origin, str(path)], check=True)


def strip(path: Path) -> None:
    subprocess.run(["strip", "--strip-unneeded", str(path)], check=True)


def needed(path: Path) -> list[tuple[str, Path]]:
    """The libraries a program or library needs, with where they are here. Ends the program when one is missing."""
    listing = subprocess.run(["ldd", str(path)], capture_output=True, text=True, check=True).stdout
    missing = re.findall(r"^\s*(\S+) => not found", listing, re.MULTILINE)
    if missing:
        raise SystemExit(f"{path} needs {', '.join(missing)}, and this machine does not have it")
    return [(name, Path(found)) for name, found in re.findall(r"^\s*(\S+) => (/\S+)", listing, re.MULTILINE)]


def is_elf(path: Path) -> bool:
    with open(path, "rb") as file:
        return file.read(len(_ELF)) == _ELF


def newest_glibc(paths: Iterable[Path]) -> str:
    """The oldest glibc that all these files run with."""
    minors = [int(minor) for path in paths for minor in _GLIBC.findall(path.read_bytes())]
    return f"2.{max(minors, default=0)}"


def scrub(path: Path, machine_paths: Sequence[str]) -> None:
    """Replace folders of this machine by such as nothing has, of the same length.

    The last element of a path stays: linkers keep a text that is the end of another one only once, and a program's
    version may be the end of the folder that it was built in.
    """
    before = data = path.read_bytes()
    for name in map(os.fsencode, machine_paths):
        if name in data:
            folder = os.path.dirname(name)
            nowhere = _NOWHERE[: len(folder)].ljust(len(folder), b"/")
            data = data.replace(name, nowhere + name[len(folder) :])
    if data != before:
        path.write_bytes(data)
