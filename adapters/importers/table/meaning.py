"""What a mapping may map: the events of a case, their fields, and what a value in a field can be."""

from functools import cache
from typing import Annotated, Any, TypeVar, cast, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from adapters.eventstore.sealing import sealed_fields
from domain.case.correction import CorrectedFacts
from domain.case.outcome import OutcomeAssigned
from domain.case.recording import CrimeRecorded, CrimeReported, IncidentRegistered, N100Recorded, RecordingDeclined
from domain.event import Event
from domain.values import FreeText, Moment, Place

EVENTS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (CrimeReported, IncidentRegistered, RecordingDeclined, N100Recorded, CrimeRecorded, OutcomeAssigned)
}
"""In the order in which they can follow one another in the life of a case."""

DERIVED = frozenset({"record_by", "rule_set"})
NOT_FROM_A_TABLE = DERIVED | {"reference", "external", "reporter"}
CORRECTABLE = frozenset(CorrectedFacts.model_fields)
M = TypeVar("M", bound=BaseModel)
_STAGES: dict[type[Event], int] = {
    CrimeReported: 0,
    IncidentRegistered: 1,
    RecordingDeclined: 2,
    N100Recorded: 2,
    CrimeRecorded: 3,
}
OUTCOME_STAGE = 4


@cache
def stage(kind: type[Event]) -> int:
    """How far in the life of a case the event stands; a higher one never precedes a lower one."""
    return _STAGES.get(kind, OUTCOME_STAGE)


@cache
def fields_of(kind: type[Event]) -> tuple[str, ...]:
    """The fields that a mapping may fill."""
    return tuple(
        name
        for name, field in kind.model_fields.items()
        if name not in NOT_FROM_A_TABLE and Place not in (field.annotation, *_parts(field))
    )


@cache
def required_of(kind: type[Event]) -> tuple[str, ...]:
    """The fields that every row must fill; the time of receipt is that of the event where nothing else is said."""
    return tuple(name for name in fields_of(kind) if kind.model_fields[name].is_required() and name != "received_at")


@cache
def is_moment(kind: type[Event], name: str) -> bool:
    """Whether the field is a time."""
    field = kind.model_fields[name]
    return Moment in (field.annotation, *_parts(field))


@cache
def sealed_of(kind: type[Event]) -> frozenset[str]:
    """The fields that are encrypted."""
    return frozenset(name for name, _ in sealed_fields(kind))


def value_of(kind: type[Event], name: str, given: object) -> Any:
    """What the field holds for a given text or constant; `ValueError` says what it can hold."""
    try:
        return _adapter(kind, name).validate_python(given)
    except ValidationError as error:
        first = error.errors()[0]
        expected = (first.get("ctx") or {}).get("expected")
        if expected:
            raise ValueError(f"{name} can be {expected}") from error
        raise ValueError(f"is no {name} ({first['msg'].lower()})") from error


def with_values(template: M, values: dict[str, Any]) -> M:
    """A copy of a frozen model with other values, which are those of its fields already: nothing is checked again."""
    made: M = template.__class__.__new__(template.__class__)
    set_ = object.__setattr__
    set_(made, "__dict__", {**template.__dict__, **values})
    set_(made, "__pydantic_fields_set__", {*template.__pydantic_fields_set__, *values})
    set_(made, "__pydantic_extra__", None)
    set_(made, "__pydantic_private__", None)
    return made


@cache
def _adapter(kind: type[Event], name: str) -> TypeAdapter[Any]:
    field = kind.model_fields[name]
    if name in sealed_of(kind):
        return TypeAdapter(FreeText)
    plain: Any = field.annotation
    annotated: Any = cast(Any, Annotated)[(plain, *field.metadata)] if field.metadata else plain
    return cast(Any, TypeAdapter)(annotated)


def _parts(field: Any) -> tuple[Any, ...]:
    return get_args(field.annotation)
