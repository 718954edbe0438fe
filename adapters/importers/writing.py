"""Writing: matches groups of rows with their streams and appends what follows, in chunks that hold the lock briefly."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from adapters.importers.planning import Plan
from adapters.importers.reading import ImportFailed
from application.ports import Append, Appended, NewEvent
from domain.event import RecordedEvent, Refused
from domain.import_batch import Account
from domain.values import PersonalData

MOST_EVENTS = 1000
ATTEMPTS = 5


class Group(Protocol):
    """Rows of a file for one stream."""

    @property
    def stream(self) -> str:
        """The stream that is written to."""
        ...

    @property
    def force(self) -> str:
        """The force of the case."""
        ...

    @property
    def rows(self) -> Sized:
        """The rows that are to be accounted for."""
        ...


G = TypeVar("G", bound=Group)
G_contra = TypeVar("G_contra", bound=Group, contravariant=True)


class Planner(Protocol[G_contra]):
    """Says what is to be appended for a group, given what stands in its stream."""

    def plan(self, group: G_contra, entries: Sequence[RecordedEvent]) -> Plan:
        """The plan. It may be asked again if someone else wrote to the stream meanwhile."""
        ...

    def forget(self, people: frozenset[str]) -> bool:
        """Plan without any detail of these people, who were erased; False if there was nothing to forget."""
        ...


class Store(Protocol):
    """The part of the event store that is needed."""

    def load_many(self, streams: Sequence[str]) -> dict[str, list[RecordedEvent]]:
        """As `EventStore.load_many`."""
        ...

    def append_many(self, items: Sequence[Append]) -> Sequence[object]:
        """As `EventStore.append_many`."""
        ...


@dataclass(slots=True)
class Tally:
    """What became of the rows so far."""

    applied: int = 0
    known: int = 0
    corrected: int = 0
    withdrawn: int = 0
    appended: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """What became of the rows of both."""
        return Tally(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    def add(self, group: Group, plan: Plan) -> None:
        """Count one group whose plan is in the log."""
        self.applied += plan.applied
        self.known += len(group.rows) - plan.applied
        self.corrected += plan.corrected
        self.withdrawn += plan.withdrawn
        self.appended += plan.appended

    def account(self, rows_read: int, reasons: Mapping[str, int]) -> Account:
        """The account of a file of which so many rows were read; `reasons` counts those set aside."""
        return Account(
            rows_read=rows_read,
            rows_applied=self.applied,
            rows_already_known=self.known,
            rows_quarantined=sum(reasons.values()),
            rows_corrected=self.corrected,
            rows_withdrawn=self.withdrawn,
            events_appended=self.appended,
        )


Planned = tuple[G, Plan, Append | None]


class Writer(Generic[G]):
    """Takes groups of rows, plans and appends them. With `dry_run` it plans and counts only."""

    def __init__(self, store: Store, planner: Planner[G], *, dry_run: bool) -> None:
        self.tally = Tally()
        self._store, self._planner, self._dry_run = store, planner, dry_run
        self._all_new, self._may_be_new = False, True

    def put(self, groups: Sequence[G]) -> None:
        """Bring these groups into the log; one follows on those before it of the same stream."""
        if groups:
            # Where nothing was known of a thousand rows, nothing is likely to be known of the next thousand.
            as_new = self._all_new and self._may_be_new and not self._dry_run
            self._write(self._plan_as_new(groups) if as_new else self._plan(groups))

    def _plan(self, groups: Sequence[G]) -> list[Planned[G]]:
        known = self._store.load_many(list(dict.fromkeys(group.stream for group in groups)))
        self._all_new = not known
        return self._plan_after(known, groups)

    def _plan_as_new(self, groups: Sequence[G]) -> list[Planned[G]]:
        """As if nothing stood in the streams: if anything does, the append conflicts; without one, nobody knows."""
        planned = self._plan_after({}, groups)
        if all(append for _, _, append in planned):
            return planned
        self._may_be_new = False
        return self._plan(groups)

    def _plan_after(self, known: dict[str, list[RecordedEvent]], groups: Sequence[G]) -> list[Planned[G]]:
        several = len({group.stream for group in groups}) < len(groups)
        planned: list[Planned[G]] = []
        for group in groups:
            entries = known.get(group.stream, [])
            plan = self._planner.plan(group, entries)
            version = entries[-1].version if entries else 0
            append = Append(group.stream, version, group.force, tuple(plan.events)) if plan.events else None
            planned.append((group, plan, append))
            if several:  # another group of the stream may come
                known[group.stream] = [*entries, *_as_recorded(group, plan.events, version)]
        return planned

    def _write(self, planned: list[Planned[G]]) -> None:
        """A group whose stream someone else wrote to meanwhile is planned again."""
        for _ in range(ATTEMPTS):
            lost = set[str]() if self._dry_run else self._append(append for _, _, append in planned if append)
            for group, plan, _ in planned:
                if group.stream not in lost:
                    self.tally.add(group, plan)
            groups = [group for group, _, _ in planned if group.stream in lost]
            if not groups:
                return
            planned = self._plan(groups)
        stream = planned[0][0].stream
        raise ImportFailed(
            f"{stream} is being written to all the time; import the file again, it goes on where it stopped"
        )

    def _append(self, appends: Iterable[Append]) -> set[str]:
        """The streams that were not at the expected version, or whose events name someone who was erased."""
        lost: set[str] = set()
        for chunk in _chunks(appends):
            try:
                lost |= self._append_chunk(chunk)
            except Refused:
                for item in chunk:
                    lost |= self._append_alone(item)
        return lost

    def _append_chunk(self, chunk: Sequence[Append]) -> set[str]:
        results = self._store.append_many(chunk)
        return {item.stream for item, result in zip(chunk, results, strict=True) if not isinstance(result, Appended)}

    def _append_alone(self, item: Append) -> set[str]:
        try:
            return self._append_chunk([item])
        except Refused:
            told = (value for new in item.events for value in vars(new.event).values())
            if not self._planner.forget(frozenset(one.subject for one in told if isinstance(one, PersonalData))):
                raise
            return {item.stream}


def _as_recorded(group: Group, events: Iterable[NewEvent], version: int) -> Iterator[RecordedEvent]:
    """The events as they will be read; where in the log and when they were written is not known yet."""
    for number, new in enumerate(events, start=version + 1):
        yield RecordedEvent(
            group.stream, number, 0, new.at.earliest, new.event_id, group.force, new.at, new.actor, new.role,
            new.purpose, new.event, new.unit, new.source, new.correlation, new.causation, new.broken,
        )  # fmt: skip


def _chunks(appends: Iterable[Append]) -> Iterator[list[Append]]:
    chunk: list[Append] = []
    events = 0
    for item in appends:
        if chunk and events + len(item.events) > MOST_EVENTS:
            yield chunk
            chunk, events = [], 0
        chunk.append(item)
        events += len(item.events)
    if chunk:
        yield chunk
