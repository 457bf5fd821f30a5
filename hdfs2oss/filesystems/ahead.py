"""An answer that is waited for beside other work, such as the next page of a listing while this one is dealt with."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

# Whoever needs no answer any more waits so long for its end, and then leaves it behind.
_LEAVE_SECONDS = 5.0


class Ahead(Generic[T]):
    """A question that is asked at once, on a thread of its own; one of `answer` and `leave` is to be called."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._answers: list[T] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="ahead", daemon=True)
        self._thread.start()

    def answer(self) -> T:
        """Wait for it; raises what the question raised."""
        self._thread.join()
        error, self._error = self._error, None
        if error is not None:
            try:
                raise error
            finally:
                del error  # with its traceback it would keep this frame alive, and be kept by it
        return self._answers[0]

    def leave(self) -> None:
        """Nobody needs the answer. It is let come in all the same, so that its connection can be used again.

        What is dropped in a cycle is given back by whichever thread looks for garbage, be it the one that asks.
        """
        if self._thread is not threading.current_thread():
            self._thread.join(_LEAVE_SECONDS)

    def _run(self) -> None:
        try:
            self._answers.append(self._ask())
        except BaseException as error:  # noqa: BLE001 (raised again in the thread that waits)
            self._error = error
