"""One simulated case: acts given to the domain's own commands, and the wrongs that were planted in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from application.ports import Append, NewEvent, new_events
from application.simulation.world import Fate
from domain.case.correction import restates
from domain.case.state import Case, replay
from domain.event import Act, Command, Event, RecordedEvent, Role, enforce, testify
from domain.replacing import replace
from domain.rules import RuleBook
from domain.values import instant


class Kind(StrEnum):
    """Whether the rules, or only an inspection, can tell that something is wrong; or that it is late or left undone."""

    UNAUTHORISED = "unauthorised"
    FACTUALLY_WRONG = "factually_wrong"
    LATE = "late"
    OMITTED = "omitted"


class Neighbour(NamedTuple):
    """An earlier case of the force that another one may be counted under; nothing of it is written before `since`."""

    stream: str
    since: datetime
    state: Case


class Wrong(NamedTuple):
    """A planted wrong: the events that carry it, the rules they break, and what is true instead."""

    stream: str
    force: str
    kind: Kind
    which: str
    event_ids: tuple[UUID, ...]
    broken: tuple[str, ...]
    true: Mapping[str, str]


class SimulatedStream(NamedTuple):
    """A finished case. Nothing of it is written before `opens`; one append per act, in order of writing.

    `state` is what the record says; `received_truly` and `recorded_truly` are when that took place (UTC). In a world
    with planted rates, `fate` is how it was to end.
    """

    stream: str
    force: str
    opens: datetime
    appends: tuple[Append, ...]
    wrongs: tuple[Wrong, ...]
    state: Case
    received_truly: datetime
    recorded_truly: datetime | None
    fate: Fate | None = None


@dataclass(slots=True)
class Life:
    """A case in the making. Acts at or after `end` have not happened yet and leave no trace."""

    stream: str
    force: str
    received: datetime
    start: datetime
    end: datetime
    people: Mapping[Role, tuple[str, ...]]
    rules: RuleBook
    draw: Random
    has_no_victim: bool = False
    others: Mapping[str, Case] = field(default_factory=dict[str, Case])
    now: datetime = field(init=False)
    received_truly: datetime = field(init=False)
    recorded_truly: datetime | None = None
    fate: Fate | None = None
    state: Case = Case()
    history: list[RecordedEvent] = field(default_factory=list[RecordedEvent])
    facts: dict[UUID, RecordedEvent] = field(default_factory=dict[UUID, RecordedEvent])
    appends: list[Append] = field(default_factory=list[Append])
    wrongs: list[Wrong] = field(default_factory=list[Wrong])

    def __post_init__(self) -> None:
        self.now = self.received_truly = self.received

    @property
    def over(self) -> bool:
        """Whether the simulated period has run out."""
        return self.now >= self.end

    def does(
        self,
        command: Command[Case],
        role: Role,
        at: datetime,
        *,
        by: str | None = None,
        but_not: tuple[str | None, ...] = (),
    ) -> tuple[NewEvent, ...]:
        """Act by the rules at `at`, or as soon after the last act; nothing once the period is over.

        `by` one person, or by anyone of the role, `but_not` by these; nothing if that leaves nobody.
        """
        at = self._turn(at)
        people = (by,) if by is not None else self.people[role]
        if but_not and by is None:
            people = tuple(one for one in people if one not in but_not)
        if self.over or not people:
            return ()
        act = self._act(command, role, at, people)
        return self._keep(enforce(command, self.known, act), act, at)

    def testifies(
        self,
        which: str,
        command: Command[Case],
        role: Role,
        written_at: datetime,
        *,
        claims: datetime | None = None,
        true: Mapping[str, str] | None = None,
        by: str | None = None,
    ) -> tuple[NewEvent, ...]:
        """Act as history would testify to it: written at `written_at`, as if done at `claims`."""
        written_at = self._turn(written_at)
        if self.over:
            return ()
        act = self._act(command, role, claims or written_at, (by,) if by is not None else self.people[role])
        facts, broken = testify(command, self.known, act)
        events = self._keep(facts, act, written_at, broken)
        true = true or {"at": str(instant(written_at))}
        self.plants(Kind.UNAUTHORISED, which, events, true, broken)
        return events

    def recorded(self, events: tuple[NewEvent, ...]) -> tuple[NewEvent, ...]:
        """The same events; the crime was in truth recorded when they were written."""
        if events:
            self.recorded_truly = events[0].written_at
        return events

    def plants(
        self,
        kind: Kind,
        which: str,
        events: tuple[NewEvent, ...],
        true: Mapping[str, str],
        broken: tuple[str, ...] = (),
    ) -> None:
        """Note that these events are wrong; acts that did not come to pass are not."""
        if events:
            ids = tuple(event.event_id for event in events)
            self.wrongs.append(Wrong(self.stream, self.force, kind, str(which), ids, broken, true))

    def finished(self) -> SimulatedStream:
        """The case as it stands when the period ends."""
        return SimulatedStream(
            self.stream,
            self.force,
            self.received,
            tuple(self.appends),
            tuple(self.wrongs),
            replace(self.state, id=self.stream, force=self.force, version=len(self.history)),
            self.received_truly,
            self.recorded_truly,
            self.fate,
        )

    def new_id(self) -> UUID:
        """A random (version 4) id from the seed."""
        return new_id(self.draw)

    def _turn(self, at: datetime) -> datetime:
        soonest = self.now + timedelta(seconds=self.draw.uniform(20, 120))
        self.now = max(at, soonest).replace(microsecond=self.draw.randrange(1_000_000))
        return self.now

    def _act(self, command: Command[Case], role: Role, at: datetime, people: Sequence[str]) -> Act:
        actor = self.draw.choice(people)
        return Act(actor, role, self.force, command.purpose, at, self.rules, others=self.others)

    @property
    def known(self) -> Case:
        """The case as a command sees it: `evolve` keeps neither the facts by their ids nor the version."""
        facts = MappingProxyType(self.facts)
        return replace(self.state, id=self.stream, force=self.force, version=len(self.history), facts=facts)

    def _keep(
        self, facts: tuple[Event, ...], act: Act, written_at: datetime, broken: tuple[str, ...] = ()
    ) -> tuple[NewEvent, ...]:
        at = instant(act.at)
        events = new_events(facts, act, self.new_id, at=at, broken=broken, written_at=written_at)
        self.appends.append(Append(self.stream, len(self.history), self.force, events))
        for new in events:
            version = len(self.history) + 1
            envelope = (new.event_id, self.force, at, new.actor, new.role, new.purpose, new.event)
            entry = RecordedEvent(self.stream, version, 0, written_at, *envelope, broken=broken)
            self.history.append(entry)
            self.facts[new.event_id] = entry
            self.state = replay(self.history) if restates(new.event) else self.state.evolve(entry)
        return events


def new_id(draw: Random) -> UUID:
    """A random (version 4) id drawn from a seeded source."""
    return UUID(int=draw.getrandbits(128), version=4)
