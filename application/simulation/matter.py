"""One simulated matter beside the cases: a report of misconduct, or a contact with the support line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from application.ports import Append, NewEvent, new_events
from application.simulation.case import new_id
from application.simulation.census import Part
from domain.aggregate import aggregate_named
from domain.event import Act, Command, RecordedEvent, Role, enforce
from domain.rules import RuleBook
from domain.values import Moment, Precision, instant, london_midnight


class SimulatedMatter(NamedTuple):
    """A finished matter. Nothing of it is written before `opens`; `parts` are what it adds to figures of its force."""

    stream: str
    force: str
    opens: datetime
    appends: tuple[Append, ...]
    parts: tuple[Part, ...]


@dataclass(slots=True)
class Matter:
    """A matter in the making. Acts at or after `end` have not happened yet and leave no trace."""

    stream: str
    force: str
    opens: datetime
    end: datetime
    people: Mapping[Role, tuple[str, ...]]
    rules: RuleBook
    draw: Random
    now: datetime = field(init=False)
    history: list[RecordedEvent] = field(default_factory=list[RecordedEvent])
    appends: list[Append] = field(default_factory=list[Append])
    parts: list[Part] = field(default_factory=list[Part])
    state: Any = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.opens
        self.state = self._replayed()

    def does(
        self,
        command: Command[Any],
        role: Role,
        at: datetime,
        *,
        by: str | None = None,
        force: str | None = None,
        others: Mapping[str, Any] | None = None,
    ) -> tuple[NewEvent, ...]:
        """Act by the rules at `at` (UTC), or as soon after the last act; nothing once the period is over.

        `by` one person, or by anyone of the role; for another body (`force`) than the matter's own.
        """
        soonest = self.now + timedelta(seconds=self.draw.uniform(20, 120)) if self.history else self.now
        self.now = max(at, soonest).replace(microsecond=self.draw.randrange(1_000_000))
        if self.now >= self.end:
            return ()
        actor = by if by is not None else self.draw.choice(self.people[role])
        body = force or self.force
        act = Act(actor, role, body, command.purpose, self.now, self.rules, others=others or {})
        facts = enforce(command, self.state, act)
        day = london_midnight(instant(self.now).london_date)
        moment = Moment(day, Precision.DAY) if command.by_reporter else instant(self.now)
        events = new_events(facts, act, lambda: new_id(self.draw), at=moment, written_at=self.now)
        self.appends.append(Append(self.stream, len(self.history), body, events))
        for new in events:
            envelope = (new.event_id, body, moment, new.actor, new.role, new.purpose, new.event)
            self.history.append(RecordedEvent(self.stream, len(self.history) + 1, 0, self.now, *envelope))
        self.state = self._replayed()
        return events

    def adds(self, figure: str, counted: int, of: int = 1) -> None:
        """What it adds to a figure: to its numerator and to its denominator."""
        self.parts.append(Part(figure, counted, of))

    def mixes(self, figure: str, *parts: str) -> None:
        """What it adds to a figure of parts: one to the whole, one to each of the parts."""
        self.adds(figure, 1)
        for part in parts:
            self.adds(f"{figure}/{part}", 1, 0)

    def finished(self) -> SimulatedMatter:
        """The matter as it stands when the period ends."""
        return SimulatedMatter(self.stream, self.force, self.opens, tuple(self.appends), tuple(self.parts))

    def _replayed(self) -> Any:
        return aggregate_named(self.stream).replay(self.history)
