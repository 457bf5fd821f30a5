"""What `make dist` makes, made once for a test run."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

PROJECT = Path(__file__).resolve().parents[2]


class Dist(NamedTuple):
    folder: Path
    wheel: Path
    code: Path
    job: Path
    archive: Path


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Dist:
    folder = tmp_path_factory.mktemp("made") / "dist"
    subprocess.run([sys.executable, "-m", "distribution", folder], cwd=PROJECT, check=True, timeout=800)
    (wheel,), (code,), (archive,) = folder.glob("*.whl"), folder.glob("*.zip"), folder.glob("*.tar.gz")
    return Dist(folder, wheel, code, folder / "hdfs2oss.py", archive)
