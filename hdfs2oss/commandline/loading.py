"""Loading what carries out a command: a few hundred modules, of which none is ever given back."""

from __future__ import annotations

import gc
import importlib
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_owns_process = False
# Without it pydantic looks through every package that is installed for plugins of its own: a twentieth of a short run.
_NO_PLUGINS = "PYDANTIC_DISABLE_PLUGINS"


def own_process() -> None:
    """This process is the command's from start to end. In one of others, what they hold by then is theirs to give back,
    and goes on being searched for garbage."""
    global _owns_process
    _owns_process = True
    os.environ.setdefault(_NO_PLUGINS, "__all__")


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


def load_beside(module: str) -> None:
    """Begin to load a module while this thread goes on, and waits for a store: whoever imports it waits for the rest,
    and is told what is wrong with it."""
    if module not in sys.modules:
        threading.Thread(target=_load, args=(module,), name="loading", daemon=True).start()


def _load(module: str) -> None:
    with suppress(Exception), loading():
        importlib.import_module(module)
