"""What a row says of one event of the mapping: when it took place, and its fields."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from adapters.importers.table.acting import UNSAID, ActorReader, Who
from adapters.importers.table.columns import CELLS_KEPT, Column
from adapters.importers.table.fields import Compound, Field, Linked, Simple, constant_of, reader_of_some
from adapters.importers.table.judging import by_reporter
from adapters.importers.table.life import stage
from adapters.importers.table.mapping import EventRules, Term
from adapters.importers.table.meaning import (
    EVENTS,
    keeps_rule_set,
    leaf_of,
    names_a_case,
    starts_the_clock,
    with_values,
)
from adapters.importers.table.values import Unreadable, clean
from domain.case.recording import deadline
from domain.event import Event
from domain.rules import RecordingRules, rule_book
from domain.values import FIRST, Moment, Precision, london_midnight

NOTHING = frozenset[str]()
UNDATED = Moment(FIRST, Precision.MONTH)
FIRST_UNKNOWN = 1_000_000_000
"""Stands for the number of the first thing that a mapping numbers, which is not known yet; the next for the next."""
LAST_SURE_HOUR = 21  # from 22:00 UTC on, the London day may be the next one


class Statement(NamedTuple):
    """One event that a row states, and at which stage of a case, if it has one.

    `unknown` are the fields that it says nothing about; `who` acted, if the row says so. `of`: the event whose time it
    has, where the row has none for it.
    """

    label: str
    event: Event
    at: Moment
    stage: int | None
    unknown: frozenset[str] = NOTHING
    who: Who | None = None
    of: str = ""


class EventReader:
    """Reads one event of the mapping out of the cells of a row. `namespace` is what the keys are keys of.

    `numbered` are the names of what the mapping numbers within a stream; their numbers are not known here.
    """

    def __init__(
        self, rules: EventRules, column: Callable[[str], Column], namespace: str, numbered: Sequence[str] = ()
    ) -> None:
        self.label, self._kind = rules.label or rules.name, EVENTS[rules.name]
        self._at = column(rules.at) if isinstance(rules.at, str) else None
        self._of = "" if isinstance(rules.at, str) else rules.at.of
        self._stage = stage(self._kind)
        self._who = ActorReader(rules, column) if rules.by is not None else None
        self._to_the_day = by_reporter(self._kind)
        self._when = column(rules.when.column) if rules.when else None
        named = (rules.when.values or rules.when.others) if rules.when else ()
        self._is = frozenset(clean(text).casefold() for text in named)
        self._if_named = not (rules.when and rules.when.others)
        self._decided: dict[str, bool] = {}
        by_field: dict[str, dict[str, object]] = {}
        of_some: dict[str, tuple[Column, Callable[[str], Any]]] = {}
        for path, term in rules.fields.items():
            leaf = leaf_of(self._kind, path)
            assert leaf is not None, "the mapping was not checked"
            if term.only is not None:
                of_some[leaf.field] = (column(term.column or ""), reader_of_some(self._kind, path, term.only))
                continue
            given = _given(term, column, numbered)
            by_field.setdefault(leaf.field, {})[path] = given
        constants: dict[str, Any] = {}
        self._simple = [Simple(name, given, read, needed=False) for name, (given, read) in of_some.items()]
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
        at = self._took_place_at(cells, silent) if self._at is not None else UNDATED
        if at is None:
            return None
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
        who = None
        if self._who is not None:
            who = self._who.read(cells)
            if who is None and self._who.says_nothing(cells):
                unknown |= {UNSAID}
        if self._to_the_day:
            at, values = to_the_day(at), {name: to_the_day(value) for name, value in values.items()}
        event = with_values(self._template, values)
        return dated(Statement(self.label, event, at, self._stage, unknown, who, self._of), at)

    def _took_place_at(self, cells: Sequence[str], silent: set[str]) -> Moment | None:
        column = self._at
        assert column is not None
        raw = cells[column.place]
        if column.soon is not None and (at := column.soon(raw)) is not None:
            return at
        if not (text := column.text(raw)):
            if column.blank == "unknown":
                silent.add(self.label)
            elif column.blank == "error" or (self._when is not None and column.blank is None):
                raise Unreadable(f"“{column.name}” is blank")
            return None
        return column.moment(text)

    def _took_place(self, column: Column, cells: Sequence[str], silent: set[str]) -> bool:
        text = column.text(cells[column.place])
        if text:
            decided = self._decided.get(text)
            if decided is None:
                named = text.casefold() in self._is or str(column.value(text)).casefold() in self._is
                decided = named is self._if_named
                if len(self._decided) < CELLS_KEPT:
                    self._decided[text] = decided
            return decided
        if column.blank == "error":
            raise Unreadable(f"“{column.name}” is blank")
        if column.blank == "unknown":
            silent.add(self.label)
        return column.blank != "unknown" and ("" in self._is) is self._if_named


def _given(term: Term, column: Callable[[str], Column], numbered: Sequence[str]) -> object:
    """A column, or a constant; a number that is not known yet is a constant of its own."""
    if term.number is not None:
        return FIRST_UNKNOWN + numbered.index(term.number)
    if term.printed is not None:
        return column(term.printed).as_printed
    return term.constant if term.column is None else column(term.column)


def to_the_day(given: Any) -> Any:
    """A time to the day, which is how exactly the time is kept of what a reporter of misconduct does."""
    if not isinstance(given, Moment) or given.precision in (Precision.DAY, Precision.MONTH):
        return given
    return Moment(london_midnight(given.london_date), Precision.DAY)


def dated(statement: Statement, at: Moment) -> Statement:
    """The statement with its time, and what follows from that: the rule set in force then."""
    event = statement.event
    if keeps_rule_set(type(event)):
        event = with_values(event, {"rule_set": rule_book().proceedings_rules(at).id})
    return statement if at is statement.at and event is statement.event else statement._replace(at=at, event=event)


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
