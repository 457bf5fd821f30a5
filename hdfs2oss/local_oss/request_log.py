"""One JSON line a request, for tests that ask what was sent."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any


class RequestLog:
    """Appends to a file; each line is whole in the file once the client has its answer, or a moment later."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._file = path.open("ab", buffering=0)

    def write(self, entry: dict[str, Any]) -> None:
        """Add a line."""
        line = json.dumps(entry, ensure_ascii=True).encode() + b"\n"
        with self._lock:
            if not self._file.closed:
                self._file.write(line)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()
