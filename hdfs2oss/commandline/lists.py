"""Files that a command line names and that are read at once: the source list (-f) and the filters (-filters)."""

from __future__ import annotations

from pathlib import Path

from ..filesystems.registry import open_filesystem
from ..model.errors import NotFound, StoreError, UsageError
from ..rules.filters import parse_filters
from .places import Places

_BESIDE = "file://./"


def read_sources(places: Places, text: str) -> list[str]:
    """The sources of a list, one a line, each once; blanks around one, and blank lines, mean nothing.

    A name that ends with a blank is written with a ? for it. Raises UsageError when there are none or the list cannot
    be read.
    """
    # Only line feeds end a line: a name may hold whatever else some would take for an end of line.
    lines = _read(places, text, "the source list (-f)").removeprefix("\ufeff").split("\n")
    found = list(dict.fromkeys(stripped for line in lines if (stripped := line.strip(" \t\r"))))
    if not found:
        raise UsageError(f"the source list {text} is empty", "It holds one source path a line.")
    return found


def read_filters(places: Places, text: str) -> tuple[str, ...]:
    """The patterns of a filter file. Raises UsageError when one is broken or the file cannot be read."""
    # DistCp takes the filter file as a path of this machine.
    place = text if "://" in text else f"file://{Path(text).absolute()}"
    return parse_filters(_read(places, place, "the filter file"), text)


def _read(places: Places, text: str, what: str) -> str:
    if text.startswith(_BESIDE):
        # What the wrapper sends along with a driver in the cluster.
        text = f"file://{Path(text.removeprefix(_BESIDE)).absolute()}"
    uri = places.resolve(text)
    try:
        return open_filesystem(uri, places.stores()).read_bytes(uri.path).decode("utf-8")
    except NotFound:
        raise UsageError(f"{what} {uri} does not exist", "Nothing was copied.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{what} {uri} is not UTF-8 text", "Nothing was copied.") from None
    except StoreError as error:
        raise UsageError(f"{what} {uri} cannot be read: {error}", error.hint) from error
