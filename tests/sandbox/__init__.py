"""Real Hadoop servers and the local OSS server on loopback, for tests, benchmarks and trying things out."""

from .errors import NotUp, PortTaken, SandboxError
from .sandbox import Sandbox, reap_abandoned
from .servers import Service

__all__ = ["NotUp", "PortTaken", "Sandbox", "SandboxError", "Service", "reap_abandoned"]
