"""Duties: what is owed in a report and by when, derived from its events."""

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from domain.event import Event, RecordedEvent, Role
from domain.misconduct.assessment import MatterKind
from domain.misconduct.closure import MatterClosed, OutcomeSent
from domain.misconduct.mailbox import StatusTold
from domain.misconduct.passing import ReportAcknowledged, ReportPassed, ReportSignposted
from domain.misconduct.referral import (
    CalledInByIopc,
    MandatoryCriterionIdentified,
    ReferralNotMade,
    ReferredToIopc,
)
from domain.misconduct.review import ComplaintReviewDecided, ReviewApplied
from domain.owing import DutyStatus, miss_stream, status_of
from domain.rules import rule_book
from domain.values import Moment, end_of_day

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class OwedKind(StrEnum):
    """What is owed, each by the clock of its name."""

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


class ReportDeadlineMissed(Event, name="report_deadline_missed.v1"):
    """Something owed in a report was not done in time. The first event of a stream of its own: it is raised once."""

    report: str
    duty: OwedKind
    about: str | None = None
    opened_by: UUID
    due: Moment
    clock: str


class Owed(NamedTuple):
    """One thing owed. `due` is the last instant (UTC) in time; it is met, lifted (no longer owed), or open."""

    kind: OwedKind
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


def evolve(owed: OwedTo, entry: RecordedEvent, report: "Report") -> OwedTo:
    """What is owed after one more fact; `report` is the report after it. What a file shows already over opens none."""
    event = entry.event
    match event:
        case ReportAcknowledged():
            owed = _met(owed, entry, OwedKind.ACKNOWLEDGEMENT)
        case ReportPassed() | ReportSignposted():
            owed = _lifted(owed, entry, OwedKind.ACKNOWLEDGEMENT)
        case ReferredToIopc():
            owed = _met(owed, entry, OwedKind.REFERRAL)
        case ReferralNotMade():
            owed = _lifted(owed, entry, OwedKind.REFERRAL)
        case OutcomeSent():
            owed = _met(owed, entry, OwedKind.OUTCOME_SENT)
        case StatusTold():
            owed = _met(owed, entry, OwedKind.PROMISED_STATUS)
        case ComplaintReviewDecided():
            owed = _met(owed, entry, OwedKind.COMPLAINT_REVIEW)
        case _:
            pass
    opened = [each for each in _opened(entry, report) if entry.source is None or each.due >= entry.written_at]
    return (*owed, *opened) if opened else owed


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
        case StatusTold() if event.next_by is not None:
            yield _by(end_of_day(event.next_by), OwedKind.PROMISED_STATUS, None, entry, entry.at)
        case _:
            pass


def _counted(kind: OwedKind, about: str | None, entry: RecordedEvent, since: Moment) -> Owed:
    day = since.latest_london_date
    clock = rule_book().misconduct.clock(kind, day)
    return _by(clock.due(day), kind, about, entry, since)


def _by(due: datetime, kind: OwedKind, about: str | None, entry: RecordedEvent, since: Moment) -> Owed:
    clock = rule_book().misconduct.clock(kind, since.latest_london_date)
    return Owed(kind, about, entry.event_id, since, due, clock.id, clock.escalate_to)


def _met(owed: OwedTo, entry: RecordedEvent, kind: OwedKind) -> OwedTo:
    return _each(owed, kind, lambda each: each._replace(met_by=entry.event_id, met_at=entry.at))


def _lifted(owed: OwedTo, entry: RecordedEvent, kind: OwedKind) -> OwedTo:
    return _each(owed, kind, lambda each: each._replace(lifted_by=entry.event_id, lifted_at=entry.at))


def _each(owed: OwedTo, kind: OwedKind, change: Callable[[Owed], Owed]) -> OwedTo:
    return tuple(change(each) if each.kind is kind and each.is_open else each for each in owed)
