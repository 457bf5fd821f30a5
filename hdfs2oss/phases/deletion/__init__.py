"""-delete: removes what only the target has, after everything else went well."""

from .wave import delete

__all__ = ["delete"]
