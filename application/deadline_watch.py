"""The deadline watch: raises each missed deadline once, as the first event of a stream of its own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from application.ports import Append, Appended, Clock, EventStore, NewEvent, NewId
from domain.case.duties import DeadlineMissed, Duty, MissEscalated
from domain.case.state import replay
from domain.event import Event, Purpose, Role
from domain.values import Moment, instant

ACTOR = "deadline-watch"
# What was done in time may still be on its way into the log: a statement is given 30 seconds there.
GRACE = timedelta(seconds=60)
BATCH = 250


class Candidate(NamedTuple):
    """A duty that was missed as far as the read model knows, and has not been raised: its id and its case."""

    duty: str
    case: str


class Mark(NamedTuple):
    """How far a look came: deadlines up to `due`, as the read model stood at `position` of that build."""

    due: datetime
    position: int
    build: str


class Candidates(Protocol):
    """Finds duties in the read model that may have been missed and have no event yet."""

    def mark(self, until: datetime) -> Mark:
        """Where the read model stands now, for deadlines up to `until`. Raises if there is none."""
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
    """Looks at the read model again and again; what it raises is decided by the cases' own streams.

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
        histories = self.store.load_many(sorted({candidate.case for candidate in page}))
        items: list[Append] = []
        for case, history in histories.items():
            state = replay(history)
            items += [
                self._miss(case, state.force or "", duty)
                for duty in state.duties
                if duty.stream(case) in wanted and duty.was_missed(until)
            ]
        answers = self.store.append_many(items) if items else []
        missed = sum(isinstance(answer, Appended) for answer in answers)
        return Raised(missed, len(items) - missed, len(wanted) - len(items))

    def _miss(self, case: str, force: str, duty: Duty) -> Append:
        at = instant(self.clock())
        first = self.new_id()
        missed = DeadlineMissed(
            case=case,
            duty=duty.kind,
            about=duty.about,
            opened_by=duty.opened_by,
            due=instant(duty.due),
            rule_set=duty.rule_set,
        )
        events = [_new(first, missed, at, duty.opened_by)]
        if duty.escalate_to is not None:
            events.append(_new(self.new_id(), MissEscalated(to=duty.escalate_to), at, first))
        return Append(duty.stream(case), 0, force, tuple(events))


def _new(event_id: UUID, event: Event, at: Moment, causation: UUID) -> NewEvent:
    return NewEvent(event_id, event, at, ACTOR, Role.DEADLINE_WATCH, Purpose.OVERSIGHT, causation=causation)
