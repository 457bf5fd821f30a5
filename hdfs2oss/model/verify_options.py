"""What a verify is told to do: a copy's sources, target and rules of what takes part, and how equality is shown."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .options import CopyOptions
from .uri import Uri

# What may be taken for equal: files of one length that nothing else could be compared of, and what only the target has.
ACCEPTABLE = ("length", "extra")


class VerifyOptions(CopyOptions):
    """The options of one verify. A part of a copy's say what is compared; the others are left at their defaults."""

    # Which files have their bytes read: none, all of them, or those that nothing else proves equal.
    read: Literal["", "all", "unproven"] = ""
    # Percent of the files whose bytes are read; which ones follows from the path and the seed.
    sample_percent: float = Field(0.0, ge=0.0, le=100.0)
    seed: str = ""
    accept: tuple[Literal["length", "extra"], ...] = ()
    output: Uri | None = None
    # How many differences are printed.
    shown: int = Field(100, ge=0)

    @property
    def own_places(self) -> tuple[Uri, ...]:
        return (*super().own_places, *((self.output,) if self.output is not None else ()))
