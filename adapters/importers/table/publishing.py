"""What a row of a series says: the case it is about, the edition it stands in, and what it testifies to."""

import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import sha256

from adapters.importers.naming import case_stream
from adapters.importers.table.histories import Identity, Interpreter, Rejected, Row
from adapters.importers.table.kinds import Kind, kind_of
from adapters.importers.table.mapping import Mapping
from adapters.importers.table.reading import Table
from adapters.importers.table.telling import Statement
from adapters.importers.table.values import Unreadable
from domain.import_batch import Slice
from domain.values import Moment

BETWEEN = "␟"  # printable, so that one look at the joined cells finds what is not
NAMELESS = ""
"""The key of a row that is known by its content."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class SeriesReader(Interpreter):
    """Turns cells into testimony. It numbers equal rows without a key, so it reads the rows of one file, in order."""

    def __init__(self, mapping: Mapping, kind: Kind, table: Table, now: datetime) -> None:
        super().__init__(mapping, table, now)
        self._kind, self._namespace, self._longest = kind, mapping.namespace, kind.series.longest_cell
        self._prefix = prefix_of(mapping)
        self._period = self._column(kind.series.period)
        self._periods: dict[str, tuple[Moment, str]] = {}
        self._stated: set[tuple[str, str]] = set()
        self._looked_at: set[tuple[str, str]] = set()
        self._nameless = kind.rules.without_key == "content"
        self._equals: Counter[tuple[str, str, str]] = Counter()
        self._apart = {rules.label or rules.name: rules.apart for rules in mapping.event if rules.apart}
        places = [self._column(name).place for name in kind.rules.columns]
        as_they_stand = places == list(range(len(table.columns)))
        self._places = None if as_they_stand else places

    @property
    def covers(self) -> tuple[Slice, ...]:
        """The editions that the rows stand in whose `identity` was asked for so far."""
        return tuple(Slice(kind=self._kind.name, force=force, month=month) for force, month in sorted(self._stated))

    def identity(self, cells: Sequence[str]) -> Identity:
        """What the row is known by, with `NAMELESS` for a key where its content is; raises `Unreadable`."""
        force, raw = self._force_of(cells), cells[self._period.place]
        if (force, raw) not in self._looked_at:
            self._looked_at.add((force, raw))
            with suppress(Unreadable):  # the row will be set aside for it
                self._stated.add((force, self._when(raw)[1]))
        key = self._key_of(cells)
        return Identity(force, key, key)

    def said(self, cells: Sequence[str]) -> str:
        """All that the row says; raises `Unreadable` where it holds what no cell can."""
        told = cells if self._places is None else [cells[place] for place in self._places]
        text = BETWEEN.join(told)
        plain = text.isprintable()
        if not plain or f" {BETWEEN}" in text or f"{BETWEEN} " in text or text[:1] == " " or text[-1:] == " ":
            told = [cell.strip() for cell in told]
            text = BETWEEN.join(told)
        if not plain and _CONTROL.search(text):
            raise Unreadable("a cell holds a control character")
        if len(text) > self._longest and max(map(len, told)) > self._longest:
            raise Unreadable(f"a cell is longer than {self._longest:,} characters")
        return text

    def read_as(self, line: int, cells: Sequence[str], identity: Identity) -> Row | Rejected:
        """The row that is known by this, or the reason why it is set aside."""
        force, key, _ = identity
        stream = ""
        try:
            text = self.said(cells)
            if key:
                stream = case_stream(force, self._namespace, key)
            _, period = self._when(cells[self._period.place])
            if self._beside:
                self.told_together(cells)
            statements = self._statements(cells, f"{force}|{key}")
        except Unreadable as reason:
            return Rejected(line, str(reason), stream)
        content = sha256(text.encode()).hexdigest()[:32]
        part = f"{self._prefix}{self._kind.name}/{period}"
        if not key:
            self._equals[force, period, content] += 1
            key = f"{content}.{self._equals[force, period, content]}"
            stream = case_stream(force, self._namespace, f"{period}|{self._kind.name}|{key}")
        elif self._apart and (word := self._apart.get(statements[0].label)):
            stream = case_stream(force, self._namespace, f"{word}|{key}")
        return Row(line, stream, force, f"{part}/{key}", content, tuple(statements), part=part)

    def _key_of(self, cells: Sequence[str]) -> str:
        if self._nameless and not any(column.text(cells[column.place]) for column in self._key):
            return NAMELESS
        return self._named(self._key, cells)

    def _when(self, raw: str) -> tuple[Moment, str]:
        known = self._periods.get(raw)
        if known is None:
            column = self._period
            at = column.moment(column.text(raw))
            if at.earliest > self._now:
                raise Unreadable(f"the {column.name.lower()} lies in the future")
            known = self._periods[raw] = (at, str(at))
        return known

    def _statements(self, cells: Sequence[str], whose: str) -> list[Statement]:
        found: list[Statement] = []
        silent: set[str] = set()
        for reader in self._events:
            statement = reader.read(cells, whose, silent)
            if statement is not None:
                found.append(statement)
        if not found:
            raise Unreadable("none of the events of the mapping took place in this row")
        return found


def reader_of(mapping: Mapping, table: Table, now: datetime) -> Interpreter:
    """What reads the rows of that table, by a mapping that fits."""
    kind = kind_of(mapping)
    return Interpreter(mapping, table, now) if kind is None else SeriesReader(mapping, kind, table, now)


def prefix_of(mapping: Mapping) -> str:
    """What the names of the rows of a series begin with in the log."""
    assert mapping.series is not None
    return f"table:{mapping.source}/" if mapping.series.prefix is None else mapping.series.prefix
