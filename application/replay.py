"""Replaying for people: a history, and the state as of a moment, with what was known when."""

from datetime import datetime

from application.known_at import KnownAt
from application.ports import EventStore, NotFound
from domain.aggregate import AGGREGATES, State
from domain.event import RecordedEvent


def history(store: EventStore, stream: str, known_at: KnownAt | None = None) -> list[RecordedEvent]:
    """The events of a stream that were written by `known_at`, oldest first; sealed text stays sealed."""
    entries = store.load(stream)
    return entries if known_at is None else [entry for entry in entries if known_at.covers(entry)]


def state_as_of(
    store: EventStore, stream: str, as_of: datetime | None = None, known_at: KnownAt | None = None
) -> State:
    """The state as it stood at `as_of` (UTC, on the time of the acts), by what was known at `known_at`.

    Raises `NotFound` for an id that is of no aggregate.
    """
    aggregate = AGGREGATES.get(stream.partition("-")[0])
    if aggregate is None:
        raise NotFound(stream)
    return aggregate.replay(history(store, stream, known_at), as_of)
