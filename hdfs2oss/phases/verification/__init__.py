"""The comparison of what a survey found on both sides: what differs, and what shows that the rest is equal."""

from .wave import verify

__all__ = ["verify"]
