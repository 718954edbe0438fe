"""The versions of a read model as columns in memory, for counting: read once, and then only what is new.

A table of versions only grows: versions are added, and one that stands is ended. So what was read stays right for every
position up to the one that it was read at, and what is written later neither changes nor hides it.
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from adapters.postgres.arrays import NEVER, OPEN_END, Codes, Days, Floats, Growing, Ints, Texts, london_days
from adapters.postgres.read_model import ReadModel

BLOCK = 1 << 23


@cache
def arrow() -> Any:
    """The library that reads CSV; loaded late, for most processes never read columns."""
    import pyarrow
    import pyarrow.compute
    import pyarrow.csv

    return pyarrow


class Column:
    """One column: texts by their codes, times in microseconds with their London days, or numbers."""

    def __init__(self, name: str, kind: str) -> None:
        self.name, self.kind = name, kind
        self.texts = Texts()
        times = kind == "timestamptz"
        self.values = Growing(np.int64 if times else np.float64 if kind in ("int8", "float8") else np.int32)
        self.days = Growing(np.int32) if times else None

    @property
    def select(self) -> sql.Composable:
        """How it is read."""
        return sql.SQL("{}::text" if self.kind == "bool" else "{}").format(sql.Identifier(self.name))

    @property
    def type(self) -> Any:
        """How it is parsed."""
        if self.kind == "timestamptz":
            return arrow().timestamp("us", tz="UTC")
        return (
            arrow().float64()
            if self.kind in ("int8", "float8")
            else arrow().dictionary(arrow().int32(), arrow().string())
        )

    def parsed(self, page: Any) -> NDArray[Any]:
        """The values of a page, as they are kept."""
        if self.kind == "timestamptz":
            return page.cast(arrow().int64()).fill_null(int(NEVER)).to_numpy(zero_copy_only=False)
        if self.kind in ("int8", "float8"):
            return page.fill_null(float("nan")).to_numpy(zero_copy_only=False)
        codes = np.array([self.texts.code(text) for text in page.dictionary.to_pylist()] or [0], np.int32)
        places = page.indices
        found = codes[places.fill_null(0).to_numpy(zero_copy_only=False)]
        found[places.is_null().to_numpy(zero_copy_only=False)] = 0
        return found

    def extend(self, values: NDArray[Any]) -> None:
        """Add the values of versions at the end."""
        self.values.extend(values)
        if self.days is not None:
            self.days.extend(london_days(values))


class View(NamedTuple):
    """The columns up to a position. `keys` are numbered in the order in which they entered the log."""

    position: int
    key: Codes
    since: Ints
    until: Ints
    keys: list[str]
    number: dict[str, int]
    columns: dict[str, "Seen"]

    def at(self, position: int) -> NDArray[np.int64]:
        """Which versions stood at a position up to that of the view."""
        stood = self.until > position
        if position < self.position:
            stood &= self.since <= position
        return np.flatnonzero(stood)

    def codes(self, name: str) -> Codes:
        """The codes of a column of texts."""
        return self.columns[name].values

    def texts(self, name: str) -> Texts:
        """The texts of a column of texts."""
        return self.columns[name].texts

    def times(self, name: str) -> Ints:
        """A column of times, in microseconds; `NEVER` where there is none."""
        return self.columns[name].values

    def days(self, name: str) -> Days:
        """The London days of a column of times; `NO_DAY` where there is none."""
        days = self.columns[name].days
        assert days is not None
        return days

    def numbers(self, name: str) -> Floats:
        """A column of numbers; not a number where there is none."""
        return self.columns[name].values


class Seen(NamedTuple):
    """A column as it was when the view was taken."""

    values: NDArray[Any]
    days: Days | None
    texts: Texts


class Columns:
    """The columns of one build of a read model, which several threads may read on."""

    def __init__(self, model: ReadModel[Any], names: Iterable[str]) -> None:
        kinds = dict(model.columns)
        self.model, self.names = model, frozenset(names)
        self.position = 0
        self._columns = {name: Column(name, kinds[name]) for name in sorted(self.names)}
        self._key, self._since, self._until = Growing(np.int32), Growing(np.int64), Growing(np.int64)
        self._keys: list[str] = []
        self._numbers: dict[str, int] = {}
        self._standing: dict[str, int] = {}  # the version of each key that has not ended
        self._lock = Lock()

    def upto(self, connection: "psycopg.Connection[Any]", position: int) -> View:
        """The columns up to the position that the transaction of the connection sees, or beyond."""
        with self._lock:
            if self.position < position:
                self._read_on(connection, position)
            return View(
                self.position,
                self._key.view(),
                self._since.view(),
                self._until.view(),
                self._keys,
                self._numbers,
                {
                    name: Seen(column.values.view(), column.days and column.days.view(), column.texts)
                    for name, column in self._columns.items()
                },
            )

    def _read_on(self, connection: "psycopg.Connection[Any]", position: int) -> None:
        table, key = self.model.name(self.model.history), sql.Identifier(self.model.key)
        span = {"after": sql.Literal(self.position), "upto": sql.Literal(position), "key": key, "table": table}
        ended = (
            self.position
            and connection.execute(
                sql.SQL(
                    "SELECT {key}, to_position FROM {table}"
                    " WHERE to_position > {after} AND to_position <= {upto} AND from_position <= {after}"
                ).format(**span)
            ).fetchall()
        )
        pages = list(self._pages(connection, span))
        if ended:
            until = self._until.view()
            for name, at in ended:
                until[self._standing.pop(name)] = at
        if pages:
            self._add(pages)
        self.position = position

    def _pages(self, connection: "psycopg.Connection[Any]", span: Mapping[str, sql.Composable]) -> Iterator[Any]:
        wanted = [column.select for column in self._columns.values()]
        query = sql.SQL(
            "COPY (SELECT {columns} FROM {table} WHERE from_position > {after} AND from_position <= {upto})"
            " TO STDOUT (FORMAT csv)"
        ).format(
            columns=sql.SQL(", ").join([span["key"], sql.SQL("from_position"), sql.SQL("to_position"), *wanted]), **span
        )
        types = {"": arrow().string(), " since": arrow().int64(), " until": arrow().int64()}
        types |= {name: column.type for name, column in self._columns.items()}
        with connection.cursor().copy(query) as copy:
            file = _File(iter(copy))
            if not file.peek():
                return
            reader = arrow().csv.open_csv(
                file,
                read_options=arrow().csv.ReadOptions(column_names=list(types), block_size=BLOCK, use_threads=False),
                convert_options=arrow().csv.ConvertOptions(
                    column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
                ),
            )
            for page in reader:
                yield [
                    page.column(0),
                    page.column(1).to_numpy(),
                    page.column(2).fill_null(int(OPEN_END)).to_numpy(zero_copy_only=False),
                    *(column.parsed(page.column(3 + n)) for n, column in enumerate(self._columns.values())),
                ]

    def _add(self, pages: Sequence[Any]) -> None:
        names = arrow().chunked_array([page[0] for page in pages]).dictionary_encode().combine_chunks()
        if isinstance(names, arrow().ChunkedArray):
            names = names.chunk(0)
        places: NDArray[Any] = names.indices.to_numpy()
        texts: list[str] = names.dictionary.to_pylist()
        ranks = np.empty(len(texts), np.int64)
        ranks[arrow().compute.array_sort_indices(names.dictionary).to_numpy()] = np.arange(len(texts))
        since = np.concatenate([page[1] for page in pages])
        order = np.lexsort((ranks[places], since))
        places, since = places[order], since[order]
        until = np.concatenate([page[2] for page in pages])[order]
        numbers = np.empty(len(texts), np.int32)
        _, firsts = np.unique(places, return_index=True)
        for first in np.sort(firsts):
            place = int(places[first])
            numbers[place] = self._number(texts[place])
        begins = len(self._since.view())
        for row in np.flatnonzero(until == OPEN_END):
            self._standing[texts[places[row]]] = begins + int(row)
        self._key.extend(numbers[places])
        self._since.extend(since)
        self._until.extend(until)
        for n, column in enumerate(self._columns.values()):
            column.extend(np.concatenate([page[3 + n] for page in pages])[order])

    def _number(self, key: str) -> int:
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self._keys)
            self._keys.append(key)
        return found


class _File(io.RawIOBase):
    """The blocks of a COPY as a file."""

    def __init__(self, blocks: Iterator[Any]) -> None:
        self._blocks = blocks
        self._held = b""

    def peek(self) -> bool:
        """Whether there is anything to read."""
        if not self._held:
            self._held = bytes(next(self._blocks, b""))
        return bool(self._held)

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """About that many bytes, none at the end."""
        parts, held = [self._held], len(self._held)
        while held < size or size < 0:
            block = next(self._blocks, None)
            if block is None:
                break
            parts.append(block)
            held += len(block)
        whole = b"".join(parts)
        self._held = whole[size:] if size >= 0 else b""
        return whole[:size] if size >= 0 else whole
