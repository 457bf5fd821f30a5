"""What -p asks for directories: policies before anything comes into them, all else last of all."""

from .coding import code_directories
from .directories import keep_attributes
from .levels import Level

__all__ = ["Level", "code_directories", "keep_attributes"]
