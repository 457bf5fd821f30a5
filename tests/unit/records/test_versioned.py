"""Records that bear a version: those of this one are read, of all others it is said what to do."""

import pytest

from hdfs2oss.model.errors import SurveyError
from hdfs2oss.records.versioned import understood


def test_a_record_of_this_version_is_what_is_made_of_it() -> None:
    assert understood(b'{"version": 3, "n": 7}', 3, lambda record: record["n"], "record x") == 7


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"{}", b'{"version": 4, "n": 7}', b'{"version": 3}', b'{"version": 3, "n": "odd"}']
)
def test_any_other_is_named_with_what_to_do(data: bytes) -> None:
    with pytest.raises(SurveyError, match="the record x cannot be understood") as refused:
        understood(data, 3, lambda record: 1 // int(record["n"]), "record x", "remove it")
    assert refused.value.hint == "Use that version, or remove it."
    with pytest.raises(SurveyError) as refused:
        understood(data, 3, lambda record: int(record["n"]), "record x")
    assert "--fresh" in refused.value.hint
