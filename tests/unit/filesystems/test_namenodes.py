"""Which names mean the same HDFS."""

import pytest

from hdfs2oss.commandline.command import parse
from hdfs2oss.commandline.request import resolve
from hdfs2oss.filesystems.namenodes import look_up, other_names
from hdfs2oss.model.errors import UsageError
from hdfs2oss.model.uri import Uri
from hdfs2oss.rules.layout import SourceFact, lay_out, refuse_to_delete_sources

HOSTS = {"nn1": ["10.0.0.1"], "nn1.lake": ["10.0.0.1"], "nn2": ["10.0.0.2"], "cname": ["10.0.0.2", "10.0.0.9"]}
SERVICE = {
    "dfs.ha.namenodes.lake": "a, b",
    "dfs.namenode.rpc-address.lake.a": "nn1:8020",
    "dfs.namenode.rpc-address.lake.b": "nn2:8020",
}


def find(host: str, port: int) -> list[tuple[str, int]]:
    return [(address, port) for address in HOSTS.get(host, [])]


@pytest.mark.parametrize(
    ("names", "conf", "others"),
    [
        (["nn1:8020", "nn1.lake"], {}, {"nn1.lake": "nn1:8020"}),
        (["nn1.lake", "nn1:8020"], {}, {"nn1:8020": "nn1.lake"}),
        (["nn1.lake", "nn1:8020"], {"fs.defaultFS": "hdfs://nn1:8020/"}, {"nn1.lake": "nn1:8020"}),
        (["nn2", "cname"], {}, {"cname": "nn2"}),
        (["nn1", "nn1:8021"], {}, {}),
        (["nn1", "nn2", "nobody", "no one"], {}, {}),
        (["nn1", "NN1:8020"], {}, {}),
        (["nn1.lake", "nn1", "NN1:8020"], {}, {"nn1": "nn1.lake", "NN1:8020": "nn1.lake"}),
        (["nn1.lake", "lake", "nn2:8020"], SERVICE, {"nn1.lake": "lake", "nn2:8020": "lake"}),
        (["nn1", "nn2"], SERVICE, {}),
    ],
)
def test_names_whose_namenodes_have_an_address_in_common_are_one_hdfs(names, conf, others) -> None:
    assert other_names(names, conf, find) == others


def test_a_single_name_is_looked_up_by_nobody() -> None:
    assert other_names(["nn", "nn:8020", "NN"], {}, lambda host, port: pytest.fail("looked up")) == {}
    assert look_up("nobody.invalid", 8020) == []


def test_a_source_inside_the_target_is_found_under_another_name_of_the_namenode() -> None:
    argv = (
        "-update",
        "-delete",
        "-log",
        "hdfs://LOCALHOST:9/t/logs",
        "hdfs://localhost:9/t/src",
        "hdfs://127.0.0.1:9/t",
    )
    request = resolve(parse(argv), {}, {})
    options = request.options
    assert options.log_path == Uri("hdfs", options.target.authority, "/t/logs")
    assert any("are the same HDFS" in note for note in request.notes)
    layout = lay_out([SourceFact(options.sources[0], "D")], options.target, "D", options.sync)
    with pytest.raises(UsageError, match="-delete would delete it"):
        refuse_to_delete_sources(layout)
