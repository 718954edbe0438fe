"""A projection: a pure fold of one stream's events into one row."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Generic, NamedTuple, TypeVar

from domain.case.correction import restate, restates
from domain.event import Event, RecordedEvent

Row = TypeVar("Row", bound=tuple[Any, ...])
E = TypeVar("E", bound=Event)
Handler = Callable[[Any, RecordedEvent, Any], Mapping[str, object]]


class Derived(NamedTuple):
    """A column computed from the finished row; `version` is bumped whenever its meaning changes."""

    name: str
    type: type
    version: int
    of: Callable[[Any], object]


class Version(NamedTuple, Generic[Row]):
    """What the row was from a position on; None: there is no row any more."""

    position: int
    row: Row | None


class Projection(Generic[Row]):
    """Declares a row, how a stream opens one, and what each event changes in it.

    `opens(entry)` gives the first row of a stream, or None if the event opens none. Handlers return the changed
    fields only. Corrections and withdrawals need no handler: the stream is folded again as restated.
    """

    def __init__(
        self,
        name: str,
        *,
        row: type[Row],
        version: int,
        opens: Callable[[RecordedEvent], Row | None],
        indexes: tuple[str, ...] = (),
    ) -> None:
        self.name, self.row, self.version, self.opens = name, row, version, opens
        self.indexes = indexes
        self.derived: list[Derived] = []
        self._handlers: dict[type[Event], Handler] = {}
        self._places = {name: place for place, name in enumerate(row.__annotations__)}

    def on(self, event: type[E]) -> Callable[[Callable[[Row, RecordedEvent, E], Mapping[str, object]]], None]:
        """Register the handler of an event; one per event."""

        def register(handler: Callable[[Row, RecordedEvent, E], Mapping[str, object]]) -> None:
            if event in self._handlers:
                raise TypeError(f"{self.name} already handles {event.__name__}")
            self._handlers[event] = handler

        return register

    @property
    def signature(self) -> str:
        """Changes whenever the stored table would: name, version, fields and derived columns."""
        fields = [f"{name}:{kind}" for name, kind in self.row.__annotations__.items()]
        derived = [f"{column.name}:{column.type.__name__}:{column.version}" for column in self.derived]
        return sha256("|".join([self.name, str(self.version), *fields, *derived]).encode()).hexdigest()[:10]

    def apply(self, row: Row | None, entry: RecordedEvent) -> Row | None:
        """The row after one event that restates nothing."""
        if row is None:
            row = self.opens(entry)
            if row is None:
                return None
        handler = self._handlers.get(type(entry.event))
        if handler is None:
            return row
        changes = handler(row, entry, entry.event)
        values = list(row)
        for name, value in changes.items():
            values[self._places[name]] = value
        return self.row._make(values)  # type: ignore[attr-defined,no-any-return]

    def fold(self, entries: Iterable[RecordedEvent]) -> Row | None:
        """The row of a whole stream as it now stands."""
        row: Row | None = None
        for entry in restate(entries):
            row = self.apply(row, entry)
        return row

    def versions(self, entries: Sequence[RecordedEvent]) -> Iterator[Version[Row]]:
        """Every version of the row, oldest first."""
        row: Row | None = None
        for number, entry in enumerate(entries, start=1):
            after = self.fold(entries[:number]) if restates(entry.event) else self.apply(row, entry)
            if after != row:
                yield Version(entry.position, after)
            row = after


class Replica(Generic[Row]):
    """The interpreter of tests and replays: keeps rows and their versions in memory."""

    def __init__(self, projection: Projection[Row]) -> None:
        self.projection = projection
        self.rows: dict[str, Row] = {}
        self.history: dict[str, list[Version[Row]]] = {}
        self.position = 0
        self._entries: dict[str, list[RecordedEvent]] = {}

    def follow(self, entries: Iterable[RecordedEvent]) -> None:
        """Take in the next events of the log, in order."""
        for entry in entries:
            stream = self._entries.setdefault(entry.stream, [])
            stream.append(entry)
            row = self.rows.get(entry.stream)
            after = self.projection.fold(stream) if restates(entry.event) else self.projection.apply(row, entry)
            self.position = entry.position
            if after == row:
                continue
            self.history.setdefault(entry.stream, []).append(Version(entry.position, after))
            if after is None:
                del self.rows[entry.stream]
            else:
                self.rows[entry.stream] = after

    def known_at(self, position: int) -> dict[str, Row]:
        """The rows as they were known at a position."""
        found: dict[str, Row] = {}
        for key, versions in self.history.items():
            row = next((version.row for version in reversed(versions) if version.position <= position), None)
            if row is not None:
                found[key] = row
        return found
