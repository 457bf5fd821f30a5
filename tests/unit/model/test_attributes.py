"""Attributes as a line of text."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdfs2oss.model.attributes import NOTHING, PRESERVABLE, AclEntry, Attributes, decode, encode

NAMES = st.text(st.characters(blacklist_categories=("Cs",)), max_size=40)
NUMBERS = st.none() | st.integers(0, 2**62)
RWX = st.sampled_from(["---", "r--", "rw-", "r-x", "rwx", "--x"])
ENTRIES = st.builds(
    AclEntry, st.sampled_from(["access", "default"]), st.sampled_from(["user", "group", "mask", "other"]), NAMES, RWX
)
ATTRIBUTES = st.builds(
    Attributes,
    st.none() | NAMES,
    st.none() | NAMES,
    st.none() | st.integers(0, 0o1777),
    NUMBERS,
    NUMBERS,
    NUMBERS,
    NUMBERS,
    st.none() | NAMES,
    st.none() | st.lists(ENTRIES, max_size=5).map(tuple),
    st.none() | st.lists(st.tuples(NAMES, st.binary(max_size=60)), max_size=5).map(tuple),
    NAMES,
)


@pytest.mark.slow
@given(ATTRIBUTES)
def test_what_was_encoded_comes_back_from_one_printable_line(attributes) -> None:
    line = encode(attributes)
    assert decode(line) == attributes
    assert set(line) <= set(string.ascii_letters + string.digits + string.punctuation)


def test_the_line_is_the_one_that_is_documented() -> None:
    """Objects of years ago bear it: it may grow, but what it says must go on to mean the same."""
    attributes = Attributes(
        owner="alice",
        group="a b",
        permission=0o1755,
        mtime_ms=1_700_000_000_000,
        atime_ms=1,
        replication=3,
        block_size_bytes=134_217_728,
        ec_policy="RS-6-3-1024k",
        acl=(AclEntry("access", "user", "bob", "r-x"), AclEntry("default", "group", "", "---")),
        xattrs=(("user.a", b"\x00\xff"), ("user.none", b"")),
        sidecar="oss://b/k",
    )
    assert encode(attributes) == (
        "1;p=1755;m=1700000000000;n=1;r=3;b=134217728;u=alice;g=a%20b;e=RS-6-3-1024k;"
        "a=user:bob:r-x,default:group::---;x=user.a:AP8=,user.none:;s=oss%3A%2F%2Fb%2Fk"
    )


def test_none_is_left_out_and_no_entries_are_said() -> None:
    assert encode(NOTHING) == "1"
    assert encode(Attributes(acl=(), xattrs=())) == "1;a=;x="
    assert decode("1;a=;x=") == Attributes(acl=(), xattrs=())


@pytest.mark.parametrize(
    "line",
    ["", "2;u=a", "1;q=1", "1;p=9", "1;m=", "1;x=user.a", "1;x=user.a:?", "1;a=user", "1;u=%ff", "1;;"],
)
def test_a_line_that_is_damaged_or_of_another_version_is_no_line(line) -> None:
    with pytest.raises(ValueError, match=r"no line of attributes|not understood"):
        decode(line)


def test_each_letter_takes_its_own_fields_and_an_acl_its_permission_along() -> None:
    every = Attributes("u", "g", 0o755, 1, 2, 3, 4, "e", (), (), "")
    kept = {letter: [name for name, value in every.only(letter)._asdict().items() if value not in (None, "")]
            for letter in PRESERVABLE}  # fmt: skip
    assert kept == {
        "r": ["replication"],
        "b": ["block_size_bytes"],
        "u": ["owner"],
        "g": ["group"],
        "p": ["permission"],
        "c": ["block_size_bytes"],
        "a": ["permission", "acl"],
        "x": ["xattrs"],
        "t": ["mtime_ms", "atime_ms"],
        "e": ["ec_policy"],
    }
    assert every.only("") == NOTHING
    assert every.only(PRESERVABLE) == every
