"""Takes keys off the words of bin/hdfs2oss4emr.sh, over pipes: what a process is given there, `ps` does not show.

Standard input has the words, standard output gets the answer, each field with a NUL behind it:

    clean KEYS WORD...      the words without keys; KEYS is for HDFS2OSS_KEYS, empty when there were none
    refused MESSAGE HINT    there are keys that cannot be taken off

Imports the standard library and the model only: any Python starts it at once, packages or not.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..model.errors import UsageError
from ..model.handover import split_secrets, write_handover


def main() -> None:
    """Answer the wrapper."""
    *words, _ = sys.stdin.buffer.read().decode("utf-8", "surrogateescape").split("\0")
    fields = "".join(f"{field}\0" for field in answer(words))
    sys.stdout.buffer.write(fields.encode("utf-8", "surrogateescape"))


def answer(words: Sequence[str]) -> list[str]:
    """The fields of the answer."""
    try:
        clean, keys = split_secrets(words, for_spark=True)
        return ["clean", write_handover(keys), *clean]
    except UsageError as error:
        return ["refused", error.message, error.hint]
