"""Free loopback ports.

The servers' addresses stand in configuration files that clients read, so the numbers are needed before the
servers run. They are taken from below the range the kernel uses for outgoing connections: a port
from that range can be gone a millisecond after it was found free.
"""

import random
import socket
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, closing

LOOPBACK = "127.0.0.1"
FIRST_PORT = 20_000
LAST_PORT = 32_000
TRIES = 200


def choose_ports(names: Iterable[str], preferred: Mapping[str, int]) -> dict[str, int]:
    """One port for each name, all different; the preferred number where it is free."""
    chosen: dict[str, int] = {}
    with ExitStack() as held:
        for name in names:
            listener = _listen(preferred.get(name))
            held.enter_context(closing(listener))
            chosen[name] = listener.getsockname()[1]
    return chosen


def accepts_connections(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


def _listen(preferred: int | None) -> socket.socket:
    candidates = [preferred] if preferred else []
    candidates += random.sample(range(FIRST_PORT, LAST_PORT), TRIES)
    for port in candidates:
        listener = socket.socket()
        # Connections of the last run that linger in TIME_WAIT do not make a port unusable for a server.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
            listener.listen()
        except OSError:
            listener.close()
            continue
        return listener
    raise OSError(f"none of {TRIES} ports between {FIRST_PORT} and {LAST_PORT} is free on {LOOPBACK}")
