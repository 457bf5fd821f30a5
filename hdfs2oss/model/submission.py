"""A job that a platform is to run: one description, whatever the platform (verbs/submit/rendering.py writes it out)."""

from __future__ import annotations

from typing import NamedTuple


class JobDescription(NamedTuple):
    """All that a platform is told. Anybody can read it there, so it never holds a secret.

    Places of code are as the cluster sees them: hdfs://, oss://, s3://, or a path on its nodes.
    """

    name: str
    # The words behind `hdfs2oss`: a verb or none, options, places.
    words: tuple[str, ...]
    # What spark-submit is given: jobs/hdfs2oss.py; "" where the wrapper knows.
    entry_point: str = ""
    # Of spark-submit, in the order of the command line: (--py-files, oss://b/x.zip), (--conf, a=b).
    spark_options: tuple[tuple[str, str], ...] = ()


class Progress(NamedTuple):
    """Where a job is, in the platform's own word; `succeeded` is None until it has ended.

    `exit_code` is that of hdfs2oss, where the platform tells it.
    """

    state: str
    succeeded: bool | None = None
    reason: str = ""
    exit_code: int | None = None
