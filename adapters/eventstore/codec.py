"""One event on disk: readable JSON, a closed registry of names, upcasting of old shapes."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from adapters.eventstore import sealing
from application.ports import NewEvent
from domain.event import EVENTS, Event, Purpose, RecordedEvent, Role, SourceRow
from domain.values import Moment, Precision

Upcaster = Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]
_NOT_LOOKED_AT = {"crime": None, "domestic_abuse": None, "n100_correct": None}
UPCASTERS: dict[str, Upcaster] = {
    "outcome_assigned.v1": lambda data: ("outcome_assigned.v2", {**data, "sub_code": None}),
    "item_judged.v1": lambda data: ("item_judged.v2", {**data, "verdict": {**data["verdict"], **_NOT_LOOKED_AT}}),
    "disagreement_resolved.v1": lambda data: (
        "disagreement_resolved.v2",
        {**data, "verdict": {**data["verdict"], **_NOT_LOOKED_AT}},
    ),
    "subject_identified.v1": lambda data: ("subject_identified.v2", {**data, "line": []}),
}

_ROLES = {role.value: role for role in Role}
_PURPOSES = {purpose.value: purpose for purpose in Purpose}


class UnknownEvent(Exception):
    """The log holds an event that this version of the software does not know; upgrade before reading on."""


class Row(NamedTuple):
    """A row of the events table."""

    stream: str
    version: int
    name: str
    position: int
    written_at: datetime
    event_id: UUID
    force: str
    state: str


def encode(new: NewEvent, stream: str, keys: dict[str, sealing.DataKey]) -> str:
    """The `state` column: the envelope and the data as JSON text."""
    envelope: dict[str, Any] = {"at": _written(new.at), "actor": new.actor, "role": new.role, "purpose": new.purpose}
    if new.unit is not None:
        envelope["unit"] = new.unit
    if new.source is not None:
        batch, row, content, key = new.source
        envelope["source"] = {"batch": batch, "row": row, "content": content, "key": key}
    if new.correlation is not None:
        envelope["correlation"] = new.correlation
    if new.causation is not None:
        envelope["causation"] = new.causation
    if new.broken:
        envelope["broken"] = new.broken
    head = orjson.dumps(envelope, option=orjson.OPT_UTC_Z)
    return (head[:-1] + b',"data":' + data_of(new, stream, keys) + b"}").decode()


def _written(at: Moment) -> object:
    """What orjson writes as `str(at)` would; it is quicker with a datetime, but leaves out microseconds that are 0."""
    exact = at.precision is Precision.INSTANT and at.earliest.microsecond and at.earliest.tzinfo is UTC
    return at.earliest if exact else str(at)


def data_of(new: NewEvent, stream: str, keys: dict[str, sealing.DataKey]) -> bytes:
    """The event itself as JSON, sealed fields as ciphertext."""
    kind = type(new.event)
    sealed = sealing.sealed_fields(kind)
    if not sealed or all(getattr(new.event, name) is None for name, _ in sealed):
        return new.event.__pydantic_serializer__.to_json(new.event)
    data = new.event.model_dump(mode="json")
    sealing.seal(data, kind, stream, str(new.event_id), keys)
    return orjson.dumps(data)


def decode(row: Row) -> RecordedEvent:
    """The recorded event; sealed text stays as ciphertext. Raises `UnknownEvent`."""
    stream, version, name, position, written_at, event_id, force, text = row
    state = orjson.loads(text)
    source = state.get("source")
    causation = state.get("causation")
    return RecordedEvent(
        stream,
        version,
        position,
        written_at,
        event_id,
        force,
        Moment.of(state["at"]),
        state["actor"],
        _ROLES[state["role"]],
        _PURPOSES[state["purpose"]],
        decode_event(name, state["data"]),
        state.get("unit"),
        SourceRow(**source) if source else None,
        state.get("correlation"),
        UUID(causation) if causation else None,
        tuple(state.get("broken", ())),
    )


def decode_event(name: str, data: dict[str, Any]) -> Event:
    """The event of that stored name, upcast step by step to the shape of today."""
    while name in UPCASTERS:
        name, data = UPCASTERS[name](data)
    kind = EVENTS.get(name)
    if kind is None:
        raise UnknownEvent(f"the log holds the event {name}, which this version of Candour does not know")
    return kind.__pydantic_validator__.validate_python(data)
