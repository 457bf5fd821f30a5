"""A store that has gone: so many failures in a row, none of them the file's own fault."""

from __future__ import annotations

import threading

from ..model.errors import Hdfs2ossError, PermissionDenied, StoreGone, Throttled, Unreachable, WaveEnded, WriteError
from ..model.units import several

# A store that says no so often, and never yes, says so to everything.
_MANY_DENIED = 100


class Outage:
    """Found by the threads of a task together. Once there is one, it lasts as long as the task does.

    what happened                                    failures in a row
    ----------------------------------------------   -----------------
    a failure that another try might have mended     one more
    a failure of the file's own                      none: the store has answered
    a success                                        none

    and what follows                                 where another try of the task follows   in its last try
    ----------------------------------------------   -------------------------------------   -----------------------
    so many in a row                                 StoreGone                               the rest is not tried
    the task ends with some, as nothing answered     StoreGone                               they are on record
    some in its second round, before others arrived  StoreGone                               they are on record
    a failure that would be that of every file       WaveEnded                               WaveEnded
    a hundred may not be written, none arrived       WaveEnded                               WaveEnded

    A failure that reaches over a whole directory is that of every file when all of them go below that directory:
    `base` is where they go. The last row is for a target that `denies_alike`: whose directories have no permissions.
    """

    def __init__(self, limit: int, is_last_try: bool = True, base: str = "/", denies_alike: bool = False) -> None:
        self._limit = limit
        self._is_last_try = is_last_try
        self._base = base
        self._in_a_row = 0
        self._unanswered = ""
        # How often it said no; None once a file has arrived, and where that tells nothing of the others.
        self._denied: int | None = 0 if denies_alike else None
        self._is_second_round = False
        # In the second round: what was not answered before something arrived, so that the store came back just then.
        self._missed = ""
        self._has_returned = False
        self._has_arrived = False
        self._refusal: Hdfs2ossError | None = None
        self._lock = threading.Lock()
        # Why the rest of a task is not tried; empty while the store is there.
        self.reason = ""

    def failed(self, error: Hdfs2ossError, has_second_wave: bool = False) -> None:
        """An item has failed for good; one with a second wave of its own is no reason to do again what has arrived."""
        with self._lock:
            if self._denied is not None and is_denied(error):
                self._denied += 1
            if self._refusal is None and (concerns_all(error, self._base) or self._denied == _MANY_DENIED):
                self._refusal = error
                self.reason = f"not tried, because every file would fail likewise: {error}"
            self._in_a_row = self._in_a_row + 1 if error.retryable else 0
            if has_second_wave and self._has_arrived:
                pass
            elif not self._is_second_round:
                self._unanswered = str(error) if is_unanswered(error) else ""
            elif is_unanswered(error):
                self._missed = str(error)
            if self._in_a_row >= self._limit and not self.reason:
                self.reason = f"not tried, because {self._in_a_row} files in a row failed; the last one: {error}"

    def succeeded(self) -> None:
        """An item has arrived."""
        with self._lock:
            self._in_a_row, self._unanswered = 0, ""
            self._denied = None
            self._has_arrived = True
            self._has_returned = self._has_returned or bool(self._missed)

    def refuse_to_go_on(self) -> None:
        """Between items: raise what ends the task without a record of it."""
        if self._refusal is not None:
            raise wave_ended(self._refusal)
        if self.reason and not self._is_last_try:
            raise StoreGone(f"a store cannot be reached: files were {self.reason}")

    def second_round(self) -> None:
        """From now on items come that failed before: that they fail again tells nothing new, that one arrives does."""
        self._is_second_round = True

    def refuse_to_end(self) -> None:
        """After the last item: likewise, and where the store was gone by then."""
        self.refuse_to_go_on()
        missed = self._unanswered or (self._missed if self._has_returned else "")
        if missed and not self._is_last_try:
            raise StoreGone(f"a store could not be reached when the task ended: {missed}")


def concerns_all(error: Hdfs2ossError, base: str) -> bool:
    """Whether every other file that goes below the directory `base` would fail likewise."""
    within = bool(error.reach) and f"{base.rstrip('/')}/".startswith(f"{error.reach.rstrip('/')}/")
    return error.ends_wave or within


def wave_ended(error: Hdfs2ossError) -> WaveEnded:
    """What to raise for an error that concerns all."""
    return WaveEnded(f"the copy was ended, as every other file would fail likewise: {error}", error.hint)


def refuse_more_failures(failed: int, most: int) -> None:
    """Raise WaveEnded once more files of the run have failed than were allowed."""
    if failed > most:
        raise WaveEnded(
            f"the copy was ended, because {several(failed, 'file has', 'files have')} failed, more than {most}",
            "Mend the cause and run the same command with -update; or allow more with --max-failures N.",
        )


def is_unanswered(error: Hdfs2ossError) -> bool:
    """Whether a store gave no answer, or asked for patience, rather than a file being at fault."""
    return any(isinstance(one, Unreachable | Throttled) for one in (error, error.__cause__))


def is_denied(error: Hdfs2ossError) -> bool:
    """Whether the target lets nobody write there who asks as we do; not because of what stands there already."""
    return isinstance(error, WriteError) and type(error.__cause__) is PermissionDenied


def leave_to_another_try(error: Hdfs2ossError, is_last_try: bool) -> None:
    """Raise StoreGone for an error that is no answer at all, where another try of the task follows."""
    if is_unanswered(error) and not is_last_try:
        raise StoreGone(str(error), error.hint) from error
