"""ali-oss, the client for JavaScript, installed by npm into the cache."""

from pathlib import Path

from tests.conformance.downloads import fetched, run_tool

ALI_OSS = "ali-oss@6.23.0"


def fetch_ali_oss() -> Path:
    """The folder whose `node_modules` holds ali-oss."""
    return fetched("conformance-ali-oss", [ALI_OSS], _make)


def _make(folder: Path) -> None:
    (folder / "package.json").write_text('{"private": true}\n')  # without it npm looks for a project further up
    quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel=error"]
    run_tool(ALI_OSS, ["npm", "install", *quiet, ALI_OSS], folder)
