"""The aggregates: what has a history of its own, how its state is read from it, and which commands are open to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from domain.event import Command, Event, RecordedEvent


class State(Protocol):
    """What the state of every aggregate tells."""

    @property
    def force(self) -> str | None:
        """The force whose aggregate it is; None: nothing has happened yet."""
        ...

    @property
    def version(self) -> int:
        """How many events it has."""
        ...

    @property
    def facts(self) -> Mapping[UUID, RecordedEvent]:
        """Its events as written, by id."""
        ...

    @property
    def allowed(self) -> tuple[type[Command[Any]], ...]:
        """The commands that are open in this state."""
        ...


class Replay(Protocol):
    """Reads a state from a history."""

    def __call__(self, entries: Sequence[RecordedEvent], as_of: datetime | None = None) -> Any:
        """The state as the events have it; with `as_of` (UTC), as it stood at that instant."""
        ...


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregate: its name, that of many, how its state is read, and what of that is shown at a moment (UTC).

    `events` are those that can stand in its history.
    """

    name: str
    plural: str
    replay: Replay
    tracks: Callable[[Any, datetime], Mapping[str, object]]
    events: tuple[type[Event], ...] = ()

    @property
    def prefix(self) -> str:
        """What the ids of its streams begin with."""
        return f"{self.name}-"


AGGREGATES: dict[str, Aggregate] = {}
BESIDE: dict[str, Replay] = {}


def aggregate(found: Aggregate) -> Aggregate:
    """Enter an aggregate in the registry."""
    AGGREGATES[found.name] = found
    return found


def beside(name: str, replay: Replay) -> None:
    """Enter streams that decisions write to beside an aggregate's own, and that no address leads to."""
    BESIDE[name] = replay


def replay_of(stream: str) -> Replay:
    """How the state of a stream is read, of an aggregate or beside one; `KeyError` if it is neither."""
    name = stream.partition("-")[0]
    return BESIDE[name] if name in BESIDE else AGGREGATES[name].replay


def aggregate_of(command: type[Command[Any]]) -> Aggregate:
    """The aggregate that a command goes to."""
    return AGGREGATES[command.aggregate]


def aggregate_named(stream: str) -> Aggregate:
    """The aggregate whose history a stream is; `KeyError` if it is none."""
    return AGGREGATES[stream.partition("-")[0]]
