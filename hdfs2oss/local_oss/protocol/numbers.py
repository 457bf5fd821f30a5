"""Numbers as requests write them: plain ASCII digits, and not more of them than any number here has."""

from __future__ import annotations

_MAX_DIGITS = 20


def natural(text: str, most: int = (1 << 64) - 1) -> int | None:
    """The number from 0 to `most` that the text is, None if it is no such number."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        return None
    number = int(text)
    return number if number <= most else None
