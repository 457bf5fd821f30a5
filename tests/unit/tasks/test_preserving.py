"""What has no room with its object: written once, read back only as it was written."""

from __future__ import annotations

import pytest

from hdfs2oss.filesystems.registry import StoreConfig, open_filesystem
from hdfs2oss.model.errors import CorruptData
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.uri import Uri, parse_uri
from hdfs2oss.model.values import DIRECTORY
from hdfs2oss.rules.layout import SourceFact, lay_out
from hdfs2oss.tasks.context import RunContext
from hdfs2oss.tasks.preserving import Preserving
from hdfs2oss.transfer.preserve import Preservation


@pytest.fixture
def preservation(tmp_path) -> Preservation:
    source, target = (Uri("file", "", f"{tmp_path}/{name}") for name in ("s", "t"))
    options = CopyOptions(sources=(source,), target=target, preserve="ax")
    layout = lay_out([SourceFact(source, DIRECTORY)], target, None, sync=False)
    context = RunContext(options, layout, StoreConfig(), Uri("file", "", f"{tmp_path}/jobs/pair"), "run")
    found = Preserving(context).of(source)
    assert found is not None
    return found


def test_a_sidecar_is_read_as_it_was_written_and_the_same_line_is_the_same_file(preservation) -> None:
    place = preservation.write_sidecar("1;x=user.a:YQ==")
    assert preservation.write_sidecar("1;x=user.a:YQ==") == place
    assert preservation.read_sidecar(place) == "1;x=user.a:YQ=="


def test_what_is_named_as_a_sidecar_and_was_not_written_as_one_is_never_told(preservation, tmp_path) -> None:
    place = preservation.write_sidecar("1;x=user.a:YQ==")
    uri = parse_uri(place).uri
    open_filesystem(uri, StoreConfig()).put(uri.path, b"1;x=user.a:Yg==", f"{tmp_path}/work", {})
    secret = tmp_path / "secret"
    secret.write_text("of this machine")
    for other in (place, f"file://{secret}"):
        with pytest.raises(CorruptData) as caught:
            preservation.read_sidecar(other)
        assert "of this machine" not in str(caught.value)
