"""Which files of an unfinished run are looked at before anybody goes on with it."""

import pytest

from hdfs2oss.runs.arrivals import spread


@pytest.mark.parametrize(
    ("values", "most", "chosen"), [("abc", 3, "abc"), ("abcde", 3, "ace"), ("abcdef", 2, "af"), ("", 2, "")]
)
def test_a_few_of_many_are_the_first_the_last_and_some_between(values, most, chosen) -> None:
    assert "".join(spread(values, most)) == chosen
