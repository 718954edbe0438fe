"""What a row says: the case it is about, and the events of that case with their times and fields."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

import orjson
from pydantic import BaseModel

from adapters.importers.table.columns import Column
from adapters.importers.table.fields import case_stream
from adapters.importers.table.mapping import ColumnRules, Mapping
from adapters.importers.table.meaning import sealed_of
from adapters.importers.table.reading import Table
from adapters.importers.table.telling import NOTHING, EventReader, Statement
from adapters.importers.table.values import Unreadable, clean
from domain.rules import rule_book
from domain.values import Moment

LONGEST_KEY = 200


class Identity(NamedTuple):
    """What a row is known by: its force, its own key, and the key of its case, which usually is the same."""

    force: str
    key: str
    case: str


class Row(NamedTuple):
    """A row that testifies. `silent` are the labels of the events that it says nothing about; `last` orders rows."""

    line: int
    stream: str
    force: str
    key: str
    content: str
    statements: tuple[Statement, ...]
    silent: frozenset[str] = NOTHING
    last: Moment | None = None


class Rejected(NamedTuple):
    """A row that does not, and why. `stream` is that of its case, where its key could be read."""

    line: int
    reason: str
    stream: str = ""


class Interpreter:
    """Turns the cells of a table into what its mapping says they mean. Call `read` for rows in any order."""

    def __init__(self, mapping: Mapping, table: Table, now: datetime) -> None:
        self.mapping, self._now = mapping, now
        if mapping.file.format is None and table.format == "xlsx":
            mapping = mapping.model_copy(update={"file": mapping.file.model_copy(update={"format": "xlsx"})})
        rules = {clean(name).casefold(): rule for name, rule in mapping.columns.items()}
        self.columns: dict[str, Column] = {}
        self._mapping = mapping
        self._rules, self._table = rules, table
        self._key = [self._column(name) for name in mapping.key]
        self._case = [self._column(name) for name in mapping.case]
        self._force = self._column(mapping.force.column) if mapping.force.column else None
        self._last = self._column(mapping.duplicates.last_by) if mapping.duplicates.last_by else None
        self._events = [EventReader(rules, self._column, mapping.namespace) for rules in mapping.event]
        self._slugs = {**{clean(name).casefold(): slug for slug, name in rule_book().forces.items()}}
        self._slugs |= {slug: slug for slug in rule_book().forces}

    def identity(self, cells: Sequence[str]) -> Identity:
        """What the row is known by; raises `Unreadable`."""
        key = self._named(self._key, cells)
        return Identity(self._force_of(cells), key, self._named(self._case, cells) if self._case else key)

    def _named(self, columns: Sequence[Column], cells: Sequence[str]) -> str:
        if len(columns) == 1:
            column = columns[0]
            if not (key := column.text(cells[column.place])):
                raise Unreadable(f"the key “{column.name}” is blank")
        else:
            parts: list[str] = []
            for column in columns:
                if not (text := column.text(cells[column.place])):
                    raise Unreadable(f"the key “{column.name}” is blank")
                parts.append(text.replace("|", "||"))
            key = "|".join(parts)
        if len(key) > LONGEST_KEY:
            raise Unreadable(f"the key is longer than {LONGEST_KEY} characters")
        return key

    def owner(self, identity: Identity) -> str:
        """The name of the row: what it says is its own in every release."""
        return f"table:{self.mapping.source}/{identity.key}"

    def read(self, line: int, cells: Sequence[str]) -> Row | Rejected:
        """The row, or the reason why it is set aside."""
        try:
            identity = self.identity(cells)
        except Unreadable as reason:
            return Rejected(line, str(reason))
        return self.read_as(line, cells, identity)

    def read_as(self, line: int, cells: Sequence[str], identity: Identity) -> Row | Rejected:
        """The row that is known by this, or the reason why it is set aside."""
        force, key, case = identity
        stream = case_stream(force, self.mapping.namespace, case)
        last = None
        statements: list[Statement] = []
        silent: set[str] = set()
        whose = f"{force}|{key}"
        try:
            if self._last is not None:
                if not (text := self._last.text(cells[self._last.place])):
                    raise Unreadable(f"“{self._last.name}” is blank, and says which row of a key is the last")
                last = self._last.moment(text)
            for reader in self._events:
                statement = reader.read(cells, whose, silent)
                if statement is not None:
                    statements.append(statement)
            if not statements and not silent:
                raise Unreadable("none of the events of the mapping took place in this row")
            if len(statements) > 1:
                statements = in_order(statements)
            self._must_be_possible(statements)
        except Unreadable as reason:
            return Rejected(line, str(reason), stream)
        return Row(
            line,
            stream,
            force,
            self.owner(identity),
            content_of(statements, silent),
            tuple(statements),
            frozenset(silent) if silent else NOTHING,
            last,
        )

    def _must_be_possible(self, statements: list[Statement]) -> None:
        for number, late in enumerate(statements):
            begins = late.at.earliest
            if begins > self._now:
                raise Unreadable(f"{late.label} lies in the future")
            for early in statements[:number]:
                # Asked in this order because the end of a day costs more than its beginning.
                if begins < early.at.earliest and _precedes(early, late) and late.at.latest < early.at.earliest:
                    raise Unreadable(f"{late.label} lies before {early.label}")

    def _force_of(self, cells: Sequence[str]) -> str:
        column = self._force
        if column is None:
            return str(self.mapping.force.constant)
        text = column.text(cells[column.place])
        if not text:
            raise Unreadable(f"the force “{column.name}” is blank")
        if column.values is not None:
            return str(column.value(text))
        slug = self._slugs.get(text.casefold())
        if slug is None:
            raise Unreadable(f"“{column.name}” is not a force that is known here")
        return slug

    def _column(self, name: str) -> Column:
        key = clean(name).casefold()
        if key not in self.columns:
            place = self._table.place(name)
            assert place is not None, "the mapping was not compared with the table"
            self.columns[key] = Column(name, place, self._rules.get(key, ColumnRules()), self._mapping)
        return self.columns[key]


def in_order(statements: Sequence[Statement]) -> list[Statement]:
    """The order in which the events took place. Where the times leave it open: that of a case, then of the mapping."""
    told = sorted((one for one in statements if one.stage is not None), key=lambda one: (one.stage, one.at.earliest))
    if len(told) == len(statements):
        return told
    named = {id(one): number for number, one in enumerate(statements)}
    for other in (one for one in statements if one.stage is None):
        before = [place for place, one in enumerate(told, start=1) if _goes_before(one, other, named)]
        told.insert(max(before, default=0), other)
    return told


def _goes_before(one: Statement, other: Statement, named: dict[int, int]) -> bool:
    if one.at.latest < other.at.earliest:
        return True
    return named[id(one)] < named[id(other)] and one.at.earliest <= other.at.latest


def content_of(statements: Sequence[Statement], silent: set[str]) -> str:
    """A digest of what a row means, whatever way it is written. Sealed text is no part of it: it could be guessed."""
    told: list[object] = []
    for label, event, at, _, unknown in statements:
        said = event.__dict__
        if sealed := sealed_of(type(event)):
            said = {name: value for name, value in said.items() if name not in sealed}
        told += (label, at.earliest, at.precision, said)
        if unknown:
            told.append(sorted(unknown))
    if silent:
        told.append(sorted(silent))
    return sha256(orjson.dumps(told, default=_plain)).hexdigest()[:32]


def _plain(value: object) -> object:
    if isinstance(value, Moment):
        return [value.earliest, value.precision]
    if isinstance(value, BaseModel):
        return value.__dict__
    return str(value)


def _precedes(early: Statement, late: Statement) -> bool:
    return early.stage is not None and late.stage is not None and early.stage < late.stage
