import pytest

from hdfs2oss.model.errors import UsageError
from hdfs2oss.model.uri import Uri
from hdfs2oss.rules.filters import is_own_work, make_filter, parse_filters

PLACE = Uri("hdfs", "nn:8020", "/user/bob/tmp/_SUCCESS")


@pytest.mark.parametrize(
    ("patterns", "excluded"),
    [
        ([], False),
        (["tmp"], False),
        (["/user/bob"], False),
        ([".*tmp.*"], True),
        (["/user/b.*"], True),
        ([".*/_SUCCESS"], True),
        (["hdfs://nn:8020/user/.*"], True),
        (["hdfs://other/.*", ".*SUCCESS"], True),
        ([".*"], True),
        (["(?i).*success"], True),
    ],
)
def test_a_pattern_must_match_the_whole_path_qualified_or_bare(patterns: list[str], excluded: bool) -> None:
    assert make_filter(parse_filters("\n".join(patterns), "f"))(PLACE) is excluded


@pytest.mark.parametrize(
    ("name", "ours"), [(".hdfs2oss", True), (".hdfs2oss-work-1-2", True), (".hdfs2oss2", False), ("hdfs2oss", False)]
)
def test_our_own_names_are_known(name: str, ours: bool) -> None:
    assert is_own_work(name) is ours


def test_blank_lines_mean_nothing_and_blanks_in_a_line_do() -> None:
    patterns = parse_filters("/a.*\n\n   \n/ b \r\n/c", "f")
    assert len(patterns) == 3
    excluded = [path for path in ("/aa", "/b", "/ b ", "/c") if make_filter(patterns)(PLACE._replace(path=path))]
    assert excluded == ["/aa", "/ b ", "/c"]


def test_a_bad_line_is_named() -> None:
    with pytest.raises(
        UsageError, match=r"line 3 of the filter file skip\.txt, \*oops, cannot be used: .*nothing to repeat"
    ):
        parse_filters("ok\n\n*oops\n", "skip.txt")


@pytest.mark.parametrize("pattern", ["hdfs://nn:8020/a", "/a", "/b", "nn:8020/a/b", "hdfs://nn:8020"])
def test_a_pattern_that_fits_a_part_of_either_form_excludes_nothing(pattern: str) -> None:
    assert not make_filter([pattern])(Uri("hdfs", "nn:8020", "/a/b"))
