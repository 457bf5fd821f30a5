"""Rows for the operator, or for another program, one at a time: a ledger may have more than memory holds."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

_HEXADECIMAL = {"crc64": 16, "stored_crc64": 16, "crc32c": 8, "source_crc32c": 8, "target_crc32c": 8}


def write_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]], form: str, out: TextIO) -> None:
    """`table`: columns with blanks between; `csv`: with a line of names; `json`: one object a line.

    Checksums are in hexadecimal digits; what is not known is empty, in JSON null.
    """
    if form == "json":
        for row in rows:
            shown = {name: _text(name, value) for name, value in zip(columns, row, strict=True)}
            out.write(json.dumps(shown) + "\n")
        return
    if form == "csv":
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow(
                ["" if value is None else _text(name, value) for name, value in zip(columns, row, strict=True)]
            )
        return
    out.write("  ".join(columns) + "\n")
    for row in rows:
        out.write("  ".join(_cell(_text(name, value)) for name, value in zip(columns, row, strict=True)) + "\n")


def _text(name: str, value: Any) -> Any:
    return f"{value:0{_HEXADECIMAL[name]}x}" if name in _HEXADECIMAL and value is not None else value


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return text.replace("\n", "\\n") or "-"
