"""Our own values as JSON has them; sealed text reads as `[sealed]`, so that it shows whether there is any."""

from dataclasses import fields, is_dataclass
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel

from adapters.eventstore.sealing import MARK, sealed_fields
from domain.values import Moment, PersonalData

SEALED = "[sealed]"


@runtime_checkable
class NamedValue(Protocol):
    """A tuple whose members have names."""

    def _asdict(self) -> dict[str, Any]: ...


def plain(value: Any) -> Any:
    """The next simpler form of a value that is none of JSON's own; `TypeError` if it has none."""
    if isinstance(value, Moment):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(value)  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]
    if isinstance(value, BaseModel):
        return closed(value)
    if isinstance(value, NamedValue):
        return {name: _closed(each) for name, each in value._asdict().items()}  # pyright: ignore[reportPrivateUsage]
    if is_dataclass(value):
        return {field.name: _closed(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} has no JSON form")


def closed(model: BaseModel) -> dict[str, Any]:
    """The model as JSON data, without its sealed text."""
    data = model.model_dump(mode="json")
    for name, personal in sealed_fields(type(model)):
        if data.get(name) is not None:
            data[name] = data[name] | {"value": SEALED} if personal else SEALED
    return data | {"value": SEALED} if isinstance(model, PersonalData) else data


def _closed(value: Any) -> Any:
    """Sealed text that a state holds by itself has no type to know it by, but its mark."""
    return SEALED if isinstance(value, str) and value.startswith(MARK) else value
