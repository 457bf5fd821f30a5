import pytest

from hdfs2oss.model.errors import UsageError
from hdfs2oss.model.values import DIRECTORY, FILE
from hdfs2oss.rules.glob import expand, fixed_part, is_pattern

FILES = [
    "/logs/2024-01-01/a.log",
    "/logs/2024-01-02/a.log",
    "/logs/2024-01-02/b.gz",
    "/logs/.hidden/x",
    "/logs/_tmp/x",
    "/logs/readme",
    "/logs/star*",
    "/logs/b{race}",
    "/logs/数据/x",
    "/other/x",
]


def names(path: str) -> list[tuple[str, str]]:
    base = path.rstrip("/") + "/"
    found = sorted({file[len(base) :].split("/")[0] for file in FILES if file.startswith(base)})
    return [(name, look(base + name) or "") for name in found]


def look(path: str) -> str | None:
    if path in FILES:
        return FILE
    return DIRECTORY if any(file.startswith(path.rstrip("/") + "/") for file in FILES) else None


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("/logs/2024-*", ["/logs/2024-01-01", "/logs/2024-01-02"]),
        ("/logs/2024-01-0?", ["/logs/2024-01-01", "/logs/2024-01-02"]),
        ("/logs/2024-01-0[2-9]", ["/logs/2024-01-02"]),
        ("/logs/2024-01-0[12]/a.log", ["/logs/2024-01-01/a.log", "/logs/2024-01-02/a.log"]),
        ("/logs/2024-01-0[^1]", ["/logs/2024-01-02"]),
        ("/logs/2024-01-0[!1]", ["/logs/2024-01-02"]),
        ("/logs/*/b.gz", ["/logs/2024-01-02/b.gz"]),
        ("/logs/*/*.log", ["/logs/2024-01-01/a.log", "/logs/2024-01-02/a.log"]),
        ("/{logs,other}/*d*", ["/logs/.hidden", "/logs/readme"]),
        ("/{logs/2024-01-01,other}/*", ["/logs/2024-01-01/a.log", "/other/x"]),
        ("/logs/2024-01-0{1,2/b}*", ["/logs/2024-01-01", "/logs/2024-01-02/b.gz"]),
        (
            "/logs/{readme,2024-{01-01,01-02}/a.log}",
            ["/logs/2024-01-01/a.log", "/logs/2024-01-02/a.log", "/logs/readme"],
        ),
        ("/logs/{readme,gone}", ["/logs/readme"]),
        ("/logs/star\\*", ["/logs/star*"]),
        ("/logs/b\\{race\\}", ["/logs/b{race}"]),
        ("/logs/.*", ["/logs/.hidden"]),
        ("/logs/[._]*", ["/logs/.hidden", "/logs/_tmp"]),
        ("/logs/??", ["/logs/数据"]),
        ("/*", ["/logs", "/other"]),
        ("/logs/a.log*", []),
        ("/logs/*/gone", []),
        ("/nowhere/*", []),
        ("/logs/read.e*", []),
    ],
)
def test_a_pattern_matches(pattern: str, matches: list[str]) -> None:
    assert is_pattern(pattern)
    assert expand(pattern, names, look) == {match: look(match) for match in matches}
    assert list(expand(pattern, names, look)) == matches


def test_a_star_takes_names_that_start_with_dot_or_underscore() -> None:
    assert set(expand("/logs/*", names, look)) >= {"/logs/.hidden", "/logs/_tmp"}


def test_a_star_does_not_cross_a_slash() -> None:
    assert "/logs/2024-01-01/a.log" not in expand("/logs/*", names, look)


def test_only_directories_that_a_pattern_needs_are_listed() -> None:
    listed: list[str] = []

    def children(path: str) -> list[tuple[str, str]]:
        listed.append(path)
        return names(path)

    expand("/logs/2024-*/a.log", children, look)
    assert listed == ["/logs"]


def test_what_a_listing_tells_is_not_asked_for_again() -> None:
    asked: list[str] = []

    def asked_for(path: str) -> str | None:
        asked.append(path)
        return look(path)

    assert len(expand("/logs/*/*", names, asked_for)) == 6
    assert asked == []
    expand("/logs/2024-*/a.log", names, asked_for)
    assert asked == ["/logs/2024-01-01/a.log", "/logs/2024-01-02/a.log"]


@pytest.mark.parametrize("kinds", [(FILE, DIRECTORY), (DIRECTORY, FILE)])
@pytest.mark.parametrize("said", [FILE, DIRECTORY])
def test_a_name_that_is_both_a_file_and_a_directory_is_asked_for(kinds: tuple[str, str], said: str) -> None:
    rows = [("a", kind) for kind in kinds]
    assert expand("/d/*", lambda path: rows, lambda path: said) == {"/d/a": said}


@pytest.mark.parametrize("pattern", ["/a/[b", "/a/{b", "/a/{b,{c}", "/a/[z-a]"])
def test_a_pattern_that_is_not_closed_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError):
        expand(pattern, lambda path: [("b", FILE)], lambda path: FILE)


@pytest.mark.parametrize(("path", "special"), [("/a b#c+d%", False), ("/a*", True), ("/a\\b", True), ("/{a", True)])
def test_what_counts_as_a_pattern(path: str, special: bool) -> None:
    assert is_pattern(path) is special


@pytest.mark.parametrize(
    ("pattern", "directory"),
    [("/a/b/*", "/a/b"), ("/a/x*/b", "/a"), ("/a/{b,c}/d", "/a"), ("/*", "/"), ("/a/b[1]", "/a")],
)
def test_all_matches_lie_in_the_directory_before_the_first_pattern(pattern: str, directory: str) -> None:
    assert fixed_part(pattern) == directory
