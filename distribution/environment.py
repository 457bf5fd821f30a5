"""The environment for --archives, from the interpreter to the archive."""

import compileall
import json
import os
import platform
import py_compile
from importlib.metadata import Distribution
from pathlib import Path

from hdfs2oss import __version__
from hdfs2oss.commandline.environment import MANIFEST, code_digest

from .archive import write_tar
from .code import PACKAGE
from .interpreter import VERSION, copy_interpreter, machine_paths
from .libraries import Libraries, is_elf, newest_glibc, scrub, strip
from .packages import copy_distribution, needed_by, requirements_of, unpack_wheel


def build_environment(wheel: Path, prefix: Path) -> None:
    """Put the environment together in the folder `prefix`, which is not there yet."""
    site_packages = copy_interpreter(prefix, Libraries(prefix))
    distributions = needed_by(requirements_of(wheel))
    for one in distributions:
        if copy_distribution(one, site_packages):
            for path in _files_of(one, site_packages):
                if is_elf(path):
                    strip(path)
    unpack_wheel(wheel, prefix, site_packages)
    files = [path for path in prefix.rglob("*") if path.is_file() and not path.is_symlink()]
    for path in files:
        scrub(path, machine_paths())
    _compile(prefix)
    manifest = {
        "version": __version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "glibc": newest_glibc(path for path in files if is_elf(path)),
        "code": code_digest(PACKAGE),
        "packages": {one.metadata["Name"]: one.version for one in distributions},
    }
    (prefix / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")


def pack_environment(prefix: Path, target: Path) -> None:
    write_tar(target, prefix, MANIFEST)


def archive_name() -> str:
    return f"hdfs2oss-{__version__}-{VERSION}-linux-{platform.machine()}.tar.gz"


def _files_of(one: Distribution, site_packages: Path) -> list[Path]:
    paths = [site_packages / file for file in one.files or []]
    return [path for path in paths if path.is_file()]


def _compile(prefix: Path) -> None:
    """Every container that starts would compile all that it imports. What is compiled counts without a look at the
    source, whose time is another one on each node."""
    compileall.compile_dir(
        prefix / "lib" / VERSION,
        quiet=2,
        stripdir=str(prefix),
        prependdir=".",
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        workers=os.cpu_count() or 1,
    )
