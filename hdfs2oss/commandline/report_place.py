"""Where the report of a copy is that ran in the cluster, where the driver's own words stayed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence

from ..model.errors import Hdfs2ossError, UsageError
from .spark_words import settings_of, sort_words

# What Spark hands on to Hadoop.
_OF_HADOOP = "spark.hadoop."


def report_lines(typed: Sequence[str], environment: Mapping[str, str]) -> Iterator[str]:
    """What is known of it: the report of the last run of this copy, else how to ask."""
    given = sort_words(typed)
    words = given.tool[1:] if given.tool[:1] in (("copy",), ("retry",)) else given.tool
    settings = {
        key.removeprefix(_OF_HADOOP): value
        for key, value in settings_of(given, {}).items()
        if key.startswith(_OF_HADOOP)
    }
    try:
        place = _last_report(words, environment, settings)
    except (ImportError, Hdfs2ossError, OSError) as error:
        yield f"the report is in the job directory of the copy, which cannot be asked from here ({error})"
        yield f"hdfs2oss ledger {shlex.join(words[-2:])} shows what is on record"
        return
    yield f"report: {place}/report.json"


def _last_report(words: Sequence[str], environment: Mapping[str, str], settings: Mapping[str, str]) -> str:
    # A plain python3 has not what these need.
    from ..filesystems.hadoop_conf import keep_relevant, read_hadoop_conf
    from ..filesystems.registry import close_filesystems
    from ..records.past_runs import names_of_runs
    from .command import parse
    from .on_record import open_records
    from .request import resolve

    try:
        conf = {**read_hadoop_conf(environment), **keep_relevant(settings)}
        place, job_dir = open_records(resolve(parse(words), environment, conf))
        runs = names_of_runs(job_dir)
        if not runs:
            raise UsageError(f"no run is on record in {place}")
        return f"{place}/runs/{runs[-1]}"
    finally:
        close_filesystems()
