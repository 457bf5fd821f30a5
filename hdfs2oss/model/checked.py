"""Values that are checked once, when they are made: frozen classes whose fields stand as annotations.

    class Order(Checked):
        place: Uri
        number: int = Field(1, ge=1)

        @field_validator("number")
        @classmethod
        def _even(cls, number: int) -> int: ...

What is given for a field comes to its type, or is refused; what is not given is the default, as it stands:

    annotation                       takes
    ------------------------------   -----------------------------------------
    bool, str                        just that
    int, float                       a number; one that is written as a text
    Literal["a", "b"]                one of these
    Uri, and other NamedTuples       one, or a sequence of its fields, as JSON has it
    tuple[X, ...], tuple[X, Y]       a sequence of what X takes; exactly two of them
    X | None                         what X takes, or None

The words are pydantic's, and so is what is left of its manner. It is not used for this: it takes longer to load than
a short copy has for all that it reads and writes, and that in each process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import get_annotations
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

if TYPE_CHECKING:
    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_: object) -> Callable[[type], type]:
        """Words for type checkers."""
        return lambda kind: kind


V = TypeVar("V")
_MISSING: Any = object()
_CHECKS, _MODES = "_checks_fields", "_checks_all"


class ValidationError(ValueError):
    """What was given cannot be meant. `field` is what it is about, or ""."""

    def __init__(self, reason: str, field: str = "") -> None:
        self.reason = reason
        self.field = field
        super().__init__(f"{field}: {reason}" if field else reason)


class FieldInfo(NamedTuple):
    """What is known of a field besides its type: the default, and the least and greatest number."""

    default: Any = _MISSING
    least: float | None = None
    most: float | None = None


def Field(default: Any, *, ge: float | None = None, le: float | None = None) -> Any:
    """A default, with the least and the greatest number that may be given."""
    return FieldInfo(default, ge, le)


def field_validator(*names: str) -> Callable[[V], V]:
    """Marks a class method that is given what was given for one of these fields, and gives what it comes to."""
    return _marked(_CHECKS, names)


def model_validator(*, mode: Literal["before", "after"]) -> Callable[[V], V]:
    """Marks what sees all fields: before, a class method from what was given to what counts; after, a method."""
    return _marked(_MODES, mode)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(Field,))
class Checked:
    """Base of classes that are described above. Equal by their fields; pickles."""

    model_fields: ClassVar[dict[str, FieldInfo]] = {}
    _field_checks: ClassVar[dict[str, list[str]]] = {}
    _all_checks: ClassVar[dict[str, list[str]]] = {"before": [], "after": []}
    _kinds: ClassVar[dict[str, Any] | None] = None

    def __init_subclass__(cls) -> None:
        fields = {name: _info(cls.__dict__.get(name, _MISSING)) for name in get_annotations(cls)}
        for name in fields:
            if name in cls.__dict__:
                delattr(cls, name)
        cls.model_fields = {**cls.model_fields, **fields}
        cls._field_checks = {name: list(checks) for name, checks in cls._field_checks.items()}
        cls._all_checks = {mode: list(checks) for mode, checks in cls._all_checks.items()}
        cls._kinds = None
        for name, member in list(cls.__dict__.items()):
            function = getattr(member, "__func__", member)
            for field in getattr(function, _CHECKS, ()):
                cls._field_checks.setdefault(field, []).append(name)
            if hasattr(function, _MODES):
                cls._all_checks[getattr(function, _MODES)].append(name)

    def __init__(self, **given: Any) -> None:
        cls = type(self)
        try:
            for name in cls._all_checks["before"]:
                given = getattr(cls, name)(given)
            values = {name: cls._value(name, info, given) for name, info in cls.model_fields.items()}
            for name in given:
                if name not in cls.model_fields:
                    raise ValidationError("Extra inputs are not permitted", name)
            self.__dict__.update(values, model_fields_set=frozenset(given))
            for name in cls._all_checks["after"]:
                getattr(self, name)()
        except ValidationError:
            raise
        except ValueError as error:
            raise ValidationError(str(error)) from None

    @classmethod
    def _value(cls, name: str, info: FieldInfo, given: Mapping[str, Any]) -> Any:
        if name not in given:
            if info.default is _MISSING:
                raise ValidationError("Field required", name)
            return info.default
        if cls._kinds is None:
            cls._kinds = get_type_hints(cls)
        try:
            value = _taken(cls._kinds[name], given[name])
            _refuse_beyond(info, value)
        except ValueError as error:
            raise ValidationError(str(error), name) from None
        for check in cls._field_checks.get(name, ()):
            value = getattr(cls, check)(value)
        return value

    @property
    def model_fields_set(self) -> frozenset[str]:
        """The fields that were given."""
        return self.__dict__["model_fields_set"]  # type: ignore[no-any-return]

    def model_copy(self, *, update: Mapping[str, Any]) -> Self:
        """The same with other values, which are taken as they are."""
        copy = object.__new__(type(self))
        given = frozenset((*self.model_fields_set, *update))
        copy.__dict__.update({**self.__dict__, **update, "model_fields_set": given})
        return copy

    def model_dump(self, *, exclude: frozenset[str] | set[str] = frozenset()) -> dict[str, Any]:
        """All fields as JSON has them."""
        return {name: _plain(self.__dict__[name]) for name in self.model_fields if name not in exclude}

    def __setattr__(self, name: str, value: object) -> None:
        raise ValidationError("Instance is frozen", name)

    def __delattr__(self, name: str) -> None:
        raise ValidationError("Instance is frozen", name)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={self.__dict__[name]!r}" for name in self.model_fields)
        return f"{type(self).__name__}({fields})"

    def _values(self) -> tuple[Any, ...]:
        return tuple(self.__dict__[name] for name in self.model_fields)


def _marked(mark: str, value: object) -> Callable[[V], V]:
    def decorate(member: V) -> V:
        setattr(getattr(member, "__func__", member), mark, value)
        return member

    return decorate


def _info(default: Any) -> FieldInfo:
    return default if isinstance(default, FieldInfo) else FieldInfo(default)


def _taken(kind: Any, value: Any) -> Any:
    """A value as a type takes it. Raises ValueError."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        others = [one for one in inner if one is not NoneType]
        return None if value is None else _taken(others[0], value)
    if origin is Literal:
        if value not in inner:
            raise ValueError(f"Input should be {' or '.join(map(repr, inner))}")
        return value
    if origin is tuple:
        return _taken_in_order(inner, value)
    if kind in (int, float):
        return _number(kind, value)
    if issubclass(kind, tuple):
        return value if isinstance(value, kind) else kind(*_taken_in_order((str, ...), value))
    if not isinstance(value, kind):
        raise ValueError(f"Input should be a valid {'string' if kind is str else 'boolean'}")
    return value


def _taken_in_order(kinds: tuple[Any, ...], values: Any) -> tuple[Any, ...]:
    if not isinstance(values, list | tuple):
        raise ValueError("Input should be a valid tuple")
    if kinds[-1] is ...:
        return tuple(_taken(kinds[0], one) for one in values)
    if len(values) != len(kinds):
        raise ValueError(f"Input should have {len(kinds)} items, not {len(values)}")
    return tuple(_taken(kind, one) for kind, one in zip(kinds, values, strict=True))


def _number(kind: type[int] | type[float], value: Any) -> int | float:
    word = "integer" if kind is int else "number"
    try:
        found = kind(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"Input should be a valid {word}") from None
    if isinstance(value, float) and kind is int and found != value:
        raise ValueError(f"Input should be a valid {word}, got a number with a fractional part")
    return found


def _refuse_beyond(info: FieldInfo, value: Any) -> None:
    if value is None:
        return
    if info.least is not None and not value >= info.least:
        raise ValueError(f"Input should be greater than or equal to {info.least}")
    if info.most is not None and not value <= info.most:
        raise ValueError(f"Input should be less than or equal to {info.most}")


def _plain(value: Any) -> Any:
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
