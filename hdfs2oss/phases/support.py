"""Can what -p asks for be kept between these stores? Found out before the first byte."""

from __future__ import annotations

from collections.abc import Iterator

from ..filesystems.registry import StoreConfig, open_filesystem
from ..model.errors import StoreError, SurveyError, UsageError
from ..model.options import CopyOptions
from ..model.uri import Uri
from ..rules.layout import Layout

_RAW = "/.reserved/raw"
# Whoever asks for these wants them; the others are part of a bare -p, and are left out where there is nothing to keep.
_INSISTED = {"a": "ACLs", "x": "extended attributes"}
_NAMES = {
    "r": "replication",
    "b": "block sizes",
    "u": "users",
    "g": "groups",
    "p": "permissions",
    "c": "checksum types",
    "t": "times",
    "e": "erasure coding",
}


def check_attributes(options: CopyOptions, layout: Layout, stores: StoreConfig) -> list[str]:
    """What the operator should know of what -p will not keep.

    Raises UsageError for what a store does not have at all or has switched off, and for raw attributes; SurveyError
    when nobody can tell.
    """
    places = list(dict.fromkeys((layout.base, *(root.source for root in layout.roots))))
    for place in places:
        if place.path == _RAW or place.path.startswith(f"{_RAW}/"):
            raise UsageError(
                f"{place} is the raw form of encrypted files: their keys are raw.* attributes, which no client used "
                "here can read or write, and without them nobody reads what arrives",
                "Copy by the ordinary path, as a user who may read the files.",
            )
    if not options.preserve:
        return []
    notices = []
    for place in dict.fromkeys(place._replace(path="/") for place in places):
        _refuse(place, options.preserve, stores)
        notices += list(_notices(place, options.preserve, stores, place == layout.base._replace(path="/")))
    return notices


def _refuse(place: Uri, letters: str, stores: StoreConfig) -> None:
    store = open_filesystem(place, stores)
    for letter, name in _INSISTED.items():
        if letter in letters and letter not in store.capabilities.keeps:
            raise UsageError(
                f"-p{letter} cannot be carried out: {place} has no {name}; nothing was copied",
                f"Leave {letter} out of -p.",
            )
    try:
        store.refuse_attributes("".join(letter for letter in letters if letter in store.capabilities.keeps))
    except StoreError as error:
        kind = SurveyError if error.retryable else UsageError
        raise kind(f"-p{letters} cannot be carried out on {place}: {error}; nothing was copied", error.hint) from error


def _notices(place: Uri, letters: str, stores: StoreConfig, is_target: bool) -> Iterator[str]:
    kept = open_filesystem(place, stores).capabilities.keeps
    missing = [_NAMES[letter] for letter in letters if letter not in kept]
    if missing:
        yield f"of {place}: it has no {', no '.join(missing)}, so nothing of that is kept"
    elif is_target and "c" in letters and place.scheme == "hdfs":
        yield f"of {place}: what is written there has checksums of type CRC32C over 512 bytes, whatever the source has"
