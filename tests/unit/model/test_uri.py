import operator
import pickle

import pytest

from hdfs2oss.model.errors import UsageError
from hdfs2oss.model.uri import Uri, UriSecrets, join_path, mask_secrets, parse_uri
from hdfs2oss.model.values import DIRECTORY, FILE
from hdfs2oss.rules.layout import SourceFact, lay_out


@pytest.mark.parametrize(
    ("text", "scheme", "authority", "path"),
    [
        ("hdfs://nn:8020/a/b", "hdfs", "nn:8020", "/a/b"),
        ("HDFS://NameNode:8020/A", "hdfs", "NameNode:8020", "/A"),
        ("hdfs://HDFS80423/a", "hdfs", "HDFS80423", "/a"),
        ("hdfs:///a", "hdfs", "", "/a"),
        ("hdfs:/a", "hdfs", "", "/a"),
        ("hdfs://nn", "hdfs", "nn", "/"),
        ("hdfs://nn/", "hdfs", "nn", "/"),
        ("hdfs://nn//a///b//", "hdfs", "nn", "/a/b"),
        ("file:///a", "file", "", "/a"),
        ("file:/a", "file", "", "/a"),
        ("file:////a", "file", "", "/a"),
        ("oss://bucket/a/", "oss", "bucket", "/a"),
        ("oss://bucket", "oss", "bucket", "/"),
        ("oss://bucket.oss-cn-hangzhou.aliyuncs.com/a", "oss", "bucket", "/a"),
        ("oss://id:secret@bucket.endpoint/a/b", "oss", "bucket", "/a/b"),
        ("oss://id:se@cret@bucket/a@b:c", "oss", "bucket", "/a@b:c"),
        ("/a/b/", "", "", "/a/b"),
        ("//a//b", "", "", "/a/b"),
        ("a/b", "", "", "a/b"),
        ("/a:b", "", "", "/a:b"),
        ("/", "", "", "/"),
        ("hdfs://nn/a b/c#d?e=f%2Fg+h", "hdfs", "nn", "/a b/c#d?e=f%2Fg+h"),
        ("oss://b/数据/🦆", "oss", "b", "/数据/🦆"),
        ("hdfs://nn/a/..b/c../.d/...", "hdfs", "nn", "/a/..b/c../.d/..."),
    ],
)
def test_a_path_is_taken_as_it_stands(text: str, scheme: str, authority: str, path: str) -> None:
    uri = parse_uri(text).uri
    assert (uri.scheme, uri.authority, uri.path) == (scheme, authority, path)


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("oss://id:secret@bucket.endpoint:8080/p", UriSecrets("id", "secret", "", "endpoint:8080")),
        ("oss://id:secret:token@bucket/p", UriSecrets("id", "secret", "token", "")),
        ("oss://bucket.oss-cn-x.aliyuncs.com/p", UriSecrets("", "", "", "oss-cn-x.aliyuncs.com")),
        ("oss://bucket/p", UriSecrets()),
    ],
)
def test_keys_and_endpoint_are_told_apart(text: str, secrets: UriSecrets) -> None:
    assert parse_uri(text).secrets == secrets


def test_no_form_of_a_parsed_path_shows_a_secret() -> None:
    parsed = parse_uri("oss://THEID:THESECRET:THETOKEN@bucket.endpoint/path")
    for text in (str(parsed), repr(parsed), str(parsed.uri), repr(parsed.uri), repr(parsed.secrets), f"{parsed}"):
        assert "THE" not in text
    assert parsed.secrets.access_key_secret == "THESECRET"


@pytest.mark.parametrize(
    "text",
    ["oss://THESECRET@bucket/p", "oss://:THESECRET@bucket/p", "oss://id:THE/SECRET@bucket/p", "oss://id:THESECRET@/p"],
)
def test_an_error_never_repeats_a_secret(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_uri(text)
    assert "THE" not in f"{caught.value} {caught.value.hint} {caught.value!r}"


@pytest.mark.parametrize("text", ["", "  ", "s3://b/p", "http://x/y", "oss:///p", "oss://", "hdfs:a", "oss:a"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_uri(text)


def test_a_place_holds_itself_and_what_lies_below_but_not_its_namesakes() -> None:
    place = Uri("oss", "b", "/a")
    assert place.holds(Uri("oss", "b", "/a"))
    assert place.holds(Uri("oss", "b", "/a/b"))
    assert not place.holds(Uri("oss", "b", "/ab"))
    assert not place.holds(Uri("oss", "c", "/a/b"))
    assert not place.holds(Uri("oss", "b", "/"))
    assert Uri("oss", "b", "/").holds(place)


def test_places_within_one_are_told_by_their_paths_below_it_also_below_a_root() -> None:
    root, place = Uri("oss", "b", "/"), Uri("oss", "b", "/a")
    assert root.paths_within([place, root, place.join("b/c"), Uri("oss", "c", "/a")]) == ("a", "a/b/c")
    assert place.paths_within([place, root, place.join("b/c"), Uri("oss", "b", "/ab")]) == ("b/c",)


SPELLINGS = [("nn", "nn:8020"), ("NN", "nn"), ("NN.example:8020", "nn.example"), ("HDFS80423", "HDFS80423:8020")]


@pytest.mark.parametrize(("one", "other"), [*SPELLINGS, *[(other, one) for one, other in SPELLINGS]])
def test_two_spellings_of_a_namenode_are_one_place_each_shown_as_written(one: str, other: str) -> None:
    first, second = (parse_uri(f"hdfs://{authority}/a").uri for authority in (one, other))
    assert first == second
    assert not operator.ne(first, second)
    assert len({first, second}) == 1
    assert first.holds(second.join("b"))
    assert [str(first), str(second)] == [f"hdfs://{one}/a", f"hdfs://{other}/a"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hdfs://nn:8020/a", "hdfs://nn:9000/a"), ("hdfs://nn/a", "hdfs://nn:9000/a"), ("hdfs://nn/a", "hdfs://mm/a"),
        ("hdfs://nn/a", "oss://nn/a"), ("hdfs://nn/a", "hdfs://nn/A"),
    ],
)  # fmt: skip
def test_what_only_looks_alike_is_another_place(one: str, other: str) -> None:
    first, second = parse_uri(one).uri, parse_uri(other).uri
    assert first != second
    assert not operator.eq(first, second)
    assert not first.holds(second.join("b"))


@pytest.mark.parametrize(("kind", "words"), [(FILE, "are the same"), (DIRECTORY, "lies inside")])
def test_a_copy_onto_itself_is_refused_however_the_namenode_is_spelled(kind: str, words: str) -> None:
    source, target = parse_uri("hdfs://nn/a").uri, parse_uri("hdfs://NN:8020/a").uri
    with pytest.raises(UsageError, match=words):
        lay_out([SourceFact(source, kind)], target, kind, sync=False)


def test_a_place_is_no_plain_tuple_and_travels_whole() -> None:
    place = Uri("hdfs", "NN", "/a")
    assert place != ("hdfs", "NN", "/a")
    assert tuple(pickle.loads(pickle.dumps(place))) == ("hdfs", "NN", "/a")


@pytest.mark.parametrize("text", ["file://tmp/out", "file://tmp//out/", "FILE://tmp/out"])
def test_a_host_after_file_is_refused_with_the_path_that_was_meant(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_uri(text)
    assert "file:///tmp/out" in caught.value.hint


def test_name_parent_and_join() -> None:
    place = Uri("hdfs", "nn", "/a/b")
    assert (place.name, str(place.parent), str(place.join("c/d")), place.join("")) == (
        "b",
        "hdfs://nn/a",
        "hdfs://nn/a/b/c/d",
        place,
    )
    root = Uri("hdfs", "nn", "/")
    assert (root.name, root.parent, str(root.join("a"))) == ("", root, "hdfs://nn/a")


@pytest.mark.parametrize(
    ("path", "relative", "whole"), [("/", "a", "/a"), ("/a", "b/c", "/a/b/c"), ("/a", "", "/a"), ("/", "", "/")]
)
def test_join_path(path: str, relative: str, whole: str) -> None:
    assert join_path(path, relative) == whole


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("oss://b/x/../y", "oss://b/y"), ("oss://b/a/../b/.", "oss://b/b"), ("hdfs://nn/a/./b/../c", "hdfs://nn/a/c"),
        ("file:///a/..", "file:///"), ("/a/b/../../c", "/c"), ("//a/./.././b/", "/b"), ("/a/*/../b*", "/a/b*"),
    ],
)  # fmt: skip
def test_dots_mean_what_they_mean_in_hadoops_path(text: str, shown: str) -> None:
    assert str(parse_uri(text).uri) == shown


@pytest.mark.parametrize("text", ["oss://b/..", "hdfs://nn/a/../../b", "/..", "file:///a/b/../../../c"])
def test_a_path_that_climbs_above_the_root_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="climbs above the root"):
        parse_uri(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("oss:/b/x", "names no bucket"), ("oss:b/x", "names no bucket"), ("oss:///b/x", "names no bucket"),
        ("oss://Capital/", "'Capital' cannot be a bucket's name"), ("oss://a_b/x", "cannot be a bucket's name"),
        ("oss://id:hush@Capital/x", "cannot be a bucket's name"), ("oss://-b/x", "cannot be a bucket's name"),
    ],
)  # fmt: skip
def test_a_bucket_that_cannot_be_is_refused_as_a_mistake_of_the_command(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as caught:
        parse_uri(text)
    assert caught.value.exit_code == 2
    assert "oss://" in caught.value.hint
    assert "hush" not in f"{caught.value} {caught.value.hint}"


def test_text_is_masked_wherever_keys_stand_in_it() -> None:
    text = "copy from OSS://id:secret@b/p and oss://i:s@c/q to oss://d/e@f"
    assert mask_secrets(text) == "copy from OSS://***@b/p and oss://***@c/q to oss://d/e@f"


@pytest.mark.parametrize(
    "text",
    ["webhdfs://nn:9870/a", "webhdfs://[::1]:9870/a", "viewfs:///a", "abfss://c@x.dfs.core.windows.net/a", "s3a://b/a"],
)
def test_file_systems_of_java_are_places(text: str) -> None:
    assert str(parse_uri(text).uri) == text


@pytest.mark.parametrize("text", ["s3a:///a", "webhdfs:/a", "gs:a"])
def test_a_file_system_of_java_has_a_name_but_for_the_view_that_is_the_default(text: str) -> None:
    with pytest.raises(UsageError, match="names no host or bucket"):
        parse_uri(text)
    assert parse_uri("viewfs:/a").uri == Uri("viewfs", "", "/a")


@pytest.mark.parametrize("text", ["s3a://id:geheim@b/a", "s3a://id:ge/heim@b/geheim", "webhdfs://id:geheim/b"])
def test_a_secret_in_such_a_path_is_refused_and_never_repeated(text: str) -> None:
    with pytest.raises(UsageError, match="seems to hold a secret") as caught:
        parse_uri(text)
    assert "geheim" not in f"{caught.value}{caught.value.hint}"


def test_a_scheme_may_be_known_to_who_asks() -> None:
    assert parse_uri("ftp://h/a", {"ftp"}).uri == Uri("ftp", "h", "/a")
