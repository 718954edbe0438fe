"""Projections: pure folds of one stream's events into one row, or into several."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Generic, NamedTuple, TypeVar

from domain.case.correction import restate, restates
from domain.event import Event, RecordedEvent

Row = TypeVar("Row", bound=tuple[Any, ...])
State = TypeVar("State")
E = TypeVar("E", bound=Event)
Handler = Callable[[Any, RecordedEvent, Any], Mapping[str, object]]


class Derived(NamedTuple):
    """A column computed from the finished row; `version` is bumped whenever its meaning changes."""

    name: str
    type: type
    version: int
    of: Callable[[Any], object]


class Version(NamedTuple, Generic[Row]):
    """What the row under a key was from a position on; None: there is no row any more."""

    position: int
    row: Row | None
    key: str


class Keyed(Generic[Row]):
    """What every projection declares: its rows, whose first field is their key, and whose streams it folds.

    `of` is what the ids of those streams begin with; the events of others are passed over without being read.
    """

    def __init__(self, name: str, *, row: type[Row], version: int, of: str, indexes: tuple[str, ...]) -> None:
        self.name, self.row, self.version, self.of, self.indexes = name, row, version, of, indexes
        self.derived: list[Derived] = []

    @property
    def signature(self) -> str:
        """Changes whenever the stored table would: name, version, fields and derived columns."""
        fields = [f"{name}:{kind}" for name, kind in self.row.__annotations__.items()]
        derived = [f"{column.name}:{column.type.__name__}:{column.version}" for column in self.derived]
        return sha256("|".join([self.name, str(self.version), *fields, *derived]).encode()).hexdigest()[:10]

    def versions(self, entries: Sequence[RecordedEvent]) -> Iterator[Version[Row]]:
        """Every version of every row of a whole stream (as written), in order of position."""
        raise NotImplementedError

    def rows_of(self, entries: Sequence[RecordedEvent]) -> dict[str, Row]:
        """The rows of a whole stream (as written) as it now stands, by key."""
        raise NotImplementedError


class Projection(Keyed[Row]):
    """One row per stream: declares it, how a stream opens one, and what each event changes in it. Key: the stream.

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
        of: str = "",
        indexes: tuple[str, ...] = (),
    ) -> None:
        super().__init__(name, row=row, version=version, of=of, indexes=indexes)
        self.opens = opens
        self._handlers: dict[type[Event], Handler] = {}
        self._places = {name: place for place, name in enumerate(row.__annotations__)}

    def on(self, event: type[E]) -> Callable[[Callable[[Row, RecordedEvent, E], Mapping[str, object]]], None]:
        """Register the handler of an event; one per event."""

        def register(handler: Callable[[Row, RecordedEvent, E], Mapping[str, object]]) -> None:
            if event in self._handlers:
                raise TypeError(f"{self.name} already handles {event.__name__}")
            self._handlers[event] = handler

        return register

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
        if not changes:
            return row
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
        key = entries[0].stream if entries else ""
        row: Row | None = None
        for number, entry in enumerate(entries, start=1):
            after = self.fold(entries[:number]) if restates(entry.event) else self.apply(row, entry)
            if after is not row and after != row:
                yield Version(entry.position, after, key)
            row = after

    def rows_of(self, entries: Sequence[RecordedEvent]) -> dict[str, Row]:
        """The row of a whole stream as it now stands, if it has one."""
        row = self.fold(entries)
        return {} if row is None else {entries[0].stream: row}


class Fan(Keyed[Row], Generic[Row, State]):
    """Several rows per stream, read from the state that its history has led to.

    `replay` gives the state of a whole history as written, `evolve` the state after one more fact that restates
    nothing. `wants` must hold for every event that can change a row; the others are not followed up. A key belongs to
    one stream for ever.
    """

    def __init__(
        self,
        name: str,
        *,
        row: type[Row],
        version: int,
        of: str,
        replay: Callable[[Sequence[RecordedEvent]], State],
        evolve: Callable[[State, RecordedEvent], State],
        rows: Callable[[str, State], Sequence[Row]],
        wants: Callable[[RecordedEvent], bool] = lambda _: True,
        indexes: tuple[str, ...] = (),
    ) -> None:
        super().__init__(name, row=row, version=version, of=of, indexes=indexes)
        self.replay, self.evolve, self.rows, self.wants = replay, evolve, rows, wants

    def versions(self, entries: Sequence[RecordedEvent]) -> Iterator[Version[Row]]:
        """Every version of every row, in order of position."""
        if not any(map(self.wants, entries)):
            return
        rows: dict[str, Row] = {}
        state: State | None = None
        for number, entry in enumerate(entries, start=1):
            if state is None or restates(entry.event):
                state = self.replay(entries[:number])
            else:
                state = self.evolve(state, entry)
            if self.wants(entry):
                after = self._keyed(entry.stream, state)
                yield from _changed(rows, after, entry.position)
                rows = after

    def rows_of(self, entries: Sequence[RecordedEvent]) -> dict[str, Row]:
        """The rows of a whole stream as it now stands."""
        return self._keyed(entries[0].stream, self.replay(entries)) if entries else {}

    def _keyed(self, stream: str, state: State) -> dict[str, Row]:
        return {row[0]: row for row in self.rows(stream, state)}


def _changed(before: Mapping[str, Row], after: Mapping[str, Row], position: int) -> Iterator[Version[Row]]:
    for key, row in after.items():
        if row != before.get(key):
            yield Version(position, row, key)
    for key in before.keys() - after.keys():
        yield Version(position, None, key)


class Replica(Generic[Row]):
    """The interpreter of tests and replays: keeps rows and their versions in memory.

    It reads the rows of a stream anew from the whole history after each event: slow, and plainly right.
    """

    def __init__(self, projection: Keyed[Row]) -> None:
        self.projection = projection
        self.rows: dict[str, Row] = {}
        self.history: dict[str, list[Version[Row]]] = {}
        self.position = 0
        self._entries: dict[str, list[RecordedEvent]] = {}
        self._of_stream: dict[str, dict[str, Row]] = {}

    def follow(self, entries: Iterable[RecordedEvent]) -> None:
        """Take in the next events of the log, in order."""
        for entry in entries:
            self.position = entry.position
            if not entry.stream.startswith(self.projection.of):
                continue
            stream = self._entries.setdefault(entry.stream, [])
            stream.append(entry)
            before, after = self._of_stream.get(entry.stream, {}), self.projection.rows_of(stream)
            self._of_stream[entry.stream] = after
            for version in _changed(before, after, entry.position):
                self.history.setdefault(version.key, []).append(version)
                if version.row is None:
                    del self.rows[version.key]
                else:
                    self.rows[version.key] = version.row

    def known_at(self, position: int) -> dict[str, Row]:
        """The rows as they were known at a position."""
        found: dict[str, Row] = {}
        for key, versions in self.history.items():
            row = next((version.row for version in reversed(versions) if version.position <= position), None)
            if row is not None:
                found[key] = row
        return found
