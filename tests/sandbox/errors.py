"""What can go wrong with a sandbox.

SandboxError        a start, a stop or a download failed; the message holds the cause and where the log is
  PortTaken         a server found its port in use: another choice of ports may work
  NotUp             something was asked of a sandbox that does not run
"""


class SandboxError(Exception):
    """The message is for the person at the terminal: what failed, why, and where to look."""


class PortTaken(SandboxError):
    """Between the choice of a port and its use, somebody else took it."""


class NotUp(SandboxError):
    """The sandbox, or the service asked for, is not running."""
