"""What a run says about the list of oss2's tests that are left out."""

import pytest

from tests.conformance.oss2_suite.left_out import LeftOut, parse_left_out

pytestmark = pytest.mark.conformance

TEXT = """
[test_one]
T.test_a = reason
T.test_b (v4) = reason
T.test_c (not run) = reason

[test_two]
* = reason

[test_three]
* (not run) = reason
"""


def test_conditions_choose_what_is_left_out():
    found = parse_left_out(TEXT)
    assert set(found["test_one", "v1"].failing) == {"T.test_a"}
    assert set(found["test_one", "v4"].failing) == {"T.test_a", "T.test_b"}
    assert set(found["test_one", "v4"].not_run) == {"T.test_c"}
    assert [found[file, "v1"].is_whole_file for file in ("test_one", "test_two", "test_three")] == [False, False, True]


@pytest.mark.parametrize(
    ("left_out", "outcomes", "complaint"),
    [
        (LeftOut({}, {}), {"T.a": "passed"}, ""),
        (LeftOut({}, {}), {"T.a": "failed"}, "T.a failed"),
        (LeftOut({}, {}), {"T.a": "skipped"}, "T.a skipped"),
        (LeftOut({"T.a": "why"}, {}), {"T.a": "failed"}, ""),
        (LeftOut({"T.a": "why"}, {}), {"T.a": "passed"}, "T.a passes now: take it off left_out.ini"),
        (LeftOut({"T.a": "why"}, {}), {}, "T.a is in left_out.ini, but there is no such test"),
        (LeftOut({"*": "why"}, {}), {"T.a": "failed"}, ""),
        (LeftOut({"*": "why"}, {}), {"T.a": "passed"}, "T.a passes now: take it off left_out.ini"),
    ],
)
def test_every_difference_is_a_line(left_out, outcomes, complaint):
    assert "\n".join(left_out.complaints(outcomes)) == complaint


@pytest.mark.parametrize("entry", ["T.a =", "T.a (v3) = reason"])
def test_an_entry_of_no_known_form_is_refused(entry):
    with pytest.raises(ValueError, match="no reason, or an unknown condition"):
        parse_left_out(f"[test_one]\n{entry}\n")
