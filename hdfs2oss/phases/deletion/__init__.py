"""-delete: removes what only the target has, after everything else went well. -xtrack: writes it down."""

from .tracking import track
from .wave import delete, may_delete

__all__ = ["delete", "may_delete", "track"]
