"""A scenario reads as a sentence: given these facts, when this is asked, then those facts follow.

    given(reported("2024-03-01T10:00Z")).when(RecordCrime(offence="8N"), at="2024-03-01T11:00Z").then(recorded())

A fact is an event, or `happened(event, at, by=…)`. Facts are numbered from 1: `fact(1)` is the id of the first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from domain.case.correction import CorrectFact
from domain.case.recording import CrimeReported, ReporterRole, Route, deadline
from domain.case.state import Case, replay
from domain.event import (
    COMMANDS,
    Act,
    Command,
    Event,
    Purpose,
    RecordedEvent,
    Refused,
    Role,
    Rule,
    SourceRow,
    enforce,
    testify,
)
from domain.rules import rule_book
from domain.values import LAST, Moment, instant

FORCE = "greater-manchester"
RECEIVED = "2024-03-01T10:00:00Z"
LATER = "2024-03-01T12:00:00Z"
RECORDER = "staff-1"
CORRECTOR = "staff-9"
LONG = timedelta(days=3650)
HERE, THERE = (f"case-00000000-0000-4000-8000-00000000000{number}" for number in (1, 2))
DECISION = ("recording", "outcome", "reference", "correction")


class Happened(NamedTuple):
    """An event, when it took place (None: a minute after the one before), who acted, whether a file tells of it."""

    event: Event
    at: str | None = None
    by: str = RECORDER
    imported: bool = False


def fact(number: int) -> UUID:
    """The id of a scenario's nth fact."""
    return UUID(int=number)


def happened(event: Event, at: str | None = None, *, by: str = RECORDER, imported: bool = False) -> Happened:
    """An event that took place at a stated time, or by somebody else, or that a file tells of."""
    return Happened(event, at, by, imported)


def reported(received_at: str = RECEIVED, **facts: Any) -> CrimeReported:
    """A report, with the clock that its receipt starts."""
    received = Moment.of(received_at)
    rules = rule_book().recording_rules(received)
    given = {"route": Route.CONTROL_ROOM, "reporter_role": ReporterRole.VICTIM, **facts}
    given = {"record_by": deadline(received, rules.limit), "rule_set": rules.id, **given}
    return CrimeReported.model_validate({"received_at": received, **given})


def entry(number: int, event: Event, at: Moment, *, by: str = RECORDER, imported: bool = False) -> RecordedEvent:
    """An event as the store would give it back; one that a file tells of is written long after."""
    return RecordedEvent(
        stream="case-1",
        version=number,
        position=number,
        written_at=min(at.latest, LAST - LONG) + LONG if imported else at.latest,
        event_id=fact(number),
        force=FORCE,
        at=at,
        actor="import" if imported else by,
        role=Role.IMPORTER if imported else Role.RECORDER,
        purpose=Purpose.IMPORT if imported else Purpose.CRIME_RECORDING,
        event=event,
        source=SourceRow("batch-1", number, f"row {number}", f"key {number}") if imported else None,
    )


def act(
    at: str = LATER,
    role: Role = Role.RECORDER,
    purpose: Purpose = Purpose.CRIME_RECORDING,
    by: str = RECORDER,
    others: Mapping[str, Case] = MappingProxyType({}),
) -> Act:
    """Somebody of the force acts at that time."""
    return Act(by, role, FORCE, purpose, Moment.of(at).earliest, rule_book(), others=others)


@dataclass(frozen=True)
class Given:
    """The history of a case."""

    entries: tuple[RecordedEvent, ...]
    others: Mapping[str, Case] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def state(self) -> Case:
        """The case as this history has it."""
        return replay(self.entries)

    def allows(self, *commands: type[Command[Any]], of: Sequence[str] = DECISION) -> "Given":
        """Of the commands of these tracks (modules of a case) exactly these are open."""
        _are_open(self.state.allowed, commands, of)
        return self

    def at_home(self, other: Case | None = None) -> "Given":
        """The same history under an id as the live door gives it (`HERE`), beside another case (`THERE`), if any."""
        entries = tuple(entry._replace(stream=HERE) for entry in self.entries)
        return Given(entries, {} if other is None else {THERE: other})

    def and_then(self, *facts: Event | Happened) -> "Given":
        """The same history with more facts."""
        stream = self.entries[0].stream if self.entries else "case-1"
        more = (entry._replace(stream=stream) for entry in _entries(facts, len(self.entries)))
        return Given((*self.entries, *more), self.others)

    def when(
        self, command: Command[Case], *, at: str = LATER, role: Role | None = None, by: str | None = None
    ) -> "When":
        """Somebody sends a command: a recorder, unless it is said who; what is corrected, by a supervisor."""
        corrects = isinstance(command, CorrectFact)
        role = role or (Role.SUPERVISOR if corrects else Role.RECORDER)
        by = by or (CORRECTOR if corrects else RECORDER)
        return When(self, command, act(at, role, command.purpose, by, self.others))


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

    def allowed(self, *commands: type[Command[Any]], of: Sequence[str] = DECISION) -> "When":
        """Of the commands of these tracks (modules of a case) exactly these may be sent next.

        Named by the refusal, or open after the facts. `test_moves.py` walks the commands of every track.
        """
        _are_open([COMMANDS[name] for name in self._allowed_next()], commands, of)
        return self

    def _allowed_next(self) -> tuple[str, ...]:
        try:
            facts = enforce(self.command, self.given.state, self.act)
        except Refused as refusal:
            return refusal.allowed
        at = str(instant(self.act.at))
        after = self.given.and_then(*(happened(event, at, by=self.act.actor) for event in facts)).state
        return tuple(command.__name__ for command in after.allowed)


def _are_open(found: Sequence[type[Command[Any]]], commands: Sequence[type[Command[Any]]], of: Sequence[str]) -> None:
    modules = {f"domain.case.{track}" for track in of}
    assert modules >= {command.__module__ for command in commands}
    assert [command for command in found if command.__module__ in modules] == list(commands)


def given(*facts: Event | Happened) -> Given:
    """A case with these facts, each a minute after the one before unless it says when it happened."""
    return Given(_entries(facts, 0))


nothing = Given(())


def _entries(facts: Sequence[Event | Happened], before: int) -> tuple[RecordedEvent, ...]:
    def one(number: int, stated: Event | Happened) -> RecordedEvent:
        told = stated if isinstance(stated, Happened) else Happened(stated)
        in_turn = instant(Moment.of(RECEIVED).earliest + timedelta(minutes=number))
        at = Moment.of(told.at) if told.at is not None else in_turn
        return entry(number, told.event, at, by=told.by, imported=told.imported)

    return tuple(one(number, stated) for number, stated in enumerate(facts, start=before + 1))
