"""Where trees lie: a store, and a path in it."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """`hdfs` with a path that begins with a slash, or `oss` with a prefix that does not."""

    store: str
    path: str

    def url(self, env: dict[str, str]) -> str:
        """As our own commands, and Hadoop's, take it."""
        if self.store == "hdfs":
            return f"{env['SANDBOX_HDFS']}{self.path}"
        return f"oss://{env['SANDBOX_BUCKET']}/{self.path}"


class Job(NamedTuple):
    """The contents of a source go into a target, only what differs with `is_update`."""

    source: Place
    target: Place
    is_update: bool = False
