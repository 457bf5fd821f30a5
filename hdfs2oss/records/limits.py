"""The files of a run by which limits travel while it runs.

limits.json   what an operator sets by hand; only read here, and removed when a driver begins
shares.json   what each process may have of it, dealt out by the driver; a higher number outranks a lower one
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from ..model.errors import NotFound
from ..model.uri import join_path
from ..rules.sharing import Shares
from .jobdir import JobDir

BY_HAND = "limits.json"
SHARES = "shares.json"


class Dealt(NamedTuple):
    """What is dealt out at one moment."""

    number: int = 0
    bandwidth: Shares = Shares()
    requests: Shares = Shares()


class Watched:
    """A small file of the run that is read when it has changed."""

    def __init__(self, job_dir: JobDir, name: str) -> None:
        self._job_dir = job_dir
        self._name = name
        self._path = join_path(job_dir.run_path, name)
        self._seen: tuple[object, ...] | None = None

    def look(self) -> tuple[bool, bytes | None]:
        """Whether it is another file than at the last look, and what it holds then; None when it is gone.

        Raises StoreError, and is another file at the next look again.
        """
        # Asked once: who looks all the time has no patience to spend on it.
        status = self._job_dir.filesystem.status(self._path)
        now = None if status is None else (status.length, status.mtime_ms, status.etag)
        if now == self._seen:
            return False, None
        data = None if status is None else self._job_dir.filesystem.read_bytes(self._path)
        self._seen = now
        return True, data


def begin(job_dir: JobDir, keeps_shares: bool = False) -> None:
    """A driver begins: what was set or dealt out under an earlier one no longer counts. Raises StoreError.

    Of one that goes on and `keeps_shares`, only what was set by hand.
    """
    for name in (BY_HAND,) if keeps_shares else (BY_HAND, SHARES):
        job_dir.filesystem.remove(join_path(job_dir.run_path, name))


def publish_dealt(job_dir: JobDir, dealt: Dealt) -> None:
    """Let all processes know. Raises StoreError."""
    kinds = {"bandwidth": dealt.bandwidth, "requests": dealt.requests}
    value: dict[str, Any] = {name: {"each": one.each, "of": dict(one.of)} for name, one in kinds.items()}
    job_dir.replace(SHARES, json.dumps({"number": dealt.number, **value}).encode())


def read_dealt(data: bytes) -> Dealt:
    """What a file of shares holds. Raises ValueError."""
    try:
        value = json.loads(data)
        kinds = [Shares(value[name]["each"], value[name]["of"]) for name in ("bandwidth", "requests")]
        return Dealt(value["number"], *kinds)
    except (KeyError, TypeError) as error:
        raise ValueError(f"no shares are in it: {error!r}") from None


def add_by_hand(job_dir: JobDir, value: dict[str, float | str]) -> dict[str, float | str]:
    """The same beside what was set before; gives all that is set. Raises StoreError."""
    try:
        before = json.loads(job_dir.read(BY_HAND))
    except (NotFound, ValueError):
        before = {}
    all_of_it = {**(before if isinstance(before, dict) else {}), **value}
    set_by_hand(job_dir, all_of_it)
    return all_of_it


def set_by_hand(job_dir: JobDir, value: dict[str, float | str]) -> None:
    """Replace what an operator has set for a run. Raises StoreError."""
    job_dir.replace(BY_HAND, (json.dumps(value) + "\n").encode())
