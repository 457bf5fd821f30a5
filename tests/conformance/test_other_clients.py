"""alibabacloud-oss-v2 and ali-oss do their daily work with the server, with both versions of signatures."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.conformance.node_client import AliOss
from tests.conformance.place import Place

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(900)]

CLIENTS = Path(__file__).parent / "clients"
ONE_CLIENT_SECONDS = 120


def outcomes(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Check -> the error, empty if it held; as the client's own process tells it."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=ONE_CLIENT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return {line["check"]: line["error"] for line in map(json.loads, done.stdout.splitlines())}


def report(found: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {error}" for name, error in found.items() if error)


@pytest.mark.parametrize("signature", ["v1", "v4"])
def test_alibabacloud_oss_v2_gets_what_it_asks_for(oss_v2_python: Path, place: Place, tmp_path: Path, signature: str):
    script = CLIENTS / "oss_v2_checks.py"
    found = outcomes([oss_v2_python, script, signature], tmp_path, place.environment())
    assert report(found) == ""
    assert len(found) == script.read_text().count("@check\n")


@pytest.mark.parametrize("signature", ["v1", "v4"])
def test_ali_oss_gets_what_it_asks_for(ali_oss: AliOss, place: Place, tmp_path: Path, signature: str):
    script = CLIENTS / "ali_oss_checks.js"
    environment = place.environment() | {"NODE_PATH": str(ali_oss.folder / "node_modules")}
    found = outcomes([ali_oss.node, script, signature], tmp_path, environment)
    assert report(found) == ""
    assert len(found) == script.read_text().count("\n  async ")
