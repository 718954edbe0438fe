"""A scenario of a misconduct report: given these facts, when this is sent, then those facts follow.

    given(received(), *AT_THE_FORCE).when(AssessReport(…)).then(ReportAssessed(…))

Facts are numbered from 1 and a minute apart: `fact(1)` is the id of the first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
import scenario
from scenario import FORCE, Happened, fact, happened

from domain.event import Act, Command, Event, Purpose, RecordedEvent, Refused, Role, Rule, enforce, testify
from domain.misconduct.allegations import AllegationMade
from domain.misconduct.assessment import Disposition, RecordingTest, ReportAssessed
from domain.misconduct.intake import Anonymity, Employed, ReportChannel, ReportReceived
from domain.misconduct.passing import ForceUnit, ReportAcknowledged, ReportPassed
from domain.misconduct.schedule3 import ComplaintRecorded
from domain.misconduct.state import Report, replay
from domain.misconduct.subjects import PersonKind, SubjectIdentified, SubjectNoted
from domain.rules import rule_book
from domain.values import Moment, PersonalData, instant

TOLD = Moment.of("2024-05-01T10:00:00Z")
NOW = "2024-05-01T15:00:00Z"
INVESTIGATOR = "psd-1"
NAME = PersonalData(subject="person-00c0ffee", value="A Name")

__all__ = ["FORCE", "INVESTIGATOR", "NAME", "NOW", "TOLD", "fact", "given", "happened", "nothing", "received"]


def received(anonymity: Anonymity = Anonymity.ANONYMOUS, **facts: Any) -> ReportReceived:
    """A report of that day, from the public service."""
    given = {"channel": ReportChannel.CRIMESTOPPERS, "received": "2024-05-01", "about_force": FORCE, **facts}
    return ReportReceived.model_validate({"anonymity": anonymity, "currently_employed": Employed.UNKNOWN, **given})


PASSED = ReportPassed(force=FORCE, unit=ForceUnit.PSD, fields=("received", "summary"))
AT_THE_FORCE: tuple[Event, ...] = (PASSED, ReportAcknowledged(their_reference="PSD 12/24"))
SUBJECT: tuple[Event, ...] = (
    SubjectNoted(subject=1),
    SubjectIdentified(subject=1, person_kind=PersonKind.OFFICER, force=FORCE, staff_id="officer-7"),
    AllegationMade(allegation=1, category="G", subjects=(1,)),
)


def assessed(disposition: Disposition = Disposition.RECORD, *tests: RecordingTest) -> ReportAssessed:
    """What the assessment came to."""
    return ReportAssessed(disposition=disposition, tests=tests)


COMPLAINT: tuple[Event, ...] = (*AT_THE_FORCE, *SUBJECT, assessed(), ComplaintRecorded())


def entry(number: int, event: Event, at: Moment | None = None, by: str = INVESTIGATOR) -> RecordedEvent:
    """An event of a report as the store would give it back."""
    at = at or instant(TOLD.earliest + timedelta(minutes=number - 1))
    written = scenario.entry(number, event, at, by=by)
    return written._replace(stream="report-1", role=Role.PSD_INVESTIGATOR, purpose=Purpose.MISCONDUCT)


@dataclass(frozen=True)
class Given:
    """The history of a report."""

    entries: tuple[RecordedEvent, ...]

    @property
    def state(self) -> Report:
        """The report as this history has it."""
        return replay(self.entries)

    def and_then(self, *facts: Event | Happened) -> "Given":
        """The same history with more facts, each a minute after the one before, or when it is said to have happened."""
        found = list(self.entries)
        for told in facts:
            given = told if isinstance(told, Happened) else Happened(told, by=INVESTIGATOR)
            at = Moment.of(given.at) if given.at else None
            before = found[-1].at.latest if found else None
            at = at or (instant(before + timedelta(minutes=1)) if before else TOLD)
            found.append(entry(len(found) + 1, given.event, at, given.by))
        return Given(tuple(found))

    def when(
        self, command: Command[Report], *, at: str = NOW, by: str = INVESTIGATOR, role: Role = Role.PSD_INVESTIGATOR
    ) -> "When":
        """Somebody sends a command; `Role.IMPORTER`: a file tells of it."""
        act = Act(by, role, FORCE, command.purpose, Moment.of(at).earliest, rule_book(), others=_NO_OTHERS)
        return When(self, command, act)


_NO_OTHERS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class When:
    """What became of the command."""

    given: Given
    command: Command[Report]
    act: Act

    def then(self, *facts: Event) -> Given:
        """Exactly these facts follow; the history with them."""
        assert enforce(self.command, self.given.state, self.act) == facts
        return self.given.and_then(*facts)

    def goes_through(self) -> Given:
        """It is not refused; the history with what follows."""
        at = str(instant(self.act.at))
        facts = enforce(self.command, self.given.state, self.act)
        return self.given.and_then(*(happened(each, at, by=self.act.actor) for each in facts))

    def refused(self, rule: Rule) -> None:
        """Refused by this rule."""
        with pytest.raises(Refused) as refusal:
            enforce(self.command, self.given.state, self.act)
        assert refusal.value.rule == rule, refusal.value.rule.id

    def testifies(self, *broken: Rule) -> tuple[Event, ...]:
        """At the import door the facts are kept, with exactly these rules broken; the facts."""
        facts, rules = testify(self.command, self.given.state, self.act)
        assert facts
        assert rules == tuple(rule.id for rule in broken)
        return facts


def given(*facts: Event | Happened) -> Given:
    """A report with these facts, each a minute after the one before."""
    return Given(()).and_then(*facts)


nothing = Given(())
