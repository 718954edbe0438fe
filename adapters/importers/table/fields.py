"""The fields of an event, each read out of the cells of its columns."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

from adapters.importers.naming import case_stream
from adapters.importers.table.columns import Column, Kept
from adapters.importers.table.meaning import is_case_id, leaf_of, leaves, required_of, value_of, value_reader, whole
from adapters.importers.table.values import Unreadable, clean
from domain.event import Event
from domain.values import PersonalData

VALUES_KEPT = 10_000
PERSON_DIGITS = 32


class Simple(NamedTuple):
    """A field that one cell fills, with how its text is read, and whether it must be there."""

    name: str
    column: Column
    value: Callable[[str], Any]
    needed: bool

    @classmethod
    def of(cls, kind: type[Event], name: str, column: Column) -> "Simple":
        """The field of that name, from that column."""
        return cls(name, column, reader(kind, name, column), name in required_of(kind))


class Field(Protocol):
    """A field that is read out of the whole row."""

    name: str
    unknown_if_blank: bool

    def read(self, cells: Sequence[str], whose: str) -> Any:
        """Its value, or None if the cells are blank; raises `Unreadable`. `whose` names the row by force and key."""
        ...


class Linked:
    """A field that names another case: by its id here, or by the key that it has in the source."""

    def __init__(self, kind: type[Event], name: str, column: Column, namespace: str) -> None:
        self.name, self._column, self._namespace = name, column, namespace
        self._needed = name in required_of(kind)
        self.unknown_if_blank = column.blank == "unknown"

    def read(self, cells: Sequence[str], whose: str) -> str | None:
        """The id of the case."""
        column = self._column
        text = column.text(cells[column.place])
        if not text and (self._needed or column.blank == "error"):
            raise Unreadable(f"“{column.name}” is blank")
        if not text or is_case_id(text):
            return text or None
        return case_stream(whose.partition("|")[0], self._namespace, str(column.value(text)))


class Compound:
    """A field that is made of parts, some of which are cells and the others constants."""

    def __init__(self, kind: type[Event], name: str, parts: Mapping[str, object], namespace: str) -> None:
        self.name, self._kind, self._namespace = name, kind, namespace
        self._columns = [(path, given) for path, given in parts.items() if isinstance(given, Column)]
        self._needed = frozenset(required_of(kind)) & parts.keys()
        self._constants = {
            path: value_of(kind, path, given) for path, given in parts.items() if not isinstance(given, Column)
        }
        self._person = f"{name}.person" if f"{name}.person" in leaves(kind) else None
        self._readers = {path: reader(kind, path, column) for path, column in self._columns}
        paths = [path[len(name) + 1 :] for path in parts]
        at_once = not self._constants and not any("." in path or path.isdigit() for path in paths)
        self._at_once = at_once and not any((leaf := leaf_of(kind, path)) and leaf.is_moment for path in parts)
        self._named = [(path[len(name) + 1 :], column) for path, column in self._columns]
        self._made = lru_cache(maxsize=VALUES_KEPT)(self._make)
        self.unknown_if_blank = any(column.blank == "unknown" for _, column in self._columns)

    def read(self, cells: Sequence[str], whose: str) -> Any:
        """Its value, or None if the cells are blank; raises `Unreadable`. `whose` names the row by force and key."""
        texts: list[str] = []
        for path, column in self._columns:
            text = column.text(cells[column.place])
            if not text and (path in self._needed or column.blank == "error"):
                raise Unreadable(f"“{column.name}” is blank")
            texts.append(text)
        if self._person is not None:
            return self._personal(dict(zip((path for path, _ in self._columns), texts, strict=True)), whose)
        return self._made(tuple(texts))

    def _make(self, texts: tuple[str, ...]) -> Any:
        if self._at_once:
            given = {name: column.value(text) for (name, column), text in zip(self._named, texts, strict=True) if text}
            if not given:
                return None
            with suppress(ValueError):  # below, it is found out which part it is
                return whole(self._kind, self.name, given)
        told = {path: text for (path, _), text in zip(self._columns, texts, strict=True) if text}
        if not told:
            return None
        # An item of a list is there if one of its cells is; its constants alone say nothing.
        items = {_item(path) for path in told} | {_item(path) for path in self._constants} - {
            _item(path) for path, _ in self._columns
        }
        parts = {path: value for path, value in self._constants.items() if _item(path) in items}
        parts |= {path: self._readers[path](text) for path, text in told.items()}
        return built(self._kind, self.name, parts)

    def _personal(self, told: dict[str, str], whose: str) -> PersonalData | None:
        """A detail of a person, whose id derives from the source's own key of the person, or else of the row."""
        value = told.get(f"{self.name}.value")
        if not value:
            return None
        person = told.get(self._person or "") or self._constants.get(self._person or "")
        force = whose.partition("|")[0]
        named = f"{self._namespace}|{force}|person|{person}" if person else f"{self._namespace}|{whose}|{self.name}"
        return PersonalData(subject=f"person-{sha256(named.encode()).hexdigest()[:PERSON_DIGITS]}", value=value)


def built(kind: type[Event], name: str, parts: Mapping[str, Any]) -> Any:
    """The value of a field with parts; raises `Unreadable`."""
    try:
        return whole(kind, name, {path[len(name) + 1 :]: value for path, value in parts.items()})
    except ValueError:
        raise Unreadable(f"the parts of “{name}” do not make one") from None


def constant_of(kind: type[Event], name: str, parts: Mapping[str, object]) -> Any:
    """The value of a field that is the same in every row; `ValueError` if it cannot be."""
    if name in parts:
        return value_of(kind, name, parts[name])
    return whole(kind, name, {path[len(name) + 1 :]: value_of(kind, path, given) for path, given in parts.items()})


def reader(kind: type[Event], path: str, column: Column) -> Callable[[str], Any]:
    """How the text of a cell becomes the value of a field."""
    leaf = leaf_of(kind, path)
    assert leaf is not None, "the mapping was not checked"
    if leaf.is_moment:
        return column.moment

    held = value_reader(kind, path)

    def read(text: str) -> Any:
        given = column.value(text)
        try:
            return held(given)
        except ValueError:
            raise Unreadable(f"“{column.name}” holds a value that “{path}” cannot have") from None

    return Kept(read).__getitem__


def reader_of_some(kind: type[Event], path: str, values: Mapping[str, object]) -> Callable[[str], Any]:
    """How the text of a cell becomes the value of a field of which most cells may say nothing (None)."""
    known = {clean(text).casefold(): value_of(kind, path, given) for text, given in values.items()}

    def read(text: str) -> Any:
        return known.get(text.casefold())

    return Kept(read).__getitem__


def _item(path: str) -> str:
    """The item of a list that a path leads into; empty where there is no list."""
    steps = path.split(".")
    return ".".join(steps[: number + 1]) if (number := _number(steps)) else ""


def _number(steps: Sequence[str]) -> int:
    return next((place for place, step in enumerate(steps) if step.isdigit()), 0)
