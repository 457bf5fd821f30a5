"""A process of its own that plans a copy of one immense object, and sends its first and its last chunk.

    python -m tests.functional.immense_copy ENDPOINT JOB_DIR

Prints what was sent, and how much memory this process needed at most, as JSON.
"""

from __future__ import annotations

import json
import resource
import sys

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.registry import StoreConfig
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.model.values import CopyTask
from hdfs2oss.phases.cutter import cut_task
from hdfs2oss.phases.mapper import copy_task
from hdfs2oss.phases.roots import find_roots
from hdfs2oss.phases.survey import survey
from hdfs2oss.records.layout import publish_layout
from hdfs2oss.records.ledger import read_results
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.tasks.context import RunContext


def main(endpoint: str, job_dir: str) -> None:
    access = OssAccess(endpoint, "test-id", "test-secret")
    stores = StoreConfig(oss={"lake": access, "sink": access})
    options = CopyOptions(sources=(Uri("oss", "lake", "/big"),), target=Uri("oss", "sink", "/t"))
    layout = find_roots(options, stores)
    context = RunContext(options, layout, stores, Uri("file", "", job_dir), "run")
    publish_layout(context.open_job_dir(), layout)
    found = survey(context, LocalRunner(0))
    cuts = cut_task(context, CopyTask(0, tuple(found.large_slices)), "1", most_seconds=1.0)
    report = copy_task(context, CopyTask(0, (cuts.chunks[0], cuts.chunks[-1])), "1")
    rows = list(read_results(context.open_job_dir(), report.ledger_file))
    print(
        json.dumps(
            {
                "chunks": len(cuts.chunks),
                "outcomes": [row.outcome for row in rows],
                "sent": sorted((row.offset, row.size, [part.number for part in row.parts]) for row in rows),
                "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
