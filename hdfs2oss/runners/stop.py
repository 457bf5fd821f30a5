"""Whether this process was told to stop. Tasks that run in the driver's own process look here between files and
between parts; worker processes are ended from outside."""

from __future__ import annotations

import threading

from ..model.errors import Interrupted

_requested = threading.Event()


def request_stop() -> None:
    """Tell the tasks of this process to stop; called from another thread."""
    _requested.set()


def clear_stop() -> None:
    """A new run begins."""
    _requested.clear()


def checkpoint() -> None:
    """Raise Interrupted once a stop was requested."""
    if _requested.is_set():
        raise Interrupted("the run was cancelled")
