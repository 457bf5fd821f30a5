"""Opening a file again whose next block its client was refused.

A NameNode gives a file its next block once a DataNode has told it of the last but one: moments after that is written,
or seconds where it is busy, or DataNodes report now and then (`dfs.blockreport.incremental.intervalMsec`). Hadoop's own
client asks again. The native client gives up, and has forgotten which block was the last, so nothing more can be
written through it. But what it was given is on the DataNodes, up to the end of that block:

    1. recoverLease takes the file from its writer; the NameNode then asks the DataNodes how long the last block is
    2. once that block counts, which it does not while it is written, the file is closed
    3. its client lets go of it: earlier, that would wait for blocks that nobody tells of; later, it would end what is
       written from then on
    4. it is appended to, as any file that was closed

Older NameNodes begin 1 anew each time they are asked, so they are asked ever more seldom, and the file is looked at
meanwhile.
"""

from __future__ import annotations

import gc
import weakref

from ...model.errors import AlreadyExists, Throttled
from ...rules.retry import RetryClock, RetryPolicy, call_with_retries
from .client import HdfsClient, OpenFile

# A DataNode is told with its next heartbeat, of which there is one in 3 s. Each time twice as long.
_ASK_AGAIN_SECONDS = 1.0
_DEADLINE_SECONDS = 90.0
# Who has called the former writer of a file is about to let go of it.
_HELD_SECONDS = 5.0
_PAUSES_SECONDS = (0.05, 0.1, 0.2, 0.4)
_LAST_PAUSE_SECONDS = 0.5
# Right after it was closed, a file may have replicas that the NameNode has not heard of, and cannot be appended to.
_RETRIES = RetryPolicy(attempts=10, cap_seconds=8.0, deadline_seconds=40.0, throttled_seconds=40.0)


def end_behind_last_block(client: HdfsClient, path: str, clock: RetryClock = RetryClock()) -> int:  # noqa: B008 (immutable)
    """Close a file at the end of its last block, which nobody writes any more: its length.

    Only for files that are neither erasure-coded nor encrypted. Raises StoreError; Throttled where it takes too long.
    """
    length = client.length_of_blocks(path)
    began_at = asked_at = clock.now()
    patience_seconds = _ASK_AGAIN_SECONDS
    pauses = iter(_PAUSES_SECONDS)
    is_closed = _take(client, path)
    while not is_closed:
        if clock.now() - began_at > _DEADLINE_SECONDS:
            raise Throttled(f"cannot write {path}: the NameNode did not close it in {_DEADLINE_SECONDS:.0f} s")
        clock.sleep(next(pauses, _LAST_PAUSE_SECONDS))
        if client.length_of_blocks(path) > length or clock.now() - asked_at > patience_seconds:
            asked_at = clock.now()
            patience_seconds *= 2
            is_closed = _take(client, path)
    return client.length_of_blocks(path)


def append(client: HdfsClient, path: str, former: weakref.ref[OpenFile], clock: RetryClock = RetryClock()) -> OpenFile:  # noqa: B008 (immutable)
    """Open a closed file for writing behind its end, once nobody holds its `former` writer. Raises StoreError."""
    began_at = clock.now()
    pauses = iter(_PAUSES_SECONDS)
    while former() is not None:
        # An error that it raised may still be there, and hold it.
        gc.collect()
        if clock.now() - began_at > _HELD_SECONDS:
            raise Throttled(f"cannot append to {path}: it is still held by who wrote it")
        clock.sleep(next(pauses, _LAST_PAUSE_SECONDS))
    client.traffic.wrote()
    return call_with_retries(
        lambda: client.ask(f"append to {path}", lambda native: native.append(path)),
        _RETRIES,
        clock,
        on_repeat=client.traffic.repeated,
    )


def _take(client: HdfsClient, path: str) -> bool:
    """Whether the file is closed; else it is about to be."""
    try:
        return client.end_writing(path)
    except (AlreadyExists, Throttled):
        # It is being recovered, or has blocks that no DataNode has told of yet.
        return False
