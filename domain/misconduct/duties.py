"""Duties: what is owed in a report and by when, derived from its events."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, NamedTuple
from uuid import UUID

from pydantic import Field

from domain.event import Event, RecordedEvent, Role
from domain.misconduct.assessment import MatterKind
from domain.misconduct.closure import MatterClosed, OutcomeSent
from domain.misconduct.determination import DealtWith, MisconductCaseDetermined
from domain.misconduct.intake import Code
from domain.misconduct.investigation import (
    LIVE,
    InvestigationDiscontinued,
    InvestigationReported,
    MisconductInvestigationStarted,
    MisconductUpdateSent,
)
from domain.misconduct.mailbox import StatusTold
from domain.misconduct.passing import ReportAcknowledged, ReportPassed, ReportSignposted
from domain.misconduct.proceedings import ProceedingsHeld, ProceedingsNotified, ProceedingsRemitted, ProceedingsReported
from domain.misconduct.referral import (
    CalledInByIopc,
    MandatoryCriterionIdentified,
    ReferralNotMade,
    ReferredToIopc,
)
from domain.misconduct.review import ComplaintReviewDecided, ReviewAcknowledged, ReviewApplied, ReviewBody
from domain.misconduct.withdrawal import ComplaintWithdrawn
from domain.owing import DutyStatus, miss_stream, status_of
from domain.rules import rule_book
from domain.values import Moment, end_of_day

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class OwedKind(StrEnum):
    """What is owed, each by the clock of its name. The data may hold more, which say what starts and ends them."""

    ACKNOWLEDGEMENT = "acknowledgement"
    REFERRAL = "referral"
    OUTCOME_SENT = "outcome_sent"
    PROMISED_STATUS = "promised_status"
    INVESTIGATION_UPDATE = "investigation_update"
    DELAY_STATEMENT = "delay_statement"
    MEETING = "meeting"
    HEARING = "hearing"
    ACCELERATED_HEARING = "accelerated_hearing"
    PROCEEDINGS_REPORT = "proceedings_report"
    COMPLAINT_REVIEW = "complaint_review"
    REVIEW_ACKNOWLEDGEMENT = "review_acknowledgement"


class ReportDeadlineMissed(Event, name="report_deadline_missed.v1"):
    """Something owed in a report was not done in time. The first event of a stream of its own: it is raised once."""

    report: str
    duty: Annotated[OwedKind | Code, Field(union_mode="left_to_right")]
    about: str | None = None
    opened_by: UUID
    due: Moment
    clock: str


class Owed(NamedTuple):
    """One thing owed. `due` is the last instant (UTC) in time; it is met, lifted (no longer owed), or open."""

    kind: str
    about: str | None
    opened_by: UUID
    opened_at: Moment
    due: datetime
    clock: str
    escalate_to: Role | None = None
    met_by: UUID | None = None
    met_at: Moment | None = None
    lifted_by: UUID | None = None
    lifted_at: Moment | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is still owed."""
        return self.met_by is None and self.lifted_by is None

    def status(self, now: datetime) -> DutyStatus:
        """Where it stands at `now`. A coarse time is late only if it is late at every instant it can mean."""
        return status_of(self.due, self.met_at, now, lifted=self.lifted_by is not None)

    @property
    def stopped_at(self) -> datetime | None:
        """The earliest instant (UTC) at which its clock may have stopped: met or lifted; None: it runs."""
        ended = self.lifted_at or self.met_at
        return ended.earliest if ended is not None else None

    def was_missed(self, now: datetime) -> bool:
        """Whether by `now` its deadline went by while it was owed, whatever came after that."""
        return (self.stopped_at or now) > self.due

    def stream(self, report: str) -> str:
        """The id of the stream in which its missed deadline is raised: the same for the same duty, always."""
        return miss_stream(report, self.kind, self.about, self.opened_by, "owed-")


OwedTo = tuple[Owed, ...]
_FORMS = {
    DealtWith.MEETING: OwedKind.MEETING,
    DealtWith.HEARING: OwedKind.HEARING,
    DealtWith.ACCELERATED_HEARING: OwedKind.ACCELERATED_HEARING,
}


class _End(NamedTuple):
    """What an event ends: open duties of a kind, about one subject or whatever they are about; met, or else lifted."""

    kind: OwedKind
    met: bool = True
    about: str | None = None


def evolve(owed: OwedTo, entry: RecordedEvent, report: "Report") -> OwedTo:
    """What is owed after one more fact; `report` is the report after it. What a file shows already over opens none."""
    for end in _ended(entry.event, report):
        owed = tuple(_over(each, entry, met=end.met) if _is_ended(each, end) else each for each in owed)
    owed = tuple(_ended_by_the_data(each, entry) for each in owed)
    opened = [
        each
        for each in (*_opened(entry, report), *_opened_by_the_data(entry))
        if entry.source is None or each.due >= entry.written_at
    ]
    return (*owed, *opened) if opened else owed


def _is_ended(owed: Owed, end: _End) -> bool:
    return owed.kind == end.kind and owed.is_open and end.about in (None, owed.about)


def _over(owed: Owed, entry: RecordedEvent, *, met: bool) -> Owed:
    if met:
        return owed._replace(met_by=entry.event_id, met_at=entry.at)
    return owed._replace(lifted_by=entry.event_id, lifted_at=entry.at)


def _ended(event: Event, report: "Report") -> Iterator[_End]:
    match event:
        case ReportAcknowledged():
            yield _End(OwedKind.ACKNOWLEDGEMENT)
        case ReportPassed() | ReportSignposted():
            yield _End(OwedKind.ACKNOWLEDGEMENT, met=False)
        case ReferredToIopc():
            yield _End(OwedKind.REFERRAL)
        case ReferralNotMade():
            yield _End(OwedKind.REFERRAL, met=False)
        case OutcomeSent():
            yield _End(OwedKind.OUTCOME_SENT)
        case StatusTold():
            yield _End(OwedKind.PROMISED_STATUS)
        case ReviewAcknowledged():
            yield _End(OwedKind.REVIEW_ACKNOWLEDGEMENT)
        case ComplaintReviewDecided():
            yield _End(OwedKind.COMPLAINT_REVIEW)
            yield _End(OwedKind.REVIEW_ACKNOWLEDGEMENT, met=False)
        case MisconductUpdateSent():
            yield _End(OwedKind.INVESTIGATION_UPDATE)
        case MisconductInvestigationStarted():
            yield _End(OwedKind.INVESTIGATION_UPDATE, met=False)
        case InvestigationReported() | InvestigationDiscontinued() | ComplaintWithdrawn():
            if report.inquiry.status not in LIVE:
                yield _End(OwedKind.INVESTIGATION_UPDATE, met=False)
        case ProceedingsHeld():
            yield from (_End(kind, about=subject(event.subject)) for kind in _FORMS.values())
        case ProceedingsReported():
            yield _End(OwedKind.PROCEEDINGS_REPORT, about=subject(event.subject))
        case ProceedingsNotified() | MisconductCaseDetermined():
            yield from (_End(kind, met=False, about=subject(event.subject)) for kind in _FORMS.values())
        case ProceedingsRemitted():
            yield _End(OwedKind.PROCEEDINGS_REPORT, met=False, about=subject(event.subject))
        case _:
            pass


def _opened(entry: RecordedEvent, report: "Report") -> Iterator[Owed]:
    event = entry.event
    match event:
        case ReportPassed():
            yield _counted(OwedKind.ACKNOWLEDGEMENT, event.force, entry, entry.at)
        case MandatoryCriterionIdentified():
            yield _counted(OwedKind.REFERRAL, event.criterion, entry, event.clear_at)
        case CalledInByIopc():
            yield _counted(OwedKind.REFERRAL, "called_in", entry, event.notified_at)
        case MatterClosed() if report.assessment.matter is MatterKind.COMPLAINT:
            yield _counted(OwedKind.OUTCOME_SENT, None, entry, entry.at)
        case ReviewApplied():
            yield _counted(OwedKind.COMPLAINT_REVIEW, event.body, entry, event.on)
            if event.body is ReviewBody.LOCAL_POLICING_BODY:
                yield _counted(OwedKind.REVIEW_ACKNOWLEDGEMENT, event.body, entry, event.on)
        case StatusTold() if event.next_by is not None:
            clock = rule_book().misconduct.clock(OwedKind.PROMISED_STATUS, entry.at.latest_london_date)
            due = end_of_day(event.next_by)
            yield Owed(OwedKind.PROMISED_STATUS, None, entry.event_id, entry.at, due, clock.id, clock.escalate_to)
        case MisconductInvestigationStarted() | MisconductUpdateSent():
            yield _of_course(OwedKind.INVESTIGATION_UPDATE, None, entry)
        case ProceedingsNotified() if event.form in _FORMS:  # a file may show others
            yield _of_course(_FORMS[event.form], subject(event.subject), entry)
        case ProceedingsHeld():
            yield _of_course(OwedKind.PROCEEDINGS_REPORT, subject(event.subject), entry)
        case ProceedingsRemitted():
            remitted = (each for each in report.proceedings if each.subject == event.subject and each.form in _FORMS)
            yield from (_of_course(_FORMS[each.form], subject(event.subject), entry) for each in remitted)
        case _:
            pass


def _opened_by_the_data(entry: RecordedEvent) -> Iterator[Owed]:
    """What a clock asks for that no code knows of. It is of the report, and not of one of its subjects."""
    day = entry.at.latest_london_date
    for clock in rule_book().misconduct.started_by(entry.event.NAME, day):
        yield Owed(clock.kind, None, entry.event_id, entry.at, clock.due(day), clock.id, clock.escalate_to)


def _ended_by_the_data(owed: Owed, entry: RecordedEvent) -> Owed:
    clock = rule_book().misconduct.clock_named(owed.clock) if owed.is_open else None
    if clock is None or entry.event.NAME not in (*clock.met_by, *clock.lifted_by):
        return owed
    return _over(owed, entry, met=entry.event.NAME in clock.met_by)


def subject(number: int) -> str:
    """What a duty is about that is owed for one of the subjects."""
    return f"subject {number}"


def _counted(kind: OwedKind, about: str | None, entry: RecordedEvent, since: Moment) -> Owed:
    """By the clocks of reports, from that day."""
    day = since.latest_london_date
    clock = rule_book().misconduct.clock(kind, day)
    return Owed(kind, about, entry.event_id, since, clock.due(day), clock.id, clock.escalate_to)


def _of_course(kind: OwedKind, about: str | None, entry: RecordedEvent) -> Owed:
    """By the clocks of investigations and proceedings, from the day of the event."""
    rules = rule_book().proceedings_rules(entry.at)
    clock, day = rules.clocks[kind], entry.at.latest_london_date
    return Owed(kind, about, entry.event_id, entry.at, clock.due(day), f"{rules.id}/{kind}", clock.escalate_to)
