"""The project by itself: the wheel, and the zip for --py-files."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .archive import timestamp, write_zip

PROJECT = Path(__file__).resolve().parents[1]
PACKAGE = PROJECT / "hdfs2oss"
# All that a wheel is built of. A copy of it is what is built: setuptools leaves a folder behind, and takes from it
# what it finds there, modules included that are long gone.
WHEEL_FILES = ("setup.cfg", "pyproject.toml", "README.md", "bin/hdfs2oss4emr.sh", "jobs/hdfs2oss.py")


def build_wheel(target: Path) -> Path:
    """The wheel of the project, in the folder `target`."""
    with tempfile.TemporaryDirectory(prefix="hdfs2oss-wheel-") as folder:
        copy = Path(folder, "project")
        shutil.copytree(PACKAGE, copy / "hdfs2oss", ignore=shutil.ignore_patterns("__pycache__"))
        for name in WHEEL_FILES:
            (copy / name).parent.mkdir(exist_ok=True)
            shutil.copy2(PROJECT / name, copy / name)
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run(
            [*command, "--wheel-dir", str(target), str(copy)],
            env={**os.environ, "SOURCE_DATE_EPOCH": str(timestamp())},
            check=True,
        )
    (wheel,) = target.glob("hdfs2oss-*.whl")
    return wheel


def build_code_zip(target: Path) -> None:
    """The package as a zip that Python imports from: what is not pure Python must be on the nodes, or in an archive."""
    write_zip(target, PROJECT, [path for path in PACKAGE.rglob("*") if path.suffix == ".py" or path.name == "py.typed"])
