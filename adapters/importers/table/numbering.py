"""Numbers of what a mapping numbers within a stream: once given they stay, whatever row speaks first the next time."""

from collections.abc import Iterable
from collections.abc import Mapping as Dict
from typing import Any, cast

from pydantic import BaseModel

from adapters.importers.table.mapping import EventRules, Mapping
from adapters.importers.table.meaning import EVENTS, leaf_of, with_values
from adapters.importers.table.standing import owner_of
from adapters.importers.table.telling import FIRST_UNKNOWN
from domain.event import Event, RecordedEvent

OF = "␞"
"""Stands in the name of what is stated once for each of the things that are numbered: `table:SOURCE/KEY␞NAME␞TEXT`."""


def fields_of(rules: EventRules) -> dict[str, tuple[str, str]]:
    """The fields of an event into which numbers go, by path: what is numbered, and the field it leads into."""
    found: dict[str, tuple[str, str]] = {}
    for path, term in rules.fields.items():
        leaf = leaf_of(EVENTS[rules.name], path)
        if term.number is not None and leaf is not None:
            found[path] = (term.number, leaf.field)
    return found


class Numbering:
    """What a mapping says about numbers: by which events they are given, and where they go."""

    def __init__(self, mapping: Mapping) -> None:
        self.names = tuple(mapping.numbered)
        self.own = f"table:{mapping.source}/"
        self.each = {rule.label or rule.name: rule.each for rule in mapping.event if rule.each is not None}
        self.into: dict[str, frozenset[str]] = {}
        self.given: dict[tuple[type[Event], str], str] = {}
        for rule in mapping.event:
            fields = fields_of(rule)
            self.into[rule.label or rule.name] = frozenset(field for _, field in fields.values())
            for path, (name, field) in fields.items():
                if name == rule.each and path == field:
                    self.given[EVENTS[rule.name], field] = name

    def owner(self, key: str, name: str, text: str) -> str:
        """The name of a thing in the log: of which stream, what it is, and what it is known by."""
        return f"{self.own}{key}{OF}{name}{OF}{text}"


class Numbers:
    """The numbers of one stream: those given before, and those that are given now."""

    def __init__(self, numbering: Numbering, key: str, entries: Iterable[RecordedEvent]) -> None:
        self._numbering, self._key = numbering, key
        self._given: dict[str, int] = {}
        self._last = dict.fromkeys(numbering.names, 0)
        kinds = {kind for kind, _ in numbering.given}
        for entry in entries:
            if type(entry.event) in kinds:
                self._met(entry)

    def _met(self, entry: RecordedEvent) -> None:
        """What was withdrawn keeps its number, too: nothing else gets it."""
        for (kind, field), name in self._numbering.given.items():
            if type(entry.event) is kind:
                number: int = getattr(entry.event, field)
                self._last[name] = max(self._last[name], number)
                owner = owner_of(entry.source)
                if OF in owner:
                    self._given.setdefault(owner, number)

    def of(self, name: str, text: str) -> int:
        """The number of the thing that is known by this text; the next one if it is new."""
        owner = self._numbering.owner(self._key, name, text)
        if owner not in self._given:
            self._last[name] += 1
            self._given[owner] = self._last[name]
        return self._given[owner]


def numbered(event: Event, fields: Iterable[str], numbers: Dict[int, object]) -> Event:
    """The event with what stands for numbers replaced by them."""
    said = vars(event)
    changed = {name: _with_numbers(said[name], numbers) for name in fields}
    return with_values(event, changed) if changed else event


def _with_numbers(value: Any, numbers: Dict[int, object]) -> Any:
    if isinstance(value, int) and value >= FIRST_UNKNOWN:
        return numbers[value]
    if isinstance(value, tuple):
        return tuple(_with_numbers(each, numbers) for each in cast(tuple[Any, ...], value))
    if isinstance(value, BaseModel):
        return value.model_copy(update={name: _with_numbers(each, numbers) for name, each in value})
    return value
