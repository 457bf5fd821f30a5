"""How bin/hdfs2oss4emr.sh was called, on its way to the driver, which tells the next command as it was typed.

HDFS2OSS_WRAPPER holds it, in the environment of a driver here and in that of one in YARN: as JSON in base64, for what
stands between takes quotes, dollars and stars for its own. It holds no keys, and no other secret either.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import shutil
from collections.abc import Mapping
from typing import NamedTuple

from .spark_words import Words, redacted

WRAPPER_VARIABLE = "HDFS2OSS_WRAPPER"
# Far below what one variable, or one argument, may hold.
_MOST_CHARACTERS = 32_768


class WrapperWords(NamedTuple):
    """The script and its options that are none of hdfs2oss; `names` says how a file was typed that bears another name
    where the driver is; `hides` whether a secret of Spark is left out."""

    program: tuple[str, ...]
    names: Mapping[str, str] = {}
    hides: bool = False


def wrapper_words(script: str, words: Words, names: Mapping[str, str]) -> WrapperWords:
    """Of a command line that is sorted; `script` is how the wrapper was started."""
    options = [word for option in words.spark for word in option]
    options += [word for name, values in words.lists.items() for value in values for word in (name, value)]
    options += ["--environment", words.environment] if words.environment else []
    shown = redacted(options)
    return WrapperWords((_as_typed(script), *shown), names, shown != options)


def write_words(words: WrapperWords) -> str:
    """The value of the variable; "" for one that would be too long."""
    text = base64.urlsafe_b64encode(json.dumps(words, ensure_ascii=True).encode()).decode()
    return text if len(text) <= _MOST_CHARACTERS else ""


def read_words(environment: Mapping[str, str]) -> WrapperWords | None:
    """What the variable holds; None where no wrapper was called, or what it says is not understood."""
    try:
        program, names, hides = json.loads(base64.urlsafe_b64decode(environment.get(WRAPPER_VARIABLE, "")))
    except (binascii.Error, ValueError, TypeError, RecursionError):
        return None
    is_ours = isinstance(program, list) and isinstance(names, dict) and isinstance(hides, bool)
    if not is_ours or not program or not all(isinstance(word, str) for word in (*program, *names.values())):
        return None
    return WrapperWords(tuple(program), names, hides)


def _as_typed(script: str) -> str:
    """A script that the PATH has is called by its name."""
    name = os.path.basename(script)
    found = shutil.which(name)
    return name if found is not None and os.path.realpath(found) == os.path.realpath(script) else script
