"""Whether this process was told to stop. Tasks that run in the driver's own process look here between files and
between parts, and are not held back by limits any more; worker processes are ended from outside."""

from __future__ import annotations

from ..filesystems.pace import STOPPED
from ..model.errors import Interrupted


def request_stop() -> None:
    """Tell the tasks of this process to stop; called from another thread."""
    STOPPED.set()


def clear_stop() -> None:
    """A new run begins."""
    STOPPED.clear()


def pause(seconds: float) -> None:
    """Sleep, but no longer than until a stop is requested. Raises Interrupted then."""
    if STOPPED.wait(seconds):
        checkpoint()


def checkpoint() -> None:
    """Raise Interrupted once a stop was requested."""
    if STOPPED.is_set():
        raise Interrupted("the run was cancelled")
