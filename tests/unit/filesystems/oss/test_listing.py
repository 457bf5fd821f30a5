"""Pages of a listing, by the fast way and by the XML parser."""

import threading
from bisect import bisect_right
from urllib.parse import parse_qs, urlsplit

import pytest

from hdfs2oss.filesystems.oss.listing import OssEntry, list_entries, parse_page
from hdfs2oss.model.errors import SurveyError, Unreachable

from .scripted_store import Answer, Request, ScriptedStore

HEAD = '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>b</Name><EncodingType>url</EncodingType>'
ROW = (
    "<Contents><Key>{key}</Key><LastModified>2024-02-29T12:34:56.000Z</LastModified><ETag>{etag}</ETag>"
    "<Type>Normal</Type><Size>5</Size><StorageClass>Standard</StorageClass>{more}</Contents>"
)
MTIME_MS = 1_709_210_096_000


def entry(key: str) -> OssEntry:
    return OssEntry(key, 5, MTIME_MS, "AB-2", "Normal", "Standard")


def page(*rows: str, state: str = "<IsTruncated>false</IsTruncated>") -> str:
    return f"{HEAD}{state}{''.join(rows)}</ListBucketResult>"


def test_a_usual_page_is_taken_apart() -> None:
    rows = [ROW.format(key=key, etag='"AB-2"', more="") for key in ("a%2Fb%20c", "%E6%95%B0%25")]
    assert parse_page(page(*rows)) == ([entry("a/b c"), entry("数%")], "")


@pytest.mark.parametrize(
    "odd",
    [
        ROW.format(key="k", etag="&quot;AB-2&quot;", more="<Owner><ID>1</ID></Owner>"),
        ROW.format(key="k", etag='"AB-2"', more="").replace("Size>", "S>").replace("</S>", "</S><Size>5</Size>"),
        ROW.format(key="k", etag='"AB-2"', more="").replace("<Type>", "<TransitionTime>t</TransitionTime><Type>"),
        ROW.format(key="k", etag='"AB-2"', more="").replace("><", ">\n  <"),
    ],
    ids=["owner", "other order", "more elements", "indented"],
)  # fmt: skip
def test_rows_of_another_shape_are_read_as_well(odd: str) -> None:
    usual = ROW.format(key="a", etag='"AB-2"', more="")
    assert parse_page(page(usual, odd)) == ([entry("a"), entry("k")], "")


def test_prefixes_are_entries_in_their_place() -> None:
    rows = [ROW.format(key=key, etag='"AB-2"', more="") for key in ("a", "c")]
    prefix = "<CommonPrefixes><Prefix>b%2F</Prefix></CommonPrefixes>"
    expected = [entry("a"), OssEntry("b/", is_prefix=True), entry("c")]
    assert parse_page(page(*rows, prefix)) == (expected, "")
    assert parse_page(page(*rows, prefix).replace("<Prefix>", "<Prefix >")) == (expected, "")


def test_a_page_without_encoding_is_unescaped_by_the_parser() -> None:
    text = page(ROW.format(key="a&amp;%2F", etag='"AB-2"', more="")).replace("<EncodingType>url</EncodingType>", "")
    assert parse_page(text) == ([entry("a&%2F")], "")


@pytest.mark.parametrize("shape", ["{}", " {}"])
def test_the_token_of_the_next_page_is_decoded(shape: str) -> None:
    state = "<IsTruncated>true</IsTruncated><NextContinuationToken>Cg%3D%3D</NextContinuationToken>"
    assert parse_page(page(state=state)) == ([], "Cg==")


def test_an_empty_page_is_no_error() -> None:
    assert parse_page(page()) == ([], "")


USUAL = ROW.format(key="a", etag='"AB-2"', more="")
PREFIX = "<CommonPrefixes><Prefix>b%2F</Prefix></CommonPrefixes>"


@pytest.mark.parametrize(
    "text",
    [
        page(USUAL, state=""),
        page(USUAL, state="<IsTruncated>perhaps</IsTruncated>"),
        page(USUAL, state="<IsTruncated>true</IsTruncated>"),
        page(USUAL, state="<IsTruncated>true</IsTruncated><NextContinuationToken></NextContinuationToken>"),
        page(USUAL).removesuffix("</ListBucketResult>"),
        page(USUAL).removesuffix(">"),
        page("<KeyCount>2</KeyCount>", USUAL),
        page("<KeyCount>0</KeyCount>", USUAL),
        page("<KeyCount>3</KeyCount>", USUAL, PREFIX),
    ],
    ids=[
        "does not say", "says neither", "more, but not where", "an empty token", "no end", "half an end",
        "a row is missing", "a row too many", "a row is missing beside a prefix",
    ],
)  # fmt: skip
def test_a_page_that_is_not_whole_is_no_answer(text: str) -> None:
    with pytest.raises(Unreachable, match="not whole"):
        parse_page(text)


def test_rows_and_prefixes_together_are_what_a_page_counts() -> None:
    assert len(parse_page(page("<KeyCount>2</KeyCount>", USUAL, PREFIX))[0]) == 2


def test_a_page_may_end_in_white_space() -> None:
    assert parse_page(page(USUAL) + "\n\n") == ([entry("a")], "")


def test_only_the_first_few_are_one_page_however_many_follow() -> None:
    state = "<IsTruncated>true</IsTruncated><NextContinuationToken>Cg%3D%3D</NextContinuationToken>"
    rows = [ROW.format(key=key, etag='"AB-2"', more="") for key in ("a", "b")]
    with ScriptedStore(Answer(200, page(*rows, state=state).encode())) as store:
        found = [one.key for one in list_entries(store.open()._client, "", limit=2)]
    assert (found, len(store.requests)) == (["a", "b"], 1)
    assert "max-keys=2" in store.requests[0].path


def test_the_first_few_may_come_in_several_pages_of_which_some_are_empty() -> None:
    state = "<IsTruncated>true</IsTruncated><NextContinuationToken>Cg%3D%3D</NextContinuationToken>"
    row = ROW.format(key="a", etag='"AB-2"', more="")
    pages = [page(state=state), page(row, state=state), page(ROW.format(key="b", etag='"AB-2"', more=""), state=state)]
    with ScriptedStore(*(Answer(200, text.encode()) for text in pages)) as store:
        found = [one.key for one in list_entries(store.open()._client, "", limit=2)]
    assert (found, len(store.requests)) == (["a", "b"], 3)
    assert ["max-keys=2" in request.path for request in store.requests] == [True, True, False]


def _pages_of(*keys: str) -> list[str]:
    """One page a key; the token of the next one is its number."""
    more = "<IsTruncated>true</IsTruncated><NextContinuationToken>t{}</NextContinuationToken>"
    states = [*(more.format(number) for number in range(1, len(keys))), "<IsTruncated>false</IsTruncated>"]
    return [
        page(ROW.format(key=key, etag='"AB-2"', more=""), state=state) for key, state in zip(keys, states, strict=True)
    ]


def test_who_takes_all_keys_has_the_next_page_asked_for_while_this_one_is_dealt_with() -> None:
    asked = [threading.Event() for _ in range(3)]
    texts = iter(zip(asked, _pages_of("a", "b", "c"), strict=True))

    def answer(request: Request) -> Answer:
        event, text = next(texts)
        event.set()
        return Answer(200, text.encode())

    with ScriptedStore(answer) as store:
        rows = list_entries(store.open()._client, "", is_for_all=True)
        found = []
        for number, row in enumerate(rows):
            found.append(row.key)
            assert asked[min(number + 1, 2)].wait(20), "the next page is not asked for before its rows are wanted"
    assert (found, len(store.requests)) == (["a", "b", "c"], 3)
    assert ["continuation-token=t" in request.path for request in store.requests] == [False, True, True]


def test_who_may_end_early_has_no_page_asked_for_that_nobody_wants() -> None:
    with ScriptedStore(*(Answer(200, text.encode()) for text in _pages_of("a", "b", "c"))) as store:
        client = store.open()._client
        assert next(list_entries(client, "")).key == "a"
        client.page("list /", {}, bytes)
    assert len(store.requests) == 2


def test_a_page_that_nobody_wants_any_more_has_come_in_when_the_listing_is_closed() -> None:
    with ScriptedStore(*(Answer(200, text.encode()) for text in _pages_of("a", "b", "c"))) as store:
        rows = list_entries(store.open()._client, "", is_for_all=True)
        assert next(rows).key == "a"
        del rows
        assert len(store.requests) == 2


def test_what_is_wrong_with_the_next_page_is_raised_where_its_rows_are_due() -> None:
    cut = Answer(200, _pages_of("b")[0].removesuffix("</ListBucketResult>").encode())
    with ScriptedStore(Answer(200, _pages_of("a", "b")[0].encode()), cut) as store:
        rows = list_entries(store.open()._client, "", is_for_all=True)
        assert next(rows).key == "a"
        with pytest.raises(Unreachable, match="not whole"):
            next(rows)


def test_pages_out_of_order_are_refused_also_when_they_were_asked_for_ahead() -> None:
    with ScriptedStore(*(Answer(200, text.encode()) for text in _pages_of("b", "a"))) as store:
        rows = list_entries(store.open()._client, "", is_for_all=True)
        assert next(rows).key == "b"
        with pytest.raises(SurveyError):
            next(rows)


@pytest.mark.parametrize("is_for_all", [True, False])
def test_where_a_listing_begins_is_said_once_and_then_where_it_goes_on(is_for_all: bool) -> None:
    with ScriptedStore(*(Answer(200, text.encode()) for text in _pages_of("b", "c"))) as store:
        found = [one.key for one in list_entries(store.open()._client, "", "a", is_for_all=is_for_all)]
    assert found == ["b", "c"]
    assert ["start-after=a" in request.path for request in store.requests] == [True, False]


def test_a_walk_of_a_range_asks_for_no_page_behind_the_one_that_ends_it() -> None:
    with ScriptedStore(*(Answer(200, text.encode()) for text in _pages_of("a", "b", "c"))) as store:
        assert [row.path for row in store.open().walk("/", until="a")] == ["a"]
    assert len(store.requests) == 2


def test_a_walk_that_leaps_over_what_nobody_wants_asks_for_no_page_ahead_any_more() -> None:
    keys, asked = [f"k{number:04d}" for number in range(7000)], []

    def answer(request: Request) -> Answer:
        query = parse_qs(urlsplit(request.path).query)
        behind = (query.get("continuation-token") or query.get("start-after") or [""])[0]
        asked.append(behind[:4])
        rows = keys[bisect_right(keys, behind) :][:1000]
        more = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{rows[-1]}</NextContinuationToken>"
        text = page(*(ROW.format(key=key, etag='"AB-2"', more="") for key in rows), state=more)
        return Answer(200, text.encode())

    with ScriptedStore(answer) as store:
        walk = store.open().walk("/")
        for key in ("k0000", "k2500", "k5000"):
            walk.seek(key)
            assert next(walk).path == key
    # Of the first listing one page is too many, as nobody knew; behind each leap none.
    assert asked == ["", "k099", "k199", "k250", "k349", "k500"]


def test_a_page_that_failed_while_nobody_waited_for_it_is_asked_for_again() -> None:
    first, second = (Answer(200, text.encode()) for text in _pages_of("a", "b"))
    with ScriptedStore(first, Answer(503), second) as store:
        client = store.open()._client
        assert [one.key for one in list_entries(client, "", is_for_all=True)] == ["a", "b"]
        assert client.traffic.snapshot()["LARGE_READ_OPS"] == 2
    assert len(store.requests) == 3
