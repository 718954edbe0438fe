"""What a mapping may map: the events of each aggregate, their fields by dotted path, and what a field can hold."""

import re
from collections.abc import Callable, Collection, Iterator
from functools import cache
from types import UnionType
from typing import Annotated, Any, NamedTuple, TypeVar, Union, cast, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from adapters.eventstore.sealing import sealed_fields
from domain.aggregate import AGGREGATES
from domain.case.correction import CorrectedFacts
from domain.case.linking import CaseId
from domain.event import Event
from domain.misconduct.identity import IdentityEvent
from domain.values import FreeText, Moment, PersonalData

CLOCK = frozenset({"received_at", "record_by", "rule_set"})
"""The fields of an event that starts the recording clock; the last two follow from the first."""

DERIVED = frozenset({"record_by", "rule_set"})
GIVEN_BY_CANDOUR = frozenset({"reference"})
NUMBERED = "N"
_SET_VALUES, _SET_NAMES, _SET_EXTRA, _SET_PRIVATE = (
    BaseModel.__dict__[f"__{slot}__"].__set__
    for slot in ("dict", "pydantic_fields_set", "pydantic_extra", "pydantic_private")
)
_NEW = object.__new__
_CASE_ID = TypeAdapter[str](CaseId)
M = TypeVar("M", bound=BaseModel)


class Leaf(NamedTuple):
    """A field that one cell can fill: its path, its type, the field of the event that it is part of.

    `required`: the event needs it; `of_part`: whatever it is a part of needs it.
    """

    path: str
    type: Any
    field: str
    required: bool
    of_part: bool
    sealed: bool

    @property
    def is_moment(self) -> bool:
        """Whether it is a time."""
        return Moment in _alternatives(self.type)


@cache
def sealed_of(kind: type[Event]) -> frozenset[str]:
    """The fields that are encrypted."""
    return frozenset(name for name, _ in sealed_fields(kind))


@cache
def leaves(kind: type[Event]) -> dict[str, Leaf]:
    """The fields that a mapping may fill, by path; an item of a list has `N` for its number, counted from 1."""
    found: list[Leaf] = []
    for name, field in kind.model_fields.items():
        if name not in DERIVED | GIVEN_BY_CANDOUR:
            found += _leaves(name, field, name, field.is_required(), name in sealed_of(kind))
    return {leaf.path: leaf for leaf in found}


def leaf_of(kind: type[Event], path: str) -> Leaf | None:
    """The field of that path, or None."""
    return leaves(kind).get(re.sub(r"\.[1-9][0-9]?(?=\.|$)", f".{NUMBERED}", path))


@cache
def required_of(kind: type[Event]) -> tuple[str, ...]:
    """The paths that every row must fill; the time of receipt is that of the event where nothing else is said."""
    fields = kind.model_fields
    return tuple(
        leaf.path
        for leaf in leaves(kind).values()
        if fields[leaf.field].is_required() and leaf.required and leaf.field not in CLOCK
    )


def incomplete(kind: type[Event], paths: Collection[str]) -> Iterator[tuple[str, str]]:
    """The paths that need another one beside them which is not among those given."""
    for path in paths:
        leaf, (above, _, _) = leaf_of(kind, path), path.rpartition(".")
        if leaf is not None and above and not leaf.path.endswith(f".{NUMBERED}"):
            group = leaf.path.rpartition(".")[0]
            parts = [other.path.rpartition(".") for other in leaves(kind).values() if other.of_part]
            beside = (f"{above}.{part}" for whole_, _, part in parts if whole_ == group)
            yield from ((path, other) for other in beside if other not in paths)


@cache
def starts_the_clock(kind: type[Event]) -> bool:
    """Whether the event says from when the force has to record, and by when."""
    return kind.model_fields.keys() >= CLOCK


@cache
def keeps_rule_set(kind: type[Event]) -> bool:
    """Whether the event names the rules of proceedings that were in force."""
    return "rule_set" in kind.model_fields and not starts_the_clock(kind)


def is_case_id(text: str) -> bool:
    """Whether the text is the id of a case."""
    try:
        _CASE_ID.validate_python(text)
    except ValidationError:
        return False
    return True


@cache
def names_a_case(kind: type[Event], path: str) -> bool:
    """Whether the field holds the id of a case; a table has the key of another row there."""
    leaf = leaf_of(kind, path)
    return leaf is not None and leaf.type == CaseId


def value_of(kind: type[Event], path: str, given: object) -> Any:
    """What the field holds for a given text or constant; `ValueError` says what it can hold."""
    return value_reader(kind, path)(given)


def value_reader(kind: type[Event], path: str) -> Callable[[object], Any]:
    """`value_of` for that field, to be used for many values."""
    leaf = leaf_of(kind, path)
    assert leaf is not None, "the mapping was not checked"
    validated = _adapter(kind, leaf.path).validator.validate_python

    def read(given: object) -> Any:
        try:
            return validated(given)
        except ValidationError as error:
            first = error.errors()[0]
            expected = (first.get("ctx") or {}).get("expected")
            if expected:
                raise ValueError(f"{path} can be {expected}") from error
            raise ValueError(f"is no {path} ({first['msg'].lower()})") from error

    return read


def whole(kind: type[Event], name: str, parts: dict[str, Any]) -> Any:
    """The value of a field that is made of parts, which have their paths below it; `ValueError` if they do not fit."""
    tree: dict[str, Any] = {}
    if not any("." in path or path.isdigit() for path in parts):
        return _validated(kind, name, parts)
    for path, value in parts.items():
        *above, last = path.split(".")
        at = tree
        for step in above:
            at = at.setdefault(step, {})
        at[last] = value
    return _validated(kind, name, _listed(tree))


def _validated(kind: type[Event], name: str, given: Any) -> Any:
    try:
        return _whole(kind, name).validate_python(given)
    except ValidationError as error:
        raise ValueError(f"is no {name}") from error


def correctable(kind: type[Event], name: str, value: object) -> bool:
    """Whether a correction of such an event can state this value under this name, and read as what it is."""
    if name in CorrectedFacts.model_fields:  # there, the name may stand for something else
        try:
            read = _whole(CorrectedFacts, name).validate_python(value)
        except ValidationError:
            return False
    elif name in sealed_of(kind) or name not in kind.model_fields:
        return False
    else:
        read = as_stated(kind, name, as_corrected(kind, name, value))
    return type(read) is type(value) and read == value


def as_corrected(kind: type[Event], name: str, value: object) -> Any:
    """The value as a correction holds it: those that it has no type of its own for as they are written."""
    if name in CorrectedFacts.model_fields or name not in kind.model_fields:
        return value
    return _whole(kind, name).dump_python(value, mode="json")


def as_stated(kind: type[Event], name: str, value: object) -> Any:
    """The value that a correction of such an event states, as the event itself would hold it."""
    if name in CorrectedFacts.model_fields or name not in kind.model_fields:
        return value
    try:
        return _whole(kind, name).validate_python(value)
    except ValidationError:
        return value


def with_values(template: M, values: dict[str, Any]) -> M:
    """A copy of a frozen model with other values, which are those of its fields already: nothing is checked again."""
    return made_of(template.__class__, {**template.__dict__, **values}, {*template.__pydantic_fields_set__, *values})


def made_of(kind: type[M], values: dict[str, Any], named: set[str]) -> M:
    """A model with these values, which are those of its fields already; `named` are those that were not left out."""
    made: M = _NEW(kind)
    _SET_VALUES(made, values)
    _SET_NAMES(made, named)
    _SET_EXTRA(made, None)
    _SET_PRIVATE(made, None)
    return made


def _leaves(path: str, field: FieldInfo, top: str, required: bool, sealed: bool) -> Iterator[Leaf]:
    kinds, needed = _alternatives(field.annotation), field.is_required()
    if PersonalData in kinds:
        yield Leaf(f"{path}.value", FreeText, top, required, True, True)
        yield Leaf(f"{path}.person", str, top, False, False, False)
    elif models := [one for one in kinds if isinstance(one, type) and issubclass(one, BaseModel)]:
        for name, part in models[0].model_fields.items():
            yield from _leaves(f"{path}.{name}", part, top, required and part.is_required(), sealed)
    elif lists := [one for one in kinds if get_origin(one) is tuple]:
        item = FieldInfo.from_annotation(get_args(lists[0])[0])
        yield from _leaves(f"{path}.{NUMBERED}", item, top, False, sealed)
    elif UUID not in kinds:
        yield Leaf(path, FreeText if sealed else _annotated(field), top, required, needed, sealed)


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    """The types that a field can hold."""
    if get_origin(annotation) is Annotated:
        return _alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return tuple(one for part in get_args(annotation) for one in _alternatives(part))
    return (annotation,)


def _annotated(field: FieldInfo) -> Any:
    plain: Any = field.annotation
    return cast(Any, Annotated)[(plain, *field.metadata)] if field.metadata else plain


@cache
def _adapter(kind: type[Event], path: str) -> TypeAdapter[Any]:
    return TypeAdapter(leaves(kind)[path].type)


@cache
def _whole(kind: type[BaseModel], name: str) -> TypeAdapter[Any]:
    return TypeAdapter(_annotated(kind.model_fields[name]))


def _listed(tree: Any) -> Any:
    """Numbered parts as a list."""
    if not isinstance(tree, dict):
        return tree
    given = cast(dict[str, Any], tree)
    inner = {name: _listed(part) for name, part in given.items()}
    if inner and all(name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def _can_be_told(kind: type[Event]) -> bool:
    """Whether a table can say all that the event needs.

    One that speaks of other events it cannot, and who reported misconduct is told by the reporter alone.
    """
    if kind in _NOT_BY_A_TABLE:
        return False
    known = {leaf.field for leaf in leaves(kind).values()} | DERIVED
    needed = [name for name, field in kind.model_fields.items() if field.is_required()]
    return all(name in known and not _names_an_event(kind.model_fields[name]) for name in needed)


def _names_an_event(field: FieldInfo) -> bool:
    """Whether an event is named in each item of a list."""
    items = [get_args(one)[0] for one in _alternatives(field.annotation) if get_origin(one) is tuple]
    models = [item for item in items if isinstance(item, type) and issubclass(item, BaseModel)]
    return any(UUID in _within(part.annotation) for model in models for part in model.model_fields.values())


def _within(annotation: Any) -> set[Any]:
    """The types of a field and of the items of its lists."""
    kinds = _alternatives(annotation)
    return {*kinds, *(inner for one in kinds if get_origin(one) is tuple for inner in get_args(one))}


_NOT_BY_A_TABLE = frozenset(get_args(IdentityEvent))

EVENTS_OF: dict[str, dict[str, type[Event]]] = {
    name: {kind.__name__: kind for kind in each.events if _can_be_told(kind)} for name, each in AGGREGATES.items()
}
"""The events that a mapping can name, by aggregate: all that need nothing which only Candour knows."""

EVENTS: dict[str, type[Event]] = {name: kind for events in EVENTS_OF.values() for name, kind in events.items()}
"""The same for all aggregates."""
