"""What a mapping can say, as tables for the reference: its keys, and the events with their fields."""

from collections.abc import Iterator, Sequence
from enum import Enum
from inspect import cleandoc
from typing import Any, NamedTuple, get_args

from pydantic_core import PydanticUndefined

from adapters.importers.table.life import stage
from adapters.importers.table.mapping import (
    ColumnRules,
    EventRules,
    FileRules,
    KindRules,
    Mapping,
    Numbered,
    Part,
    Series,
    TimeRules,
)
from adapters.importers.table.meaning import EVENTS, EVENTS_OF, Leaf, leaves, names_a_case, required_of
from domain.event import Event
from domain.values import Moment

KEYS: dict[str, type[Part]] = {
    "A mapping": Mapping,
    "`[file]`": FileRules,
    "`[time]`": TimeRules,
    '`[columns."NAME"]`': ColumnRules,
    "`[numbered.NAME]`": Numbered,
    "`[[event]]`": EventRules,
    "`[series]`": Series,
    "`[series.kinds.NAME]`": KindRules,
}


class Section(NamedTuple):
    """A title, a text below it, and a table."""

    title: str
    text: str
    head: Sequence[str]
    rows: list[Sequence[str]]


def parts() -> Iterator[Section]:
    """The keys of a mapping, part by part."""
    for title, part in KEYS.items():
        rows: list[Sequence[str]] = [
            (f"`{name}`", "yes" if field.is_required() else _default(field.default), _line(field.description or ""))
            for name, field in part.model_fields.items()
        ]
        yield Section(title, "", ("key", "required, or what it is when left out", "what it says"), rows)


def events(aggregate: str | None = None) -> Iterator[Section]:
    """The events that a mapping of such streams (left out: any) can name, with the paths of their fields."""
    for name, kind in (EVENTS if aggregate is None else EVENTS_OF[aggregate]).items():
        needed = required_of(kind)
        rows: list[Sequence[str]] = [
            (f"`{path}`", _holds(kind, leaf), "yes" if path in needed else "", "yes" if leaf.sealed else "")
            for path, leaf in leaves(kind).items()
        ]
        text = _line(kind.__doc__ or "")
        yield Section(f"`{name}`", text, ("field", "what it holds", "required", "sealed"), rows)


def stages(aggregate: str) -> list[list[str]]:
    """The events of such streams that cannot lie before one another, in their order."""
    found: dict[int, list[str]] = {}
    for name, kind in EVENTS_OF[aggregate].items():
        if (place := stage(kind)) is not None:
            found.setdefault(place, []).append(name)
    return [found[place] for place in sorted(found)]


def _holds(kind: type[Event], leaf: Leaf) -> str:
    if leaf.path.endswith(".person"):
        return "a key of the person, from which an id of the person is derived; left out: the key of the row"
    if names_a_case(kind, leaf.path):
        return "a case: the key of its row, or its id"
    if leaf.is_moment:
        return "a time"
    types = _types(leaf.type)
    if words := [f"`{member.value}`" for type_ in types if issubclass(type_, Enum) for member in type_]:
        return ", ".join(words)
    names = {bool: "yes or no", int: "a number", str: "text", Moment: "a time"}
    return " or ".join(dict.fromkeys(names.get(type_, type_.__name__) for type_ in types))


def _types(annotation: Any) -> list[type[Any]]:
    if isinstance(annotation, type):
        return [] if annotation is type(None) else [annotation]
    if hasattr(annotation, "__metadata__"):
        return _types(get_args(annotation)[0])
    return [type_ for part in get_args(annotation) for type_ in _types(part)]


def _default(value: object) -> str:
    if value is None or value is PydanticUndefined or value in ((), {}) or isinstance(value, Part):
        return ""
    return f"`{value}`" if isinstance(value, str | int) else ", ".join(f"`{each}`" for each in value)  # type: ignore[union-attr]


def _line(text: str) -> str:
    return cleandoc(text).replace("\n", " ")
