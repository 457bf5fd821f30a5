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


def pause(seconds: float) -> None:
    """Sleep, but no longer than until a stop is requested. Raises Interrupted then."""
    if _requested.wait(seconds):
        checkpoint()


def checkpoint() -> None:
    """Raise Interrupted once a stop was requested."""
    if _requested.is_set():
        raise Interrupted("the run was cancelled")
