"""What the inside needs from the outside."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from domain.event import Act, Command, Event, Purpose, RecordedEvent, Role, SourceRow
from domain.values import Moment

Clock = Callable[[], datetime]
NewId = Callable[[], UUID]


class NewEvent(NamedTuple):
    """An event that is about to be appended. `written_at` is accepted by a synthetic store only."""

    event_id: UUID
    event: Event
    at: Moment
    actor: str
    role: Role
    purpose: Purpose
    unit: str | None = None
    source: SourceRow | None = None
    correlation: str | None = None
    causation: UUID | None = None
    broken: tuple[str, ...] = ()
    written_at: datetime | None = None


class Remarks(NamedTuple):
    """What a case worker is told beside the version: the number of a new case, and cases it may be the same as; of a
    report that they took down for a caller, the words of its receipt, which are kept nowhere."""

    reference: str | None = None
    possible_duplicates: tuple[str, ...] = ()
    receipt: str | None = None


class Request(NamedTuple):
    """A request that may be sent again: who sent it, under which key, and a digest of what it asks."""

    actor: str
    key: str
    digest: bytes
    remarks: Remarks = Remarks()


class ByReporter(NamedTuple):
    """What a reporter of misconduct does: the time of day is not kept. `receipt` is a keyed hash of their words (32
    bytes) for a new report, None for one that they come back to. `repeated` is one of the request under its idempotency
    key: what led to a report before leads to no second one, and the answer is a conflict at the expected version."""

    receipt: bytes | None = None
    repeated: bytes | None = None


class Append(NamedTuple):
    """Events for one stream. `expected` is the version that the stream has now; 0 for a new stream.

    With `request`, the answer is kept in the same commit, for when the request is sent again. `provided` names other
    streams with the versions they must still have; if one has moved, the answer is a conflict at `expected`. `also` is
    written in the same commit or nothing is; its streams are among `provided`. `by_reporter` excludes `request`:
    nothing is kept under an idempotency key of somebody who shall not be known.
    """

    stream: str
    expected: int
    force: str
    events: tuple[NewEvent, ...]
    request: Request | None = None
    provided: tuple[tuple[str, int], ...] = ()
    by_reporter: ByReporter | None = None
    also: tuple["Append", ...] = ()


class Appended(NamedTuple):
    """What the store answers: the stream's new version, the position and time of its last event."""

    stream: str
    version: int
    position: int
    written_at: datetime
    remarks: Remarks = Remarks()


class Head(NamedTuple):
    """The end of the log: last position (0 when empty) and when it was written."""

    position: int
    written_at: datetime | None


class Conflict(Exception):
    """Someone else wrote to the stream first. `current` is the version it has now."""

    def __init__(self, stream: str, expected: int, current: int) -> None:
        super().__init__(f"{stream} is at version {current}, not {expected}")
        self.stream, self.expected, self.current = stream, expected, current


class NotFound(Exception):
    """There is no such stream, or it is not for these eyes."""


class KeyReused(Exception):
    """The idempotency key was used for another request."""


class RequestUnderWay(Exception):
    """The same request is being handled at this moment."""


class Forbidden(Exception):
    """The person may not do this; the message says who may."""


class StoreUnavailable(Exception):
    """The database cannot be reached, or does not accept writes; the message says whether something may be written."""


class EventStore(Protocol):
    """The log of all events. Positions are dense; `written_at` never goes back."""

    def load(self, stream: str) -> list[RecordedEvent]:
        """The events of one stream, oldest first; empty if there is none. Sealed text stays sealed."""
        ...

    def load_many(self, streams: Sequence[str]) -> dict[str, list[RecordedEvent]]:
        """The events of several streams; streams that do not exist are left out."""
        ...

    def read_log(
        self, after: int, limit: int, upto: int | None = None, force: str | None = None
    ) -> list[RecordedEvent]:
        """At most `limit` events with `after` < position ≤ `upto`, in order."""
        ...

    def read_category(self, prefix: str) -> Iterator[RecordedEvent]:
        """All events of the streams whose id begins with `prefix`, in order of position."""
        ...

    def reveal(self, entries: Sequence[RecordedEvent]) -> list[RecordedEvent]:
        """The same events with sealed text opened; text whose key was destroyed reads as `Erased`."""
        ...

    def append(self, item: Append) -> Appended:
        """Append to one stream, or raise `Conflict`. Callers that wait at the same moment share a commit."""
        ...

    def append_many(self, items: Sequence[Append]) -> list[Appended | Conflict]:
        """Append to many streams in one commit; each succeeds or conflicts on its own, even if it comes in parts."""
        ...

    def head(self) -> Head:
        """The end of the log."""
        ...


class AsyncEventStore(Protocol):
    """The two calls of the write path, awaitable; calls made in the same tick travel together."""

    async def load(self, stream: str) -> list[RecordedEvent]:
        """As `EventStore.load`."""
        ...

    async def append(self, item: Append) -> Appended:
        """As `EventStore.append`. Raises `KeyReused` if the item's request has an answer already."""
        ...

    async def begin(self, request: Request) -> Appended | None:
        """What was answered to the request before, or None: it is now under way, until `end`.

        Raises `KeyReused` or `RequestUnderWay`. A process that dies ends its requests.
        """
        ...

    async def end(self, request: Request) -> None:
        """The request is no longer under way."""
        ...


class ReferenceNumbers(Protocol):
    """Hands out the reference numbers of cases, per force and year. Numbers may be left out, never given twice."""

    async def next(self, force: str, year: int) -> str:
        """The next number, such as `kent/2026/000123`."""
        ...


class Register(Protocol):
    """Finds cases by what is plain in them, as far as the read model has come."""

    async def same_report(self, force: str, offence: str, day: date, place_code: str) -> tuple[str, ...]:
        """Cases of the force with that alleged offence, London day of receipt and place; at most a few."""
        ...


class Lookup(Protocol):
    """Finds what a command asks for before its decision, from the log or from the read models."""

    async def find(self, asked: object) -> object:
        """The answer to a question that `Command.asks` gives; `StoreUnavailable` if it cannot be told yet."""
        ...


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or process at the door: opaque id, roles, the force they act for (`*`: all), unit."""

    id: str
    roles: frozenset[Role]
    force: str
    unit: str | None = None


class AccessPolicy(Protocol):
    """Which role may knock on which door."""

    def role_for_command(self, actor: Actor, command: type[Command[object]]) -> Role:
        """The role under which the actor may send the command, or `Forbidden`."""
        ...

    def sees(self, actor: Actor, entries: Sequence[RecordedEvent]) -> bool:
        """Whether a history is for the actor's eyes; what is not does not exist for them."""
        ...

    def follows(self, actor: Actor, entries: Sequence[RecordedEvent]) -> bool:
        """Whether the actor may follow where a report went, though it is not for their eyes."""
        ...


def new_events(
    events: Sequence[Event],
    act: Act,
    new_id: NewId,
    *,
    at: Moment,
    broken: tuple[str, ...] = (),
    correlation: str | None = None,
    source: SourceRow | None = None,
    written_at: datetime | None = None,
) -> tuple[NewEvent, ...]:
    """Put the facts of one act into their envelopes."""
    return tuple(
        NewEvent(
            new_id(),
            event,
            at,
            act.actor,
            act.role,
            act.purpose,
            act.unit,
            source,
            correlation,
            None,
            broken,
            written_at,
        )
        for event in events
    )
