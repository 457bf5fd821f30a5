import pytest

from hdfs2oss.model.limits import Limits, parse_rate, parse_schedule, read_by_hand, written_by_hand
from hdfs2oss.model.options import CopyOptions
from hdfs2oss.model.units import MIB
from hdfs2oss.model.uri import Uri

DAY = parse_schedule("19:00,off 08:00,50")


@pytest.mark.parametrize(
    ("minute", "rate"),
    [(8 * 60 - 1, None), (8 * 60, 50.0), (19 * 60 - 1, 50.0), (19 * 60, None), (0, None), (24 * 60 - 1, None)],
)
def test_a_schedule_holds_from_its_time_on_and_over_midnight(minute: int, rate: float | None) -> None:
    assert DAY.at(minute) == rate


def test_before_the_first_time_of_the_day_the_last_one_holds() -> None:
    assert parse_schedule("08:00,50 22:30,10").at(0) == 10.0


@pytest.mark.parametrize(("minute", "until"), [(0, "08:00"), (8 * 60, "19:00"), (23 * 60, "08:00")])
def test_a_schedule_tells_how_long_a_rate_holds(minute: int, until: str) -> None:
    assert DAY.until(minute) == until


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("8,50", "'8,50' is no entry"),
        ("Mon-08:00,50", "is no entry"),
        ("24:00,50", "24:00 is no time of day"),
        ("08:60,50", "08:60 is no time of day"),
        ("08:00,50 8:00,60", "8:00 stands there twice"),
        ("08:00,-1", "'-1' is neither a number above 0 nor off"),
        ("08:00,0", "neither"),
        ("08:00,inf", "neither"),
        ("  ", "it is empty"),
    ],
)
def test_what_is_no_schedule_is_refused_by_the_entry_that_is_wrong(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_schedule(text)


def test_off_is_no_limit() -> None:
    assert (parse_rate("OFF"), parse_rate("1.5")) == (None, 1.5)


def test_what_is_set_by_hand_outranks_the_rest_and_leaves_alone_what_it_does_not_name() -> None:
    asked = Limits(200 * MIB, 100)
    assert read_by_hand({"total_bandwidth": 50}, asked) == Limits(50 * MIB, 100)
    assert read_by_hand({"total_bandwidth": "off", "requests_per_second": 7}, asked) == Limits(None, 7)
    assert read_by_hand({"requests_per_second": None}, asked) == Limits(200 * MIB, None)
    assert read_by_hand({}, asked) == asked


@pytest.mark.parametrize("value", [[], "50", {"bandwidth": 5}, {"total_bandwidth": -1}, {"total_bandwidth": "fast"}])
def test_what_cannot_be_understood_by_hand_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="total_bandwidth"):
        read_by_hand(value, Limits())


def test_what_is_written_by_hand_is_read_so() -> None:
    assert read_by_hand(written_by_hand("50", "off"), Limits(None, 3)) == Limits(50 * MIB, None)
    assert written_by_hand(None, "5") == {"requests_per_second": 5.0}


def test_limits_are_told_in_words() -> None:
    assert Limits(1.5 * MIB, 20).told() == "1.5 MiB/s and 20 requests to OSS a second for the whole job"
    assert Limits().told() == "no limit for the whole job"
    assert not Limits().are_any


def options(**values: object) -> CopyOptions:
    return CopyOptions.model_validate({"target": Uri("file", "", "/t"), **values})


def test_options_give_the_limits_of_the_hour() -> None:
    assert options(total_bandwidth_mb=2, requests_per_second=9).limits_at(0) == Limits(2 * MIB, 9)
    scheduled = options(bandwidth_schedule="08:00,50 19:00,off")
    assert (scheduled.limits_at(8 * 60), scheduled.limits_at(0)) == (Limits(50 * MIB), Limits())
    assert options().limits_at(0) == Limits()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"total_bandwidth_mb": 0}, "--total-bandwidth must be a number above 0"),
        ({"total_bandwidth_mb": float("nan")}, "--total-bandwidth must be a number above 0"),
        ({"requests_per_second": 0.5}, "--requests-per-second must be 1 or more"),
        ({"bandwidth_schedule": "8"}, "--bandwidth-schedule: '8' is no entry"),
        ({"total_bandwidth_mb": 1, "bandwidth_schedule": "08:00,1"}, "exclude each other"),
    ],
)
def test_limits_that_make_no_sense_are_refused(values: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        options(**values)


@pytest.mark.parametrize("few", [0.001, "0.99"])
def test_so_few_requests_that_nobody_could_change_it_any_more_are_refused(few: float | str) -> None:
    with pytest.raises(ValueError, match=r"requests_per_second: .* is too few, it must be 1 or more"):
        read_by_hand({"requests_per_second": few}, Limits())
    with pytest.raises(ValueError, match="too few"):
        written_by_hand(None, str(few))
    assert written_by_hand(str(few), "1") == {"total_bandwidth": float(few), "requests_per_second": 1.0}
