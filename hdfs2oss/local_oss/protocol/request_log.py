"""One JSON line a request, for tests that ask what was sent."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

from hdfs2oss.local_oss.protocol.message import Request, Response


class RequestLog:
    """Appends to a file; each line is whole in the file once the client has its answer, or a moment later."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Condition()
        self._awaited = 0
        self._file = path.open("ab", buffering=0)

    def expect(self) -> None:
        """Another request is being answered; `add` follows in any case."""
        with self._lock:
            self._awaited += 1

    def settle(self) -> None:
        """Return once no request is being answered: the line of each answer that somebody has is in the file."""
        with self._lock:
            self._lock.wait_for(lambda: not self._awaited)

    def add(self, request: Request, response: Response, moved: tuple[int, int], seconds: float) -> None:
        """Add a request: `moved` is the bytes of both bodies, in and out. Status 0: it got no answer."""
        entry = {
            "time": round(time.time(), 3),
            "method": request.method,
            "bucket": request.bucket,
            "key": request.key,
            "operation": request.operation,
            "query": request.query,
            "status": response.status,
            "code": response.code,
            "bytes": moved[0] or moved[1],
            "bytes_in": moved[0],
            "bytes_out": moved[1],
            "ms": round(seconds * 1000, 1),
            "request_id": request.request_id,
            "faults": request.faults,
        }
        line = json.dumps(entry, ensure_ascii=True).encode() + b"\n"
        with self._lock:
            if not self._file.closed:
                self._file.write(line)
            self._awaited -= 1
            self._lock.notify_all()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()
