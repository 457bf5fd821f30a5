"""rclone, built from its modules: Go fetches them and checks them against go.sum."""

import os
import shutil
from pathlib import Path

from tests.conformance.downloads import fetched, run_tool

SOURCES = Path(__file__).parent / "rclone"
FILES = ("go.mod", "go.sum", "main.go")


def fetch_rclone() -> Path:
    """The executable; the first build takes some minutes."""
    return fetched("conformance-rclone", [(SOURCES / name).read_text() for name in FILES], _make) / "rclone"


def _make(folder: Path) -> None:
    source = folder / "source"
    source.mkdir()
    for name in FILES:
        shutil.copy(SOURCES / name, source)
    build = ["go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", folder / "rclone", "."]
    run_tool("rclone", build, source, {**os.environ, "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"})
