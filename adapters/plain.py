"""Our own values as JSON has them."""

from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel

from domain.values import Moment


def plain(value: Any) -> Any:
    """The next simpler form of a value that is none of JSON's own; `TypeError` if it has none."""
    if isinstance(value, Moment):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(value)  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} has no JSON form")
