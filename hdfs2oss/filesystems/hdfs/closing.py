"""Closing a file on HDFS without the half second that its client waits.

The native client asks the NameNode whether a file is complete. It is once a DataNode has reported its last block, some
milliseconds later; the client asks again after 500 ms, and takes no setting for that. Meanwhile the file is looked at
from here, and closed as soon as that is all that is left to be done:

    what the NameNode has of the last block     length that can be read    what is done
    ----------------------------------------    -----------------------    ---------------------------------------
    not all of it, or nothing yet               that of the other blocks   it is looked again, ever less often
    all of it, from no DataNode                 the same                   the same
    all of it, reported: the block is complete  all that was written       recoverLease closes the file, as nothing
                                                                           of it is left to be recovered

Asked any earlier, recoverLease would take the file away from its writer. The client begins a block with its first byte,
so the last one holds bytes, and is all that can be missing from the length, full or not.

The client, when it asks again, is told that the file is complete; but if it was opened again meanwhile, that would end
it there, without what was written since. So whoever opens a file again waits until nobody asks.

Where hundreds of files are closed at once nobody waits for one of them, and these calls would only cost the NameNode.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ...model.errors import StoreError
from .client import HdfsClient

# So long after each other the file is looked at; after that the client asks by itself. A small file is closed after
# some 15 ms, a large one, of which MiBs are still to be sent, after some 80: pauses that double would miss that by far.
_PAUSES_SECONDS = (0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1, 0.12, 0.14)
# Records of a run are written beside each other, and no more than these; of more closes none is hastened.
_MOST_HASTENED = 6

_counting = threading.Lock()
_waited_for = 0
# Those whose client has yet to ask again.
_left_behind: set[_Closing] = set()


def close_soon(client: HdfsClient, path: str, close: Callable[[], None], length: int) -> bool:
    """Close the file `path`, of which `length` bytes were written; `close` is its own client's, and waits.

    Whether the NameNode has told on the way that all of these bytes are in it. Raises what `close` raises, unless the
    NameNode has the file whole before.
    """
    with _one_more() as count:
        if count <= _MOST_HASTENED and length:
            return _hasten(client, path, close, length)
        close()
        return False


def wait_for_clients() -> None:
    """Wait until no client asks any more whether a file is complete that was closed from here: half a second at most,
    if the NameNode answers. The file may have another name by now."""
    with _counting:
        asking = list(_left_behind)
    for closing in asking:
        closing.is_over()


def _hasten(client: HdfsClient, path: str, close: Callable[[], None], length: int) -> bool:
    closing = _Closing(close)
    for pause_seconds in _PAUSES_SECONDS:
        if closing.is_over(pause_seconds):
            break
        try:
            if client.length_of_blocks(path) == length and client.end_writing(path):
                closing.leave_behind()
                return True
        except StoreError:
            # Whatever is wrong: its own client tells.
            break
    closing.result()
    return False


@contextmanager
def _one_more() -> Iterator[int]:
    """How many closes this process waits for, during the block, which is one of them."""
    global _waited_for
    with _counting:
        _waited_for += 1
        count = _waited_for
    try:
        yield count
    finally:
        with _counting:
            _waited_for -= 1


class _Closing:
    """A close under way on a thread of its own, which nobody may wait for in the end."""

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close
        self._over = threading.Event()
        self._error: BaseException | None = None
        threading.Thread(target=self._run, name="close", daemon=True).start()

    def is_over(self, seconds: float | None = None) -> bool:
        """Whether it is, after so long at most; without a limit it is waited for."""
        return self._over.wait(seconds)

    def leave_behind(self) -> None:
        """Nobody waits for its end, but who opens a file again."""
        with _counting:
            if not self._over.is_set():
                _left_behind.add(self)

    def result(self) -> None:
        """Wait for its end; raises what it raised."""
        self._over.wait()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._close()
        except BaseException as error:  # noqa: BLE001 - raised again where the file is closed
            self._error = error
        finally:
            with _counting:
                self._over.set()
                _left_behind.discard(self)
