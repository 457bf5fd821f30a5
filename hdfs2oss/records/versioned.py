"""Records in JSON that bear a version: what this one wrote is read, anything else is no record that it could go by."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from ..model.errors import SurveyError

T = TypeVar("T")
BEGIN_ANEW = "start anew with --fresh; where the target was not there before, with -update --fresh"


def understood(
    data: bytes, version: int, take: Callable[[dict[str, Any]], T], what: str, otherwise: str = BEGIN_ANEW
) -> T:
    """What `take` makes of a record of this version.

    Raises SurveyError that names `what` it is, and what to do `otherwise` than using a newer version.
    """
    try:
        record = json.loads(data)
        if record["version"] == version:
            return take(record)
    except (ValueError, KeyError, TypeError):
        pass
    raise SurveyError(
        f"the {what} cannot be understood; it may be a newer version's", f"Use that version, or {otherwise}."
    )
