"""A scenario of the support line: given these facts of a contact, when this is sent, then those facts follow.

    given(opened(), ConsentGiven()).when(RaiseEscalation(…)).then(EscalationRaised(…))

Facts are numbered from 1 and a minute apart: `fact(1)` is the id of the first. The case that stands beside is `CASE`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
import scenario
from scenario import FORCE, fact

from domain.case.recording import CrimeRecorded, Receipt, Route
from domain.case.state import Case
from domain.event import Act, Command, Event, Purpose, RecordedEvent, Refused, Role, Rule, enforce, testify
from domain.rules import rule_book
from domain.support_contact.opening import ContactGround, ContactOpened
from domain.support_contact.state import Contact, replay
from domain.values import Moment, instant

CASE, OTHER_CASE = (f"case-{letter * 8}-1111-4111-8111-111111111111" for letter in "ab")
RANG = Moment.of("2024-05-01T10:00:00Z")
NOW = "2024-05-01T12:00:00Z"
LONG_AGO = "2024-02-01T10:00:00Z"

__all__ = ["CASE", "FORCE", "NOW", "OTHER_CASE", "RANG", "fact", "given", "nothing", "opened", "reported_case"]


def opened(ground: ContactGround = ContactGround.UNRECORDED, **facts: Any) -> ContactOpened:
    """A contact of somebody who rang."""
    return ContactOpened(ground=ground, **facts)


def entry(number: int, event: Event, at: Moment | None = None, stream: str = "contact-1") -> RecordedEvent:
    """An event of a contact as the store would give it back."""
    at = at or instant(RANG.earliest + timedelta(minutes=number - 1))
    written = scenario.entry(number, event, at)
    return written._replace(stream=stream, role=Role.HELPLINE_ADVISER, purpose=Purpose.SUPPORT)


def reported_case(*, recorded: str | None = None, force: str = FORCE) -> Case:
    """A case that an adviser took down for a crime of long ago; recorded by the force at a time, if at all."""
    claim = scenario.reported(LONG_AGO, route=Route.SUPPORT_LINE, receipt=Receipt.CLAIMED)
    facts = [scenario.happened(CrimeRecorded(offence="8N"), recorded)] if recorded else []
    history = scenario.given(claim, *facts).entries
    return scenario.replay([written._replace(force=force) for written in history])


@dataclass(frozen=True)
class Given:
    """The history of a contact, and the cases that are known beside it."""

    entries: tuple[RecordedEvent, ...]
    others: Mapping[str, Case] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def state(self) -> Contact:
        """The contact as this history has it."""
        return replay(self.entries)

    def and_then(self, *events: Event) -> "Given":
        """The same history with more facts."""
        first = len(self.entries) + 1
        more = tuple(entry(number, event) for number, event in enumerate(events, start=first))
        return Given((*self.entries, *more), self.others)

    def beside(self, cases: Mapping[str, Case]) -> "Given":
        """The same history, with these cases known."""
        return Given(self.entries, cases)

    def when(self, command: Command[Contact], *, at: str = NOW, role: Role = Role.HELPLINE_ADVISER) -> "When":
        """Somebody sends a command; `Role.IMPORTER`: a file tells of it."""
        moment = Moment.of(at).earliest
        act = Act("adviser-1", role, FORCE, command.purpose, moment, rule_book(), others=self.others)
        return When(self, command, act)


@dataclass(frozen=True)
class When:
    """What became of the command."""

    given: Given
    command: Command[Contact]
    act: Act

    def then(self, *facts: Event) -> Given:
        """Exactly these facts follow; the history with them."""
        assert enforce(self.command, self.given.state, self.act) == facts
        return self.given.and_then(*facts)

    def refused(self, rule: Rule) -> None:
        """Refused by this rule."""
        with pytest.raises(Refused) as refusal:
            enforce(self.command, self.given.state, self.act)
        assert refusal.value.rule == rule, refusal.value.rule.id

    def testifies(self, *broken: Rule) -> None:
        """At the import door the facts are kept, with exactly these rules broken."""
        facts, rules = testify(self.command, self.given.state, self.act)
        assert facts
        assert rules == tuple(rule.id for rule in broken)


def given(*events: Event) -> Given:
    """A contact with these facts, each a minute after the one before."""
    return Given(()).and_then(*events)


nothing = Given(())
