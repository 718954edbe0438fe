"""What a row says: the case it is about, and the events of that case with their times and fields."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from operator import attrgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from adapters.importers.rows import crime_stream
from adapters.importers.table.mapping import ColumnRules, EventRules, Mapping
from adapters.importers.table.meaning import EVENTS, is_moment, required_of, stage, value_of, with_values
from adapters.importers.table.moments import MomentReader
from adapters.importers.table.reading import Table
from adapters.importers.table.values import Cleaner, Unreadable, clean
from domain.case.recording import CrimeReported, deadline
from domain.event import Event
from domain.rules import rule_book
from domain.values import Moment

LONGEST_KEY = 200
NOT_KNOWN = frozenset[str]()


class Statement(NamedTuple):
    """One event that a row states, at which stage of a case, and what it means as text.

    `unknown` are the fields that it says nothing about.
    """

    label: str
    event: Event
    at: Moment
    stage: int
    meaning: str
    unknown: frozenset[str] = NOT_KNOWN


class Row(NamedTuple):
    """A row that testifies. `silent` are the labels of the events that it says nothing about; `last` orders rows."""

    line: int
    stream: str
    force: str
    key: str
    content: str
    statements: tuple[Statement, ...]
    silent: frozenset[str] = NOT_KNOWN
    last: Moment | None = None


class Rejected(NamedTuple):
    """A row that does not, and why. `stream` and `force` are those of its case, where its key could be read."""

    line: int
    reason: str
    stream: str | None = None


class _Column:
    """One column, read by the rules that the mapping has for it."""

    def __init__(self, name: str, place: int, rules: ColumnRules, mapping: Mapping) -> None:
        self.name, self.place, self.blank = name, place, rules.blank
        nulls = mapping.file.nulls if rules.nulls is None else rules.nulls
        self._clean = Cleaner(nulls, html_is_text=mapping.file.html == "text")
        self.values = None if rules.values is None else {clean(text).casefold(): v for text, v in rules.values.items()}
        formats = rules.formats or mapping.time.formats
        workbook = ("iso",) if mapping.file.format == "xlsx" else ()
        self.moment = MomentReader(
            (*formats, *workbook), ZoneInfo(mapping.time.zone), mapping.time.fold, rules.precision
        )
        self.untranslated: Counter[str] = Counter()
        self._cached = lru_cache(maxsize=20_000)(self._read)

    def text(self, cells: Sequence[str]) -> str:
        """The text of its cell; empty if it says nothing."""
        return self._cached(cells[self.place])

    def value(self, text: str) -> object:
        """The text as the value table has it."""
        if self.values is None:
            return text
        try:
            return self.values[text.casefold()]
        except KeyError:
            self.untranslated[text] += 1
            raise Unreadable(f"“{self.name}” holds a value that the mapping does not translate") from None

    def _read(self, raw: str) -> str:
        return self._clean(self.name, raw)


class Interpreter:
    """Turns the cells of a table into what its mapping says they mean. Call `read` for rows in any order."""

    def __init__(self, mapping: Mapping, table: Table, now: datetime) -> None:
        self.mapping, self._now = mapping, now
        if mapping.file.format is None and table.format == "xlsx":
            mapping = mapping.model_copy(update={"file": mapping.file.model_copy(update={"format": "xlsx"})})
        rules = {clean(name).casefold(): rule for name, rule in mapping.columns.items()}
        self.columns: dict[str, _Column] = {}
        self._mapping = mapping
        self._rules, self._table = rules, table
        self._key = [self._column(name) for name in mapping.key]
        self._force = self._column(mapping.force.column) if mapping.force.column else None
        self._last = self._column(mapping.duplicates.last_by) if mapping.duplicates.last_by else None
        self._events = [_EventReader(rules, self._column) for rules in mapping.event]
        self._slugs = {**{clean(name).casefold(): slug for slug, name in rule_book().forces.items()}}
        self._slugs |= {slug: slug for slug in rule_book().forces}

    def identity(self, cells: Sequence[str]) -> tuple[str, str]:
        """The force and the key of a row; raises `Unreadable`."""
        parts: list[str] = []
        for column in self._key:
            if not (text := column.text(cells)):
                raise Unreadable(f"the key “{column.name}” is blank")
            parts.append(text)
        key = parts[0] if len(parts) == 1 else "|".join(part.replace("|", "||") for part in parts)
        if len(key) > LONGEST_KEY:
            raise Unreadable(f"the key is longer than {LONGEST_KEY} characters")
        return self._force_of(cells), key

    def stream(self, force: str, key: str) -> str:
        """The stream of the case: derived from force and key, so that every source that shares them finds it."""
        return crime_stream(force, f"{self.mapping.namespace}|{key}")

    def read(self, line: int, cells: Sequence[str]) -> Row | Rejected:
        """The row, or the reason why it is set aside."""
        stream = None
        try:
            force, key = self.identity(cells)
            stream = self.stream(force, key)
            last = None
            if self._last is not None:
                if not (text := self._last.text(cells)):
                    raise Unreadable(f"“{self._last.name}” is blank, and says which row of a key is the last")
                last = self._last.moment(self._last.name, text)
            statements: list[Statement] = []
            silent: set[str] = set()
            for reader in self._events:
                statement = reader.read(cells, silent)
                if statement is not None:
                    statements.append(statement)
            if len(statements) > 1:
                statements.sort(key=attrgetter("stage"))
            self._must_be_possible(statements)
            if not statements and not silent:
                raise Unreadable("none of the events of the mapping took place in this row")
        except Unreadable as reason:
            return Rejected(line, str(reason), stream)
        return Row(
            line,
            stream,
            force,
            f"table:{self.mapping.source}/{key}",
            content_of(statements, silent),
            tuple(statements),
            frozenset(silent) if silent else NOT_KNOWN,
            last,
        )

    def _must_be_possible(self, statements: list[Statement]) -> None:
        for number, late in enumerate(statements):
            if late.at.earliest > self._now:
                raise Unreadable(f"{late.label} lies in the future")
            for early in statements[:number]:
                # Asked in this order because the end of a day costs more than its beginning.
                if (
                    late.at.earliest < early.at.earliest
                    and early.stage < late.stage
                    and late.at.latest < early.at.earliest
                ):
                    raise Unreadable(f"{late.label} lies before {early.label}")

    def _force_of(self, cells: Sequence[str]) -> str:
        column = self._force
        if column is None:
            return str(self.mapping.force.constant)
        text = column.text(cells)
        if not text:
            raise Unreadable(f"the force “{column.name}” is blank")
        if column.values is not None:
            return str(column.value(text))
        slug = self._slugs.get(text.casefold())
        if slug is None:
            raise Unreadable(f"“{column.name}” is not a force that is known here")
        return slug

    def _column(self, name: str) -> _Column:
        key = clean(name).casefold()
        if key not in self.columns:
            place = self._table.place(name)
            assert place is not None, "the mapping was not compared with the table"
            self.columns[key] = _Column(name, place, self._rules.get(key, ColumnRules()), self._mapping)
        return self.columns[key]


class _EventReader:
    """Reads one event of the mapping out of the cells of a row."""

    def __init__(self, rules: EventRules, column: Callable[[str], _Column]) -> None:
        self.label = rules.label or rules.name
        self._kind = EVENTS[rules.name]
        self._at = column(rules.at)
        self._when = column(rules.when.column) if rules.when else None
        self._is = frozenset(clean(text).casefold() for text in rules.when.values) if rules.when else NOT_KNOWN
        self._needed = frozenset(required_of(self._kind))
        self._stage = stage(self._kind)
        constants: dict[str, Any] = {}
        self._fields: list[tuple[str, _Column, Callable[[str], Any]]] = []
        for name, term in rules.fields.items():
            if term.column is None:
                constants[name] = value_of(self._kind, name, term.constant)
            else:
                source = column(term.column)
                self._fields.append((name, source, self._reader(name, source)))
        self._fields.sort(key=lambda field: field[0])
        self._template = self._kind.model_construct(**constants)
        self._always = "".join(f"␟{name}={value}" for name, value in sorted(constants.items()))
        self._reports = self._kind is CrimeReported

    def read(self, cells: Sequence[str], silent: set[str]) -> Statement | None:
        """What the row states of this event; None if it did not take place. Raises `Unreadable`."""
        if self._when is not None:
            text = self._when.text(cells)
            if not text and self._when.blank == "error":
                raise Unreadable(f"“{self._when.name}” is blank")
            if not text and self._when.blank == "unknown":
                silent.add(self.label)
                return None
            if (
                str(self._when.value(text) if text else "").casefold() not in self._is
                and text.casefold() not in self._is
            ):
                return None
        if not (text := self._at.text(cells)):
            if self._at.blank == "unknown":
                silent.add(self.label)
            elif self._at.blank == "error" or (self._when is not None and self._at.blank is None):
                raise Unreadable(f"“{self._at.name}” is blank")
            return None
        at = self._at.moment(self._at.name, text)
        values: dict[str, Any] = {}
        unknown: list[str] = []
        for name, column, value in self._fields:
            text = column.text(cells)
            if text:
                values[name] = value(text)
            elif column.blank == "error" or name in self._needed:
                raise Unreadable(f"“{column.name}” is blank")
            elif column.blank == "unknown":
                unknown.append(name)
        said = "␟".join([self.label, str(at), *(f"{name}={value}" for name, value in values.items()), *unknown])
        if self._reports:
            _start_the_clock(values, at, self._template)
        event = with_values(self._template, values)
        return Statement(
            self.label, event, at, self._stage, said + self._always, frozenset(unknown) if unknown else NOT_KNOWN
        )

    def _reader(self, name: str, column: _Column) -> Callable[[str], Any]:
        if is_moment(self._kind, name):
            return lambda text: column.moment(column.name, text)

        def read(text: str) -> Any:
            given = column.value(text)
            try:
                return value_of(self._kind, name, given)
            except ValueError:
                raise Unreadable(f"“{column.name}” holds a value that “{name}” cannot have") from None

        return lru_cache(maxsize=20_000)(read)


def _start_the_clock(values: dict[str, Any], at: Moment, template: Event) -> None:
    received = values.get("received_at") or getattr(template, "received_at", None) or at
    rules = rule_book().recording_rules(received)
    values |= {"received_at": received, "record_by": deadline(received, rules.limit), "rule_set": rules.id}


def content_of(statements: Sequence[Statement], silent: set[str]) -> str:
    """A digest of what a row means, whatever way it is written."""
    told = "␞".join([*(statement.meaning for statement in statements), *sorted(silent)])
    return sha256(told.encode()).hexdigest()[:32]
