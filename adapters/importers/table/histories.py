"""What a row says: the case it is about, and the events of that case with their times and fields."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

import orjson
from pydantic import BaseModel

from adapters.importers.table.columns import CELLS_KEPT, Column
from adapters.importers.table.ids import CASE, stream_named
from adapters.importers.table.mapping import ColumnRules, Mapping
from adapters.importers.table.meaning import sealed_of
from adapters.importers.table.reading import Table
from adapters.importers.table.telling import NOTHING, EventReader, Statement
from adapters.importers.table.values import Unreadable, clean
from domain.event import Event
from domain.import_batch import Slice
from domain.rules import rule_book
from domain.values import Moment

LONGEST_KEY = 200


class Identity(NamedTuple):
    """What a row is known by: its force, its own key, and the key of its case, which usually is the same."""

    force: str
    key: str
    case: str


class Row(NamedTuple):
    """A row that testifies. `silent` are the labels of the events that it says nothing about; `last` orders rows.

    `part` is the edition that it stands in, where its source is a series. `names`: what it calls each of
    the things that the mapping numbers.
    """

    line: int
    stream: str
    force: str
    key: str
    content: str
    statements: tuple[Statement, ...]
    silent: frozenset[str] = NOTHING
    last: Moment | None = None
    part: str = ""
    names: tuple[str, ...] = ()

    @property
    def facts(self) -> tuple[tuple[Event, Moment], ...]:
        """The facts that it testifies to, each with the time it took place."""
        return tuple((statement.event, statement.at) for statement in self.statements)


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
        self._aggregate, self._namespace = mapping.aggregate, mapping.stream_namespace
        self._key = [self._column(name) for name in mapping.key]
        self._case = [self._column(name) for name in mapping.streams]
        self._force = self._column(mapping.force.column) if mapping.force.column else None
        self._last = self._column(mapping.duplicates.last_by) if mapping.duplicates.last_by else None
        self._numbered = [[self._column(name) for name in rule.by] for rule in mapping.numbered.values()]
        numbered = tuple(mapping.numbered)
        self._events = [EventReader(rules, self._column, mapping.namespace, numbered) for rules in mapping.event]
        self._forces: dict[str, str] = {}
        self._beside = [
            (self._column(name), self._column(rule.beside)) for name, rule in mapping.columns.items() if rule.beside
        ]
        forces = forces_of(mapping)
        self._slugs = {clean(name).casefold(): slug for slug, name in forces.items()} | {slug: slug for slug in forces}

    @property
    def covers(self) -> tuple[Slice, ...]:
        """The editions that the rows stand in; none where the source is no series."""
        return ()

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
        stream = stream_named(self._aggregate, force, self._namespace, case)
        last = None
        statements: list[Statement] = []
        silent: set[str] = set()
        whose = f"{force}|{key}"
        try:
            if self._last is not None:
                if not (text := self._last.text(cells[self._last.place])):
                    raise Unreadable(f"“{self._last.name}” is blank, and says which row of a key is the last")
                last = self._last.moment(text)
            if self._beside:
                self.told_together(cells)
            names = tuple(self._all(columns, cells) for columns in self._numbered) if self._numbered else ()
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
            content_of(statements, silent, names),
            tuple(statements),
            frozenset(silent) if silent else NOTHING,
            last,
            names=names,
        )

    def names(self, cells: Sequence[str]) -> tuple[str, ...]:
        """What a row calls each of the things that the mapping numbers; raises `Unreadable`."""
        return tuple(self._all(columns, cells) for columns in self._numbered)

    def _all(self, columns: Sequence[Column], cells: Sequence[str]) -> str:
        """The cells as one text; empty where all of them are blank."""
        texts = [column.text(cells[column.place]).replace("|", "||") for column in columns]
        return "|".join(texts) if any(texts) else ""

    def told_together(self, cells: Sequence[str]) -> None:
        """Raises `Unreadable` where one of two cells that stand beside each other is blank."""
        for column, other in self._beside:
            if (not column.text(cells[column.place])) is not (not other.text(cells[other.place])):
                raise Unreadable(
                    column.rules.reason or f"“{column.name}” is blank and “{other.name}” is not, or the reverse"
                )

    def _must_be_possible(self, statements: list[Statement]) -> None:
        for number, late in enumerate(statements):
            begins = late.at.earliest
            if begins > self._now:
                raise Unreadable(f"{late.label} lies in the future")
            for early in statements[:number]:
                if late.of or early.of:
                    continue
                # Asked in this order because the end of a day costs more than its beginning.
                if begins < early.at.earliest and _precedes(early, late) and late.at.latest < early.at.earliest:
                    raise Unreadable(f"{late.label} lies before {early.label}")

    def _force_of(self, cells: Sequence[str]) -> str:
        column = self._force
        if column is None:
            return str(self.mapping.force.constant)
        raw = cells[column.place]
        known = self._forces.get(raw)
        if known is None:
            known = self._read_force(column, raw)
            if len(self._forces) < CELLS_KEPT:
                self._forces[raw] = known
        return known

    def _read_force(self, column: Column, raw: str) -> str:
        text = column.text(raw)
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
    last = -1
    for one in statements:
        if one.stage is None or one.stage <= last:
            break
        last = one.stage
    else:
        return list(statements)  # as most mappings have it
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


def forces_of(mapping: Mapping) -> dict[str, str]:
    """The forces that a row can be of, by code, with their names."""
    book = rule_book()
    beside = book.misconduct.forces if mapping.aggregate != CASE else dict[str, str]()
    return {**book.forces, **beside, **mapping.forces}


def content_of(statements: Sequence[Statement], silent: set[str], names: Sequence[str] = ()) -> str:
    """A digest of what a row means, whatever way it is written. Sealed text is no part of it: it could be guessed."""
    told: list[object] = []
    for label, event, at, _, unknown, who, _ in statements:
        said = event.__dict__
        if sealed := sealed_of(type(event)):
            said = said.copy()
            for name in sealed:
                said.pop(name, None)
        told += (label, at.earliest, at.precision, said)
        if unknown:
            told.append(sorted(unknown))
        if who is not None:
            told.append((who.actor.casefold(), who.role, who.unit))
    if silent:
        told.append(sorted(silent))
    told += names
    return sha256(orjson.dumps(told, default=_plain)).hexdigest()[:32]


def _plain(value: object) -> object:
    if isinstance(value, Moment):
        return [value.earliest, value.precision]
    if isinstance(value, BaseModel):
        return value.__dict__
    return str(value)


def _precedes(early: Statement, late: Statement) -> bool:
    return early.stage is not None and late.stage is not None and early.stage < late.stage
