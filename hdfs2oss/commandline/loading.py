"""Loading what carries out a command: a few hundred modules, of which none is ever given back."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_owns_process = False


def own_process() -> None:
    """This process is the command's from start to end. In one of others, what they hold by then is theirs to give back,
    and goes on being searched for garbage."""
    global _owns_process
    _owns_process = True


@contextmanager
def loading() -> Iterator[None]:
    """Imports in the block are not searched for garbage, nor later, if the process is ours: a tenth of a short run."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if _owns_process:
            gc.freeze()
        if was_on:
            gc.enable()
