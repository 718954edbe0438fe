"""Rows as COPY takes them. A version differs little from the one before it: only what differs is made anew.

That goes for the columns of metrics, too, which cost most: one is worked out again if a field changed that its function
may read. Each `CHECKED`th version is made as a whole as well, so that a function that reads what nobody saw is noticed.
"""

from collections.abc import Callable, Sequence
from itertools import compress
from operator import is_not
from typing import Any, NamedTuple

import psycopg

from adapters.postgres.binary import BEGIN, ENCODERS, END, NULL, columns, int8, text
from adapters.postgres.read_model import ReadModel
from domain.values import Moment, Precision
from projections.reads import fields_read

CHECKED = 256
REMEMBERED = 512
_PRECISIONS = {precision: text(precision.value) for precision in Precision}

Record = list[bytes]
Encode = Callable[[Any], bytes]


class ReadsMore(Exception):
    """The column of a metric depends on a field that its function was not seen to read."""


class _Column(NamedTuple):
    """A derived column: its place in the record, its name, its function, how its values are written."""

    place: int
    name: str
    of: Callable[[Any], object]
    encode: Encode


class Records:
    """Makes the records of one read model: the values of a row in the order of its columns, each as bytes."""

    def __init__(self, model: ReadModel[Any]) -> None:
        self.model = model
        self._width = len(model.columns)
        self._places: list[tuple[int, Encode | None]] = []
        place = 0
        for _, kind in model.fields:
            self._places.append((place, None if kind is Moment else ENCODERS[model.columns[place][1]]))
            place += 2 if kind is Moment else 1
        self._range = range(len(self._places))
        self._derived = [
            _Column(
                model.stored + number,
                column.name,
                column.of,
                _remembering(ENCODERS[model.columns[model.stored + number][1]]),
            )
            for number, column in enumerate(model.projection.derived)
        ]
        names = [name for name, _ in model.fields]
        self._readers = [0] * len(names)  # of each field: which of the derived columns may read it, as bits
        for number, column in enumerate(self._derived):
            for name in fields_read(column.of, names):
                self._readers[names.index(name)] |= 1 << number
        self._chosen: dict[int, list[_Column]] = {}
        self._made = 0

    def first(self, row: Sequence[Any]) -> Record:
        """The record of a row, all of it made anew."""
        record = [NULL] * self._width
        for index in self._range:
            if row[index] is not None:
                self._put(record, index, row[index])
        for place, _, of, encode in self._derived:
            value = of(row)
            if value is not None:
                record[place] = encode(value)
        return record

    def after(self, before: Sequence[Any], record: Record, row: Sequence[Any]) -> Record:
        """The record of the next version of a row, from the one before and its record. Raises `ReadsMore`."""
        record, readers, concerned = record.copy(), self._readers, 0
        for index in compress(self._range, map(is_not, before, row)):
            self._put(record, index, row[index])
            concerned |= readers[index]
        chosen = self._chosen.get(concerned)
        if chosen is None:
            if len(self._chosen) >= REMEMBERED:
                self._chosen.clear()
            chosen = [column for number, column in enumerate(self._derived) if concerned >> number & 1]
            self._chosen[concerned] = chosen
        for place, _, of, encode in chosen:
            value = of(row)
            record[place] = NULL if value is None else encode(value)
        self._made += 1
        if self._made % CHECKED == 0:
            self._check(row, record)
        return record

    def _put(self, record: Record, index: int, value: Any) -> None:
        place, encode = self._places[index]
        if encode is not None:
            record[place] = NULL if value is None else encode(value)
        elif value is None:
            record[place] = record[place + 1] = NULL
        else:
            record[place], record[place + 1] = _EARLIEST(value.earliest), _PRECISIONS[value.precision]

    def _check(self, row: Sequence[Any], record: Record) -> None:
        whole = self.first(row)
        if record != whole:
            apart = [
                name for (name, _), one, other in zip(self.model.columns, record, whole, strict=True) if one != other
            ]
            raise ReadsMore(f"{', '.join(apart)} of {row[0]}: it depends on more than the fields it was seen to read")


_EARLIEST = ENCODERS["timestamptz"]


def _remembering(encode: Encode) -> Encode:
    """The same, for values of which there are few."""
    known: dict[Any, bytes] = {}

    def encoded(value: Any) -> bytes:
        found = known.get(value)
        if found is None:
            if len(known) >= REMEMBERED:
                known.clear()
            found = known[value] = encode(value)
        return found

    return encoded


class Block:
    """Records on their way into both tables of a read model: of present rows, and of versions."""

    def __init__(self, model: ReadModel[Any]) -> None:
        self._model = model
        width = len(model.columns)
        self._of_rows, self._of_versions = columns(width + 1), columns(width + 2)
        self._rows: list[bytes] = []
        self._versions: list[bytes] = []

    def __len__(self) -> int:
        """How many versions there are."""
        return len(self._versions)

    def add(self, record: Record, first: int, end: int | None) -> None:
        """A version from one position to another; the present row if it has no end."""
        body = b"".join(record) + int8(first)
        if end is None:
            self._rows.append(self._of_rows + body)
        self._versions.append(self._of_versions + body + (NULL if end is None else int8(end)))

    def copy(self, connection: "psycopg.Connection[Any]") -> None:
        """COPY both, and forget them."""
        self.copy_rows(connection)
        self.copy_versions(connection)

    def copy_rows(self, connection: "psycopg.Connection[Any]") -> None:
        """COPY the present rows, and forget them."""
        self._rows = _copied(connection, self._model.statements.copy_rows, self._rows)

    def copy_versions(self, connection: "psycopg.Connection[Any]") -> None:
        """COPY the versions, and forget them."""
        self._versions = _copied(connection, self._model.statements.copy_versions, self._versions)


def _copied(connection: "psycopg.Connection[Any]", statement: bytes, records: list[bytes]) -> list[bytes]:
    if records:
        with connection.cursor().copy(statement) as copy:
            copy.write(b"".join((BEGIN, *records, END)))
    return []
