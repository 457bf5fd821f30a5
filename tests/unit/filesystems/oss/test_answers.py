"""What an answer states: whole, and of the kind that was asked for."""

from __future__ import annotations

import pytest

from hdfs2oss.filesystems.oss.answers import document_of
from hdfs2oss.model.errors import Unreachable

DOCUMENT = b'<?xml version="1.0"?><Tagging xmlns="http://doc"><Tag><Key>k</Key></Tag></Tagging>'


@pytest.mark.parametrize("document", [DOCUMENT, b"<Tagging/>", b"<Tagging></Tagging>\n"])
def test_a_document_with_the_right_root_is_an_answer_with_and_without_a_namespace(document: bytes) -> None:
    assert document_of(document, "Tagging", "look").tag.rpartition("}")[2] == "Tagging"


def test_a_document_cut_at_any_byte_is_none() -> None:
    for end in range(len(DOCUMENT)):
        with pytest.raises(Unreachable, match="cannot look: the answer is not whole"):
            document_of(DOCUMENT[:end], "Tagging", "look")


@pytest.mark.parametrize("document", [b"<html><body>Log in</body></html>", b"<Tag/>", b"<TaggingX/>"])
def test_a_document_of_another_kind_is_none(document: bytes) -> None:
    with pytest.raises(Unreachable, match="not a Tagging"):
        document_of(document, "Tagging", "look")
