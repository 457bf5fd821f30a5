import pickle

import pytest
from pydantic import ValidationError

from hdfs2oss.model.options import SMALLEST_PART_BYTES, CopyOptions
from hdfs2oss.model.uri import Uri

TARGET = Uri("oss", "b", "/t")
LOG = Uri("file", "", "/log")


def test_the_defaults_are_those_of_the_usage_text() -> None:
    options = CopyOptions(target=TARGET)
    assert (options.maps, options.bandwidth_mb, options.sync) == (20, None, False)
    assert (options.part_size_bytes, options.chunk_size_bytes) == (16 << 20, 1 << 30)
    assert options.bytes_per_second is None


@pytest.mark.parametrize(("maps", "counts_as"), [(-3, 1), (0, 1), (1, 1), (500, 500)])
def test_fewer_than_one_map_means_one(maps: int, counts_as: int) -> None:
    assert CopyOptions(target=TARGET, maps=maps).maps == counts_as


@pytest.mark.parametrize("flag", ["update", "overwrite"])
def test_update_and_overwrite_are_sync(flag: str) -> None:
    assert CopyOptions(target=TARGET, **{flag: True}).sync


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"update": True, "overwrite": True}, "Overwrite and update options are mutually exclusive"),
        ({"verbose": True}, "-v is valid only with -log option"),
        ({"bandwidth_mb": 0}, "above 0"),
        ({"bandwidth_mb": -11}, "above 0"),
        ({"bandwidth_mb": float("nan")}, "above 0"),
        ({"bandwidth_mb": "fast"}, "number"),
        ({"maps": "many"}, "integer"),
        ({"filters": ("fine", "*bad")}, "is not a regular expression"),
        ({"part_size_bytes": SMALLEST_PART_BYTES - 1}, "greater than or equal"),
        ({"part_size_bytes": 2 << 20, "chunk_size_bytes": 1 << 20}, "must not be below"),
        ({"threads": 0}, "greater than or equal"),
        ({"threads": 257}, "less than or equal"),
        ({"no_such_option": 1}, "not permitted"),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else None,
)
def test_what_cannot_mean_anything_is_refused(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        CopyOptions(target=TARGET, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("fields", [{"verbose": True, "log_path": LOG}, {"bandwidth_mb": 11.2}, {"filters": (".*",)}])
def test_what_belongs_together_is_accepted(fields: dict[str, object]) -> None:
    CopyOptions(target=TARGET, **fields)  # type: ignore[arg-type]


def test_bandwidth_is_in_units_of_1024_squared() -> None:
    assert CopyOptions(target=TARGET, bandwidth_mb=1.5).bytes_per_second == 1.5 * 1024 * 1024


def test_options_are_frozen_and_travel_by_pickle() -> None:
    options = CopyOptions(sources=(Uri("hdfs", "nn", "/s"),), target=TARGET, update=True, filters=("a",))
    assert pickle.loads(pickle.dumps(options)) == options
    with pytest.raises(ValidationError):
        options.update = False  # type: ignore[misc]
