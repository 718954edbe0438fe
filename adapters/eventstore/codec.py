"""One event on disk: readable JSON, a closed registry of names, upcasting of old shapes."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from functools import cache, lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin
from uuid import UUID

import orjson
from pydantic import BaseModel

from adapters.eventstore import sealing
from application.ports import NewEvent
from domain.event import EVENTS, Event, Purpose, RecordedEvent, Role, SourceRow
from domain.values import Moment

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


ACTORS_KEPT = 1024


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
    """The `state` column: the envelope and the data as JSON text.

    The envelope is put together from pieces, most of which many events share.
    """
    parts = [b'{"at":"', str(new.at).encode(), b'",', _by(new.actor, new.role, new.purpose, new.unit)]
    if new.source is not None:
        parts += (b',"source":', _from(new.source))
    if new.correlation is not None:
        parts += (b',"correlation":', orjson.dumps(new.correlation))
    if new.causation is not None:
        parts += (b',"causation":', orjson.dumps(new.causation))
    if new.broken:
        parts += (b',"broken":', _list(new.broken))
    parts += (b',"data":', data_of(new, stream, keys), b"}")
    return b"".join(parts).decode()


_SAID_BY: dict[str, tuple[Role, Purpose, str | None, bytes]] = {}
"""By actor, as what they acted last: the hash of an enumeration would take longer than all else."""


def _by(actor: str, role: Role, purpose: Purpose, unit: str | None) -> bytes:
    known = _SAID_BY.get(actor)
    if known is not None and known[0] is role and known[1] is purpose and known[2] == unit:
        return known[3]
    told = {"actor": actor, "role": role, "purpose": purpose} | ({} if unit is None else {"unit": unit})
    made = orjson.dumps(told)[1:-1]
    if len(_SAID_BY) >= ACTORS_KEPT:
        _SAID_BY.clear()
    _SAID_BY[actor] = (role, purpose, unit, made)
    return made


@lru_cache(maxsize=8)
def _from(source: SourceRow) -> bytes:
    return orjson.dumps(source._asdict())


@lru_cache(maxsize=1024)
def _list(names: tuple[str, ...]) -> bytes:
    return orjson.dumps(names)


def data_of(new: NewEvent, stream: str, keys: dict[str, sealing.DataKey]) -> bytes:
    """The event itself as JSON, sealed fields as ciphertext."""
    event = new.event
    kind, said = type(event), event.__dict__
    sealed = sealing.sealed_fields(kind)
    for name, _ in sealed:
        if said[name] is not None:
            data = event.model_dump(mode="json")
            sealing.seal(data, kind, stream, str(new.event_id), keys)
            return orjson.dumps(data)
    if is_plain(kind):
        return orjson.dumps(said, default=_plain, option=orjson.OPT_PASSTHROUGH_DATACLASS)
    return event.__pydantic_serializer__.to_json(event)


@cache
def is_plain(kind: type[BaseModel]) -> bool:
    """Whether orjson, in a third of the time, writes what pydantic does: texts, codes, whole numbers, flags, times."""
    own = kind.__pydantic_decorators__
    if (
        own.model_serializers
        or own.field_serializers
        or own.computed_fields
        or kind.model_config.get("extra") == "allow"
    ):
        return False
    sealed = {name for name, _ in sealing.sealed_fields(kind)}
    return all(name in sealed or _is_plain_type(field.annotation) for name, field in kind.model_fields.items())


def _is_plain_type(given: Any) -> bool:
    origin, parts = get_origin(given), get_args(given)
    if origin is Annotated:
        return _is_plain_type(parts[0])
    if origin in (Union, UnionType, tuple):
        return all(part is Ellipsis or _is_plain_type(part) for part in parts)
    if not isinstance(given, type):
        return False
    if issubclass(given, BaseModel):
        return is_plain(given)
    return given in (str, int, bool, NoneType, Moment) or issubclass(given, StrEnum)


def _plain(value: object) -> object:
    if isinstance(value, Moment):
        return str(value)
    if isinstance(value, BaseModel):
        return value.__dict__
    raise TypeError(f"{type(value).__name__} is not written like this")


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
