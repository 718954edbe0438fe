"""What a row says of one event of the mapping: when it took place, and its fields."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from adapters.importers.table.columns import Column
from adapters.importers.table.fields import Compound, Field, Linked, Simple, constant_of
from adapters.importers.table.life import stage
from adapters.importers.table.mapping import EventRules
from adapters.importers.table.meaning import EVENTS, leaf_of, names_a_case, starts_the_clock, with_values
from adapters.importers.table.values import Unreadable, clean
from domain.case.recording import deadline
from domain.event import Event
from domain.rules import RecordingRules, rule_book
from domain.values import Moment

NOTHING = frozenset[str]()
LAST_SURE_HOUR = 21  # from 22:00 UTC on, the London day may be the next one


class Statement(NamedTuple):
    """One event that a row states, and at which stage of a case, if it has one.

    `unknown` are the fields that it says nothing about.
    """

    label: str
    event: Event
    at: Moment
    stage: int | None
    unknown: frozenset[str] = NOTHING


class EventReader:
    """Reads one event of the mapping out of the cells of a row. `namespace` is what the keys are keys of."""

    def __init__(self, rules: EventRules, column: Callable[[str], Column], namespace: str) -> None:
        self.label, self._kind = rules.label or rules.name, EVENTS[rules.name]
        self._at, self._stage = column(rules.at), stage(self._kind)
        self._when = column(rules.when.column) if rules.when else None
        self._is = frozenset(clean(text).casefold() for text in rules.when.values) if rules.when else NOTHING
        by_field: dict[str, dict[str, object]] = {}
        for path, term in rules.fields.items():
            leaf = leaf_of(self._kind, path)
            assert leaf is not None, "the mapping was not checked"
            given = term.constant if term.column is None else column(term.column)
            by_field.setdefault(leaf.field, {})[path] = given
        constants: dict[str, Any] = {}
        self._simple: list[Simple] = []
        self._compound: list[Field] = []
        for name, parts in by_field.items():
            only = parts.get(name)
            if not any(isinstance(given, Column) for given in parts.values()):
                constants[name] = constant_of(self._kind, name, parts)
            elif isinstance(only, Column) and names_a_case(self._kind, name):
                self._compound.append(Linked(self._kind, name, only, namespace))
            elif isinstance(only, Column):
                self._simple.append(Simple.of(self._kind, name, only))
            else:
                self._compound.append(Compound(self._kind, name, parts, namespace))
        self._template = self._kind.model_construct(**constants)
        self._clock = Clock() if starts_the_clock(self._kind) else None
        self._received: Moment | None = constants.get("received_at")

    def read(self, cells: Sequence[str], whose: str, silent: set[str]) -> Statement | None:
        """What a row of that force and key states of this event; None if it did not take place. Raises `Unreadable`."""
        if self._when is not None and not self._took_place(self._when, cells, silent):
            return None
        column = self._at
        if not (text := column.text(cells[column.place])):
            if column.blank == "unknown":
                silent.add(self.label)
            elif column.blank == "error" or (self._when is not None and column.blank is None):
                raise Unreadable(f"“{column.name}” is blank")
            return None
        at = column.moment(text)
        values: dict[str, Any] = {}
        unknown = NOTHING
        for name, column, value, needed in self._simple:
            if text := column.text(cells[column.place]):
                values[name] = value(text)
            elif needed or column.blank == "error":
                raise Unreadable(f"“{column.name}” is blank")
            elif column.blank == "unknown":
                unknown |= {name}
        for field in self._compound:
            found = field.read(cells, whose)
            if found is not None:
                values[field.name] = found
            elif field.unknown_if_blank:
                unknown |= {field.name}
        if self._clock is not None:
            received = values.get("received_at") or self._received or at
            values["received_at"] = received
            values["rule_set"], values["record_by"] = self._clock.started(received)
        return Statement(self.label, with_values(self._template, values), at, self._stage, unknown)

    def _took_place(self, column: Column, cells: Sequence[str], silent: set[str]) -> bool:
        text = column.text(cells[column.place])
        if text:
            return text.casefold() in self._is or str(column.value(text)).casefold() in self._is
        if column.blank == "error":
            raise Unreadable(f"“{column.name}” is blank")
        if column.blank == "unknown":
            silent.add(self.label)
        return column.blank != "unknown" and "" in self._is


class Clock:
    """Says by when the force has to record, and under which rules; those of a day are looked up once."""

    def __init__(self) -> None:
        self._book = rule_book()
        self._days: dict[object, RecordingRules] = {}

    def started(self, received: Moment) -> tuple[str, Moment]:
        """The rule set, and the last instant that is in time."""
        begins = received.earliest
        if begins.hour > LAST_SURE_HOUR:
            rules = self._book.recording_rules(received)
        else:
            day = begins.date()
            rules = self._days.get(day)
            if rules is None:
                rules = self._days[day] = self._book.recording_rules(received)
        return rules.id, deadline(received, rules.limit)
