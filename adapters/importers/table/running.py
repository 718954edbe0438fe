"""One pass over the rows of a table, or over a share of them: read, group by key, hand over to be written."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from adapters.importers.partner import Share
from adapters.importers.quarantine import Quarantine
from adapters.importers.reading import ImportFailed
from adapters.importers.table.grouping import settled
from adapters.importers.table.histories import Identity, Interpreter, Rejected, Row
from adapters.importers.table.reading import Table
from adapters.importers.table.releases import Group
from adapters.importers.table.values import Unreadable
from adapters.importers.writing import Group as GroupOfRows
from adapters.importers.writing import Writer
from domain.import_batch import Slice

ROWS_AT_A_TIME = 1000


@dataclass(slots=True)
class Survey:
    """What a first look shows: how many rows, how many of them without a readable key, and the keys that return.

    `streams`: where the rows of a stream are looked at together, how many it has beside the first.
    """

    rows: int = 0
    unnamed: int = 0
    returns: Counter[Identity] = field(default_factory=Counter[Identity])
    streams: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    covers: tuple[Slice, ...] = ()


G = TypeVar("G", bound=GroupOfRows)


def in_chunks(groups: Iterable[G], writer: Writer[G], told: Callable[[int], None] = lambda _: None) -> None:
    """Write all of them; `told` hears how many more rows are done."""
    chunk: list[G] = []
    held = 0
    for group in groups:
        chunk.append(group)
        held += len(group.rows)
        if held >= ROWS_AT_A_TIME or len(chunk) >= ROWS_AT_A_TIME:
            writer.put(chunk)
            told(held)
            chunk, held = [], 0
    writer.put(chunk)
    told(held)


def look_over(table: Table, interpreter: Interpreter) -> Survey:
    """Count the rows, and the keys that come more than once; other keys are not kept."""
    survey, by_stream = Survey(), interpreter.mapping.by_stream
    seen: set[int] = set()
    for line in table.lines():
        survey.rows += 1
        try:
            identity = interpreter.identity(line.cells) if line.cells is not None else None
        except Unreadable:
            identity = None
        if identity is None:
            survey.unnamed += 1
            continue
        if not identity.key:
            continue
        mark = hash(identity)
        if mark in seen:
            survey.returns[identity] += 1
        seen.add(mark)
        if by_stream:
            mark = hash((identity.force, identity.case, None))
            if mark in seen:
                survey.streams[identity.force, identity.case] += 1
            seen.add(mark)
    if not survey.rows:
        raise ImportFailed(f"{table.path.name} has a header and no rows; get it again")
    survey.covers = interpreter.covers
    return survey


class Run:
    """One pass over the rows of a share."""

    def __init__(self, table: Table, interpreter: Interpreter, survey: Survey, apart: Quarantine, share: Share) -> None:
        self._table, self._interpreter, self._survey, self._apart = table, interpreter, survey, apart
        self._share = share
        self._last_wins = interpreter.mapping.duplicates.last_by is not None
        self._seen: set[str] | None = set() if self.can_tell_what_is_gone else None

    @property
    def can_tell_what_is_gone(self) -> bool:
        """Whether a key that is not in the file is gone: every row must then have shown its key."""
        return self._interpreter.mapping.missing == "withdrawn" and not self._survey.unnamed

    def write_rows(self, writer: Writer[Group], told: Callable[[int], None]) -> None:
        """Write all rows of the share, those of a returning key together; `told` hears how many more are done."""
        in_chunks(self._groups(), writer, told)

    def write_gone(self, writer: Writer[Group], streams: Iterator[tuple[str, str, str]]) -> None:
        """Write about the keys of the share that earlier releases stated and this one does not mention.

        Each stream comes with its force and with the name of the row.
        """
        in_chunks(self._gone(streams), writer)

    def _gone(self, streams: Iterator[tuple[str, str, str]]) -> Iterator[Group]:
        seen = self._seen
        if seen is None:
            return
        for stream, force, owner in streams:
            if owner not in seen and self._share.has(owner.partition("/")[2]):
                seen.add(owner)
                yield Group(stream, force, owner, (), None)

    def _groups(self) -> Iterator[Group]:
        returns, interpreter, share, seen = self._survey.returns, self._interpreter, self._share, self._seen
        held: dict[Identity, list[Row | Rejected]] = {}
        texts: dict[int, tuple[list[str], str]] = {}
        for line in self._table.lines():
            number, cells, text, reason = line
            identity = None
            if cells is not None:
                try:
                    identity = interpreter.identity(cells)
                except Unreadable as unreadable:
                    reason = str(unreadable)
            if not share.has(identity.case if identity is not None else None):
                continue
            if cells is None or identity is None:
                self._apart.add(number, reason, cells, text)
                continue
            row = interpreter.read_as(number, cells, identity)
            if seen is not None:
                seen.add(interpreter.owner(identity))
            if isinstance(row, Rejected):
                self._apart.add(number, row.reason, cells, text)
            if returns and identity in returns:
                rows = held.setdefault(identity, [])
                rows.append(row)
                texts[number] = (cells, text)
                if len(rows) > returns[identity]:
                    yield from self._settled(held.pop(identity), texts)
            elif isinstance(row, Row):
                yield Group(row.stream, row.force, row.key, (row,), row)
        for rows in held.values():
            yield from self._settled(rows, texts)

    def _settled(self, rows: list[Row | Rejected], texts: dict[int, tuple[list[str], str]]) -> Iterator[Group]:
        group, aside = settled(rows, last_wins=self._last_wins)
        for row, reason in aside:
            self._apart.add(row.line, reason, *texts[row.line])
        for row in rows:
            del texts[row.line]
        if group is not None:
            yield group
