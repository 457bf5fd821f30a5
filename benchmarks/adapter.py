"""Any other copier, by a file of its own in `copiers/`, or in the directory that $BENCH_COPIERS names.

| key | what it is |
|---|---|
| name | how the table calls it |
| executable, variable | a program on PATH, or wherever an environment variable says |
| proof | what it compares after a transfer: `length`, `none` ... |
| copy, update | words after the program, to copy everything or only what differs |
| places.hdfs, places.oss | how it names the directory {path}, or the prefix {path} of {bucket} |
| environment | variables it is given |

In words, `{source}` and `{target}` stand for places; everywhere `{streams}` is how many files ours have under way at
once, `{namenode}` host and port, `{user}`, `{endpoint}`, `{endpoint_host}` its host and port, `{bucket}`,
`{access_key_id}`, `{access_key_secret}`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import tomllib

from .command import Command
from .places import Job, Place
from .stage import Stage
from .tools import SLOTS, Tool

_FOLDER = Path(__file__).parent / "copiers"
_THREADS_TO = {"oss": 16, "hdfs": 48}


@dataclass(frozen=True)
class Adapter:
    """A file of `copiers/`."""

    name: str
    executable: str
    variable: str
    proof: str
    copy: tuple[str, ...]
    update: tuple[str, ...]
    places: Mapping[str, str]
    environment: Mapping[str, str]

    def words(self, job: Job, facts: Mapping[str, str]) -> tuple[str, ...]:
        """What follows the program."""
        known = {
            **facts,
            "source": self._place(job.source, facts),
            "target": self._place(job.target, facts),
            "streams": str(SLOTS * _THREADS_TO[job.target.store]),
        }
        return tuple(word.format(**known) for word in (self.update if job.is_update else self.copy))

    def variables(self, facts: Mapping[str, str]) -> dict[str, str]:
        """Its environment."""
        return {name: value.format(**facts) for name, value in self.environment.items()}

    def program(self, env: Mapping[str, str]) -> str | None:
        """Where it is; None if it is nowhere."""
        return env.get(self.variable) or shutil.which(self.executable, path=env.get("PATH"))

    def _place(self, place: Place, facts: Mapping[str, str]) -> str:
        return self.places[place.store].format(**facts, path=place.path)


def parse(given: Mapping[str, Any]) -> Adapter:
    """An adapter of what stands in a file. Raises KeyError for a key that is missing."""
    lists = {name: tuple(given[name]) for name in ("copy", "update")}
    texts = {name: given[name] for name in ("name", "executable", "variable", "proof")}
    return Adapter(**texts, **lists, places=given["places"], environment=given.get("environment", {}))


def copiers() -> list[Tool]:
    """A tool for each file; of a program that is not here the tool says so."""
    folders = [_FOLDER, *(Path(name) for name in [os.environ.get("BENCH_COPIERS", "")] if name)]
    files = [path for folder in folders for path in sorted(folder.glob("*.toml"))]
    return [_tool(parse(tomllib.loads(path.read_text()))) for path in files]


def _tool(adapter: Adapter) -> Tool:
    program = adapter.program(os.environ)

    def command(stage: Stage, job: Job) -> Command:
        facts = facts_of(stage.env)
        return Command((program or "", *adapter.words(job, facts)), adapter.variables(facts))

    missing = "" if program else f"not found: neither ${adapter.variable} nor {adapter.executable} on PATH"
    return Tool(adapter.name, command, adapter.proof, missing=missing)


def facts_of(env: Mapping[str, str]) -> dict[str, str]:
    """What templates may ask for."""
    return {
        "namenode": urlsplit(env["SANDBOX_HDFS"]).netloc,
        "user": os.environ.get("USER", "root"),
        "endpoint": env["OSS_ENDPOINT"],
        "endpoint_host": urlsplit(env["OSS_ENDPOINT"]).netloc,
        "bucket": env["SANDBOX_BUCKET"],
        "access_key_id": env["OSS_ACCESS_KEY_ID"],
        "access_key_secret": env["OSS_ACCESS_KEY_SECRET"],
    }
