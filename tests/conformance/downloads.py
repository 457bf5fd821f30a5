"""What the suites need of others, fetched once by each ecosystem's own client and kept in the user's cache.

A folder's name depends on what was asked for, so a changed version never meets old files. It counts only
once its stamp is written, which comes last: whatever an interrupted download left is thrown away.
"""

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.sandbox.jars import cache_folder

STAMP = "complete"
TIMEOUT_SECONDS = 900
SHOWN_CHARACTERS = 300


class NotFetched(Exception):
    """A download or build did not work: one line that says which, and what the tool said last."""


def fetched(name: str, ingredients: Sequence[str], make: Callable[[Path], None]) -> Path:
    """The folder `name` in the cache, made by `make` unless it is there; `ingredients` is all it depends on."""
    digest = hashlib.sha256("\0".join(ingredients).encode()).hexdigest()[:12]
    folder = cache_folder() / f"{name}-{digest}"
    if not (folder / STAMP).exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with open(folder.with_name(folder.name + ".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / STAMP).exists():  # another process may have made it while this one waited
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                (folder / STAMP).touch()
    return folder


def run_tool(
    what: str, command: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None
) -> None:
    """Run one step of a download in `folder`. Raises NotFetched."""
    tool = shutil.which(str(command[0]))
    if tool is None:
        raise NotFetched(f"cannot fetch {what}: {command[0]} is not on the PATH")
    try:
        done = subprocess.run(
            [tool, *map(str, command[1:])],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotFetched(f"cannot fetch {what}: {Path(tool).name} did not end in {TIMEOUT_SECONDS} s") from None
    if done.returncode != 0:
        raise NotFetched(
            f"cannot fetch {what} (is the registry reachable?): {Path(tool).name} ended with "
            f"{done.returncode}: {_told(done.stdout)}"
        )


def _told(output: str) -> str:
    """The lines that name an error, else the last ones, as one line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower()] or lines[-3:]
    return " / ".join(telling)[:SHOWN_CHARACTERS]
