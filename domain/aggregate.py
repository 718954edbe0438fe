"""The aggregates: what has a history of its own, how its state is read from it, and which commands are open to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from domain.event import Command, RecordedEvent


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
    """An aggregate: its name, that of many, how its state is read, and what of that is shown at a moment (UTC)."""

    name: str
    plural: str
    replay: Replay
    tracks: Callable[[Any, datetime], Mapping[str, object]]

    @property
    def prefix(self) -> str:
        """What the ids of its streams begin with."""
        return f"{self.name}-"


AGGREGATES: dict[str, Aggregate] = {}


def aggregate(found: Aggregate) -> Aggregate:
    """Enter an aggregate in the registry."""
    AGGREGATES[found.name] = found
    return found


def aggregate_of(command: type[Command[Any]]) -> Aggregate:
    """The aggregate that a command goes to."""
    return AGGREGATES[command.aggregate]


def aggregate_named(stream: str) -> Aggregate:
    """The aggregate whose history a stream is; `KeyError` if it is none."""
    return AGGREGATES[stream.partition("-")[0]]
