"""The synchroniser: what was renamed and deleted between two snapshots is renamed and deleted at the target."""

from .span import Kinds, Span, find_span
from .synchroniser import Synchroniser, forget_snapshot, note_full_copy

__all__ = ["Kinds", "Span", "Synchroniser", "find_span", "forget_snapshot", "note_full_copy"]
