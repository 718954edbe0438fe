"""A scenario reads as a sentence: given these facts, when this is asked, then those facts follow.

    given(reported("2024-03-01T10:00Z")).when(RecordCrime(offence="8N"), at="2024-03-01T11:00Z").then(recorded())

A fact is an event, or `happened(event, at)`. Facts are numbered from 1: `fact(1)` is the id of the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.case.recording import CrimeReported, ReporterRole, Route, deadline
from domain.case.state import Case, replay
from domain.event import COMMANDS, Act, Command, Event, Purpose, RecordedEvent, Refused, Role, Rule, enforce, testify
from domain.rules import rule_book
from domain.values import Moment, instant

FORCE = "greater-manchester"
RECEIVED = "2024-03-01T10:00:00Z"
LATER = "2024-03-01T12:00:00Z"


def fact(number: int) -> UUID:
    """The id of a scenario's nth fact."""
    return UUID(int=number)


def happened(event: Event, at: str) -> tuple[Event, str]:
    """An event that took place at a stated time."""
    return event, at


def reported(received_at: str = RECEIVED, **facts: Any) -> CrimeReported:
    """A report, with the clock that its receipt starts."""
    received = Moment.of(received_at)
    rules = rule_book().recording_rules(received)
    given = {"route": Route.CONTROL_ROOM, "reporter_role": ReporterRole.VICTIM, **facts}
    given = {"record_by": deadline(received, rules.limit), "rule_set": rules.id, **given}
    return CrimeReported.model_validate({"received_at": received, **given})


def entry(number: int, event: Event, at: Moment) -> RecordedEvent:
    """An event as the store would give it back."""
    return RecordedEvent(
        stream="case-1",
        version=number,
        position=number,
        written_at=at.latest,
        event_id=fact(number),
        force=FORCE,
        at=at,
        actor="staff-1",
        role=Role.RECORDER,
        purpose=Purpose.CRIME_RECORDING,
        event=event,
    )


def act(at: str = LATER, role: Role = Role.RECORDER, purpose: Purpose = Purpose.CRIME_RECORDING) -> Act:
    """Somebody of the force acts at that time."""
    return Act("staff-1", role, FORCE, purpose, Moment.of(at).earliest, rule_book())


@dataclass(frozen=True)
class Given:
    """The history of a case."""

    entries: tuple[RecordedEvent, ...]

    @property
    def state(self) -> Case:
        """The case as this history has it."""
        return replay(self.entries)

    def and_then(self, *facts: Event | tuple[Event, str]) -> "Given":
        """The same history with more facts."""
        return Given((*self.entries, *_entries(facts, len(self.entries))))

    def when(self, command: Command[Case], *, at: str = LATER, role: Role = Role.RECORDER) -> "When":
        """Somebody sends a command."""
        return When(self, command, act(at, role, command.purpose))


@dataclass(frozen=True)
class When:
    """What became of the command."""

    given: Given
    command: Command[Case]
    act: Act

    def then(self, *facts: Event) -> "When":
        """Exactly these facts follow."""
        assert enforce(self.command, self.given.state, self.act) == facts
        return self

    def refused(self, sentence: str | Rule) -> "When":
        """Refused, with a sentence that begins so."""
        with pytest.raises(Refused) as refusal:
            enforce(self.command, self.given.state, self.act)
        expected = sentence.sentence if isinstance(sentence, Rule) else sentence
        assert str(refusal.value).startswith(expected), str(refusal.value)
        return self

    def testifies(self, *broken: Rule) -> "When":
        """At the import door the facts are kept, with exactly these rules broken."""
        facts, rules = testify(self.command, self.given.state, self.act)
        assert facts
        assert rules == tuple(rule.id for rule in broken)
        return self

    def allowed(self, *commands: type[Command[Any]]) -> "When":
        """Exactly these commands may be sent next: named by the refusal, or open after the facts."""
        names = self._allowed_next()
        assert [COMMANDS[name] for name in names] == list(commands)
        return self

    def _allowed_next(self) -> tuple[str, ...]:
        try:
            facts = enforce(self.command, self.given.state, self.act)
        except Refused as refusal:
            return refusal.allowed
        at = str(instant(self.act.at))
        after = self.given.and_then(*(happened(event, at) for event in facts)).state
        return tuple(command.__name__ for command in after.allowed)


def given(*facts: Event | tuple[Event, str]) -> Given:
    """A case with these facts, each a minute after the one before unless it says when it happened."""
    return Given(_entries(facts, 0))


nothing = Given(())


def _entries(facts: Sequence[Event | tuple[Event, str]], before: int) -> tuple[RecordedEvent, ...]:
    def one(number: int, stated: Event | tuple[Event, str]) -> RecordedEvent:
        if isinstance(stated, tuple):
            return entry(number, stated[0], Moment.of(stated[1]))
        return entry(number, stated, instant(Moment.of(RECEIVED).earliest + timedelta(minutes=number)))

    return tuple(one(number, stated) for number, stated in enumerate(facts, start=before + 1))
