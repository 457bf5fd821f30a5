"""What is given for the fields of a checked value: what it comes to, what is refused, and in which words."""

import pickle
from typing import Any, Literal

import pytest

from hdfs2oss.model.checked import Checked, Field, ValidationError, field_validator, model_validator
from hdfs2oss.model.uri import Uri

PLACE = Uri("hdfs", "nn", "/a")


class Order(Checked):
    place: Uri
    number: int = Field(1, ge=1, le=100)
    weight: float | None = None
    names: tuple[str, ...] = ()
    ends: tuple[str, str] | None = None
    manner: Literal["slow", "fast"] = "slow"
    others: tuple[Uri, ...] = ()
    is_urgent: bool = False

    @field_validator("names")
    @classmethod
    def _in_order(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if "" in names:
            raise ValueError("a name is empty")
        return tuple(sorted(names))

    @model_validator(mode="before")
    @classmethod
    def _urgent_is_fast(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {**given, "manner": "fast"} if given.get("is_urgent") else given

    @model_validator(mode="after")
    def _light(self) -> "Order":
        if self.is_urgent and self.weight is not None:
            raise ValueError("what is urgent has no weight")
        return self


class LongOrder(Order):
    days: int = 3

    @field_validator("days")
    @classmethod
    def _whole_weeks(cls, days: int) -> int:
        return days - days % 7


@pytest.mark.parametrize(
    ("field", "given", "comes_to"),
    [
        ("number", "7", 7),
        ("number", 7.0, 7),
        ("weight", 7, 7.0),
        ("weight", "1.5", 1.5),
        ("weight", None, None),
        ("names", ["b", "a"], ("a", "b")),
        ("ends", ["a", "b"], ("a", "b")),
        ("place", ["oss", "b", "/"], Uri("oss", "b", "/")),
        ("others", [["oss", "b", "/"], PLACE], (Uri("oss", "b", "/"), PLACE)),
        ("manner", "fast", "fast"),
        ("is_urgent", True, True),
    ],
)
def test_what_is_given_comes_to_the_type_of_its_field(field, given, comes_to) -> None:
    found = getattr(Order(**{"place": PLACE, field: given}), field)
    assert (found, type(found)) == (comes_to, type(comes_to))


@pytest.mark.parametrize(
    ("given", "field", "reason"),
    [
        ({}, "place", "Field required"),
        ({"place": PLACE, "size": 1}, "size", "Extra inputs are not permitted"),
        ({"place": "hdfs://nn/a"}, "place", "valid tuple"),
        ({"place": PLACE, "number": "many"}, "number", "valid integer"),
        ({"place": PLACE, "number": 1.5}, "number", "valid integer"),
        ({"place": PLACE, "number": 0}, "number", "greater than or equal to 1"),
        ({"place": PLACE, "number": 101}, "number", "less than or equal to 100"),
        ({"place": PLACE, "weight": "heavy"}, "weight", "valid number"),
        ({"place": PLACE, "names": "ab"}, "names", "valid tuple"),
        ({"place": PLACE, "names": (1,)}, "names", "valid string"),
        ({"place": PLACE, "ends": ("a",)}, "ends", "2 items, not 1"),
        ({"place": PLACE, "manner": "often"}, "manner", "'slow' or 'fast'"),
        ({"place": PLACE, "is_urgent": "yes"}, "is_urgent", "valid boolean"),
        ({"place": PLACE, "names": ("",)}, "", "a name is empty"),
        ({"place": PLACE, "is_urgent": True, "weight": 1}, "", "what is urgent has no weight"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_field_it_is_about(given, field, reason) -> None:
    with pytest.raises(ValidationError, match=reason) as raised:
        Order(**given)
    assert raised.value.field == field


def test_what_is_seen_before_all_else_may_change_what_counts() -> None:
    assert Order(place=PLACE, is_urgent=True).manner == "fast"


def test_a_kind_of_a_kind_has_the_fields_and_the_checks_of_both() -> None:
    order = LongOrder(place=PLACE, days=15, names=("b", "a"))
    assert (order.days, order.names, list(Order.model_fields)[-1]) == (14, ("a", "b"), "is_urgent")
    with pytest.raises(ValidationError, match="not permitted"):
        Order(place=PLACE, days=15)  # type: ignore[call-arg]


def test_it_is_frozen_and_equal_by_its_fields_and_travels() -> None:
    order = Order(place=PLACE, number=2)
    travelled = pickle.loads(pickle.dumps(order))
    assert (travelled, hash(travelled), travelled.model_fields_set) == (order, hash(order), {"place", "number"})
    assert order != Order(place=PLACE)
    with pytest.raises(ValidationError, match="frozen"):
        order.number = 3  # type: ignore[misc]


def test_a_copy_has_other_values_and_the_plain_form_is_that_of_json() -> None:
    order = Order(place=PLACE, names=("a",)).model_copy(update={"number": 9})
    assert (order.number, order.names, order.model_fields_set) == (9, ("a",), {"place", "names", "number"})
    plain = order.model_dump(exclude={"ends", "others", "weight"})
    assert plain == {
        "place": ["hdfs", "nn", "/a"],
        "number": 9,
        "names": ["a"],
        "manner": "slow",
        "is_urgent": False,
    }
