"""Names as numbers."""

from hypothesis import given
from hypothesis import strategies as st

from hdfs2oss.rules.spacing import Scale, common_start

NAMES = [f"part-{number:04d}" for number in range(1200)]
texts = st.text(alphabet="abz-09/ä", max_size=6)


def test_the_middle_of_two_numbers_is_told_by_their_digits() -> None:
    scale = Scale("part-", NAMES)
    middle = (scale.number_of("part-0200") + scale.number_of("part-0800")) // 2
    assert scale.name_of(middle).startswith("part-04") or scale.name_of(middle).startswith("part-05")


@given(texts, texts)
def test_the_order_of_names_is_that_of_their_numbers(one: str, other: str) -> None:
    scale = Scale("", ["a", "z0", "-9"])
    first, second = sorted([one, other])
    assert scale.number_of(first) <= scale.number_of(second)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_greater_numbers_have_no_lesser_names(one: int, other: int) -> None:
    scale = Scale("part-", NAMES)
    step = scale.end // 10**9
    first, second = sorted([one * step, other * step])
    assert scale.name_of(first) <= scale.name_of(second)


def test_what_names_have_in_common_is_a_start_of_all_of_them() -> None:
    assert common_start(NAMES) == "part-"
    assert common_start(["a", "ab"]) == "a"
    assert common_start(["b", "a"]) == ""
