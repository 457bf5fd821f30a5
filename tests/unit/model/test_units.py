import pytest

from hdfs2oss.model.units import format_duration, format_size, parse_size, size_word


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("4096", 4096),
        ("64m", 64 << 20),
        ("64M", 64 << 20),
        ("64MB", 64 << 20),
        ("64MiB", 64 << 20),
        (" 1.5 GiB ", 3 << 29),
        ("2t", 2 << 40),
        ("100k", 102_400),
        ("7b", 7),
    ],
)
def test_sizes_are_powers_of_1024(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "m", "-1", "1e3", "1,5g", "10 x", "0x10", "1 2", "nan"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        parse_size(text)


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (5 << 30, "5.0 GiB"), (3 << 42, "12.0 TiB")],
)
def test_sizes_are_written_for_people(size: int, text: str) -> None:
    assert format_size(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.41, "0.4 s"), (12.9, "12 s"), (59.9, "59 s"), (60, "1 m 00 s"), (185, "3 m 05 s"), (7620, "2 h 07 m")],
)
def test_durations_are_written_for_people(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("size", "word"), [(1, "1"), (1000, "1000"), (1536, "1536"), (16 << 20, "16m"), (1 << 40, "1t")]
)
def test_the_word_for_a_size_is_read_as_this_size(size: int, word: str) -> None:
    assert size_word(size) == word
    assert parse_size(word) == size
