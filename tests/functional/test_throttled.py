"""A store that refuses what is too much: everything arrives, and it is soon asked no more than it takes."""

import io
import json
from pathlib import Path

import pytest

from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.filesystems.registry import StoreConfig, close_filesystems
from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.local_oss.faults.rule import Rule
from hdfs2oss.model.counters import OWN
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runs.progress import Progress
from hdfs2oss.verbs.copy.job import CopyJob
from tests.trees import Place

FILES, AT_ONCE = 500, 8


@pytest.mark.slow
def test_a_store_that_refuses_above_eight_at_once_gets_all_and_is_asked_no_more(
    tmp_path: Path, home: Path, two_processes: LocalRunner
) -> None:
    tree = {f"d{number % 7}/f{number:03d}": str(number).encode() for number in range(FILES)}
    with LocalOssServer(tmp_path / "oss", "id", "secret", buckets=["lake"], request_log=tmp_path / "log") as server:
        server.plan.replace(
            [Rule("crowd", operation="put_object", in_flight=AT_ONCE), Rule("latency", method="PUT", seconds=0.02)]
        )
        stores = StoreConfig(oss={"lake": OssAccess(server.endpoint, "id", "secret")}, threads=16)
        source = Place(Uri("file", "", f"{tmp_path}/source"), stores).make(tree)
        target = Place(Uri("oss", "lake", "/target"), stores)
        options = CopyOptions(sources=(source.uri,), target=target.uri)
        progress = Progress(io.StringIO())
        try:
            report = CopyJob(options, stores, two_processes, progress, [Uri("file", "", str(home))]).run()
        finally:
            progress.end()
        assert (report.exit_code, report.discrepancy) == (0, "")
        assert target.read() == tree
        close_filesystems()
    rows = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    refused = [row["status"] == 503 for row in rows if row["operation"] == "put_object"]
    late = refused[len(refused) // 4 :]
    assert sum(refused), "the store never refused anything"
    assert sum(late) < 0.2 * len(late)
    own = report.counters.as_dict()[OWN]
    assert own["REQUESTS_THROTTLED"] == sum(refused)
    assert own["THROTTLED_MILLISECONDS"] > 0
    assert 1 <= own["REQUESTS_IN_FLIGHT_SUM"] / own["REQUESTS_LIMITED"] <= 2 * AT_ONCE
    (notice,) = [one for one in report.notices if "too many" in one]
    assert notice.startswith(f"the store refused {sum(refused)} requests because there were too many")
    print(notice, f"{sum(late) / len(late):.1%} of the later ones")
