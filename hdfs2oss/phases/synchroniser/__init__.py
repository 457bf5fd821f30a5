"""The synchroniser: what was renamed and deleted between two snapshots is renamed and deleted at the target."""

from .beginning import BeginningFinder
from .holding import forget_snapshot, note_full_copy
from .span import Kinds, Span, find_span
from .synchroniser import Synchroniser

__all__ = ["BeginningFinder", "Kinds", "Span", "Synchroniser", "find_span", "forget_snapshot", "note_full_copy"]
