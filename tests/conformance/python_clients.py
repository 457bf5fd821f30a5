"""The Python clients, each in a virtual environment of its own.

oss2 and alibabacloud-oss-v2 cannot share one: they bring two packages that both provide the module crcmod.
"""

import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.downloads import fetched, run_tool

OSS2 = "oss2==2.19.1"
# The source distribution holds the integration tests; the wheel, if there were one, would not.
OSS2_REQUIREMENT = f"{OSS2} --hash=sha256:a8ab9ee7eb99e88a7e1382edc6ea641d219d585a7e074e3776e9dec9473e59c1"
OSS2_NEEDS = ("pytest==8.4.2", "pytest-timeout==2.4.0", "mock==5.2.0", "aliyun-python-sdk-sts==3.1.2", "setuptools<81")
OSS_V2 = ("alibabacloud-oss-v2==1.4.1",)


@dataclass(frozen=True)
class Oss2Suite:
    """An unpacked source distribution, and a Python that has what its tests import."""

    python: Path
    folder: Path


def fetch_oss2_suite() -> Oss2Suite:
    """oss2 with its integration tests."""
    folder = fetched("conformance-oss2", [OSS2_REQUIREMENT, *OSS2_NEEDS, sys.version], _make_oss2)
    return Oss2Suite(python_in(folder), folder / OSS2.replace("==", "-"))


def fetch_oss_v2() -> Path:
    """A Python that has alibabacloud-oss-v2."""
    return python_in(fetched("conformance-oss-v2", [*OSS_V2, sys.version], _make_oss_v2))


def _make_oss2(folder: Path) -> None:
    make_environment(folder)
    wanted = folder / "requirement.txt"
    wanted.write_text(OSS2_REQUIREMENT + "\n")
    source = ["--no-deps", "--no-binary", ":all:", "--require-hashes", "-r", wanted.name]
    run_tool(f"the source of {OSS2}", [*pip(folder, "download"), *source], folder)
    archive = next(folder.glob("oss2-*.tar.gz"))
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    run_tool(f"{OSS2} and what its tests need", [*pip(folder, "install"), archive, *OSS2_NEEDS], folder)


def _make_oss_v2(folder: Path) -> None:
    make_environment(folder)
    run_tool(OSS_V2[0], [*pip(folder, "install"), *OSS_V2], folder)


def make_environment(folder: Path) -> None:
    run_tool("a virtual environment", [sys.executable, "-m", "venv", folder / "venv"], folder)


def python_in(folder: Path) -> Path:
    return folder / "venv" / "bin" / "python"


def pip(folder: Path, verb: str) -> list[str]:
    return [str(python_in(folder)), "-m", "pip", verb, "--quiet", "--disable-pip-version-check"]
