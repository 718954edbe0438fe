"""The deadline watch: raises each missed deadline once, as the first event of a stream of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from application.ports import Append, Appended, Clock, EventStore, NewEvent, NewId
from domain.case.duties import DeadlineMissed, MissEscalated
from domain.case.state import replay
from domain.event import Event, Purpose, RecordedEvent, Role
from domain.misconduct.clocks import all_owed
from domain.misconduct.duties import ReportDeadlineMissed
from domain.misconduct.state import REPORT, Report
from domain.rules import rule_book
from domain.values import Moment, instant

ACTOR = "deadline-watch"
# What was done in time may still be on its way into the log: a statement is given 30 seconds there.
GRACE = timedelta(seconds=60)
BATCH = 250


class Candidate(NamedTuple):
    """A duty that was missed as far as the read models know, and has not been raised: its id, its case or report."""

    duty: str
    of: str


class Stand(NamedTuple):
    """Where a read model of duties stands: the position of that build."""

    position: int
    build: str


class Mark(NamedTuple):
    """How far a look came: deadlines up to `due`, as the read models (by name) stood."""

    due: datetime
    stands: Mapping[str, Stand]


class Candidates(Protocol):
    """Finds duties in the read models that may have been missed and have no event yet."""

    def mark(self, until: datetime) -> Mark:
        """Where the read models stand now, for deadlines up to `until`. Raises if there is none."""
        ...

    def pages(self, mark: Mark, since: Mark | None, size: int) -> Iterator[Sequence[Candidate]]:
        """Deadlines up to the mark, oldest first; with `since`, only what that look cannot have seen."""
        ...


class Raised(NamedTuple):
    """What a look did: deadlines raised, found raised by somebody else, not missed after all."""

    missed: int = 0
    known: int = 0
    not_missed: int = 0

    def plus(self, other: "Raised") -> "Raised":
        """Both together."""
        return Raised(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


@dataclass
class DeadlineWatch:
    """Looks at the read models again and again; what it raises is decided by the own streams of cases and reports.

    A stream can be begun once only, so that it does not matter how often, and by how many, a deadline is raised.
    """

    store: EventStore
    candidates: Candidates
    clock: Clock
    new_id: NewId
    _seen: Mark | None = None

    def look(
        self,
        progress: Callable[[Raised], None] = lambda _: None,
        stopping: Callable[[], bool] = lambda: False,
        batch: int = BATCH,
    ) -> Raised:
        """Raise what was missed since the last look; the first one goes through everything.

        Raises `StoreUnavailable`, and whatever `candidates` raises; the next look then takes up what is left.
        """
        until = self.clock() - GRACE
        mark = self.candidates.mark(until)
        done = Raised()
        for page in self.candidates.pages(mark, self._seen, batch):
            if stopping():
                return done
            raised = self._raise(page, until)
            done = done.plus(raised)
            progress(raised)
        self._seen = mark
        return done

    def _raise(self, page: Sequence[Candidate], until: datetime) -> Raised:
        wanted = {candidate.duty for candidate in page}
        histories = self.store.load_many(sorted({candidate.of for candidate in page}))
        items = [
            self._told(miss)
            for stream, history in histories.items()
            for miss in _missed(stream, history, until)
            if miss.stream in wanted
        ]
        answers = self.store.append_many(items) if items else []
        missed = sum(isinstance(answer, Appended) for answer in answers)
        return Raised(missed, len(items) - missed, len(wanted) - len(items))

    def _told(self, miss: "Miss") -> Append:
        at = instant(self.clock())
        first = self.new_id()
        events = [_new(first, miss.event, at, miss.event.opened_by)]
        if miss.escalate_to is not None:
            events.append(_new(self.new_id(), MissEscalated(to=miss.escalate_to), at, first))
        return Append(miss.stream, 0, miss.force, tuple(events))


class Miss(NamedTuple):
    """A deadline that was missed: the stream in which it is raised, for which force, and to whom it is brought."""

    stream: str
    force: str
    event: DeadlineMissed | ReportDeadlineMissed
    escalate_to: Role | None


def _missed(stream: str, history: Sequence[RecordedEvent], until: datetime) -> Iterator[Miss]:
    """The deadlines of a case or a report that had been missed by then."""
    of = _of_report if stream.startswith(REPORT.prefix) else _of_case
    yield from of(stream, history, until)


def _of_case(case: str, history: Sequence[RecordedEvent], until: datetime) -> Iterator[Miss]:
    state = replay(history)
    for duty in state.duties:
        if duty.was_missed(until):
            due = instant(duty.due)
            event = DeadlineMissed(
                case=case, duty=duty.kind, about=duty.about, opened_by=duty.opened_by, due=due, rule_set=duty.rule_set
            )
            yield Miss(duty.stream(case), state.force or "", event, duty.escalate_to)


def _of_report(report: str, history: Sequence[RecordedEvent], until: datetime) -> Iterator[Miss]:
    state: Report = REPORT.replay(history)
    for owed in all_owed(state, rule_book()):
        if owed.was_missed(until):
            due = instant(owed.due)
            event = ReportDeadlineMissed(
                report=report, duty=owed.kind, about=owed.about, opened_by=owed.opened_by, due=due, clock=owed.clock
            )
            yield Miss(owed.stream(report), state.passing.to_force or state.force or "", event, owed.escalate_to)


def _new(event_id: UUID, event: Event, at: Moment, causation: UUID) -> NewEvent:
    return NewEvent(event_id, event, at, ACTOR, Role.DEADLINE_WATCH, Purpose.OVERSIGHT, causation=causation)
