"""The state of a report: its tracks joined, and the moves that are open to it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, assert_never, get_args
from uuid import UUID

from domain.aggregate import Aggregate, aggregate
from domain.case.attestation import FactAttested
from domain.case.correction import FactCorrected
from domain.case.testimony import SourceRowWithdrawn
from domain.event import Broken, Command, RecordedEvent, Rule
from domain.misconduct import (
    allegations,
    appeals,
    determination,
    duties,
    proceedings,
    sanctions,
    schedule3,
    severity,
    standing,
    subjects,
    testimony,
)
from domain.misconduct.allegations import AllegationEvent, Allegations
from domain.misconduct.appeals import AppealEvent, Appeals
from domain.misconduct.assessment import Assessment, AssessmentEvent, Handling
from domain.misconduct.barred_list import BarredListNotified
from domain.misconduct.clocks import clocked
from domain.misconduct.closure import ClosureEvent
from domain.misconduct.delay import Delay, DelayEvent
from domain.misconduct.determination import Determinations, MisconductCaseDetermined
from domain.misconduct.duties import OwedTo
from domain.misconduct.identity import Identity, IdentityEvent
from domain.misconduct.intake import Intake, ReportReceived
from domain.misconduct.investigation import ENDED, LIVE, Inquiry, OfInquiry
from domain.misconduct.mailbox import Mailbox, MailboxEvent
from domain.misconduct.moves import MOVES
from domain.misconduct.parallel import Beside, ParallelEvent
from domain.misconduct.passing import Passing, PassingEvent, ReportPassed
from domain.misconduct.proceedings import FindingSetAside, Proceedings, ProceedingsEvent, ProceedingsRemitted
from domain.misconduct.referral import Referral, ReferralEvent
from domain.misconduct.review import Closure, ComplaintReviewDecided, ReturnsTo, ReviewEvent
from domain.misconduct.sanctions import SanctionEvent, Sanctions
from domain.misconduct.schedule3 import Schedule3Event
from domain.misconduct.severity import Severities, SeverityEvent
from domain.misconduct.standing import PENDING
from domain.misconduct.subjects import SubjectEvent, Subjects
from domain.misconduct.testimony import FindingEvidenced, ShownFindings
from domain.replacing import replace
from domain.replaying import replayed
from domain.rules import rule_book

ReportEvent = (
    ReportReceived
    | IdentityEvent
    | MailboxEvent
    | PassingEvent
    | ParallelEvent
    | SubjectEvent
    | AllegationEvent
    | AssessmentEvent
    | Schedule3Event
    | ReferralEvent
    | OfInquiry
    | SeverityEvent
    | DelayEvent
    | MisconductCaseDetermined
    | ProceedingsEvent
    | SanctionEvent
    | BarredListNotified
    | AppealEvent
    | ClosureEvent
    | ReviewEvent
    | FindingEvidenced
    | FactCorrected
    | FactAttested
    | SourceRowWithdrawn
)

REPORT_MOVE_IS_OPEN = Rule(
    "report_move_is_open",
    "This cannot be done in the present state of the report; `allowed` lists what can.",
    "Police Reform Act 2002, Schedule 3: the course of a matter (the order of the steps is a policy of this system)",
)


@dataclass(frozen=True, slots=True)
class Report:
    """A report as its history has it. `inquiry`: its investigation; what follows that is by subject."""

    id: str | None = None
    force: str | None = None
    version: int = 0
    intake: Intake = Intake()
    identity: Identity = Identity()
    mailbox: Mailbox = Mailbox()
    passing: Passing = Passing()
    beside: Beside = Beside()
    subjects: Subjects = ()
    allegations: Allegations = ()
    assessment: Assessment = Assessment()
    referral: Referral = Referral()
    inquiry: Inquiry = Inquiry()
    severities: Severities = ()
    delay: Delay = Delay()
    determinations: Determinations = ()
    proceedings: Proceedings = ()
    sanctions: Sanctions = ()
    barred: tuple[int, ...] = ()
    appeals: Appeals = ()
    closure: Closure = Closure()
    shown: ShownFindings = ()
    owed: OwedTo = ()
    facts: Mapping[UUID, RecordedEvent] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def allowed(self) -> tuple[type[Command[Any]], ...]:
        """The commands that are open in this state."""
        return tuple(command for command in MOVES if self.is_open(command))

    @property
    def held_by(self) -> str | None:
        """The force that has the report: the one it was passed to, else the one it is about, else where it came in."""
        return self.passing.to_force or self.intake.about_force or self.force

    @property
    def under_way(self) -> bool:
        """Whether an investigation, or proceedings against a subject, are not over."""
        return self.inquiry.status in LIVE or not PENDING.isdisjoint(self.standings.values())

    @property
    def standings(self) -> Mapping[int, standing.Standing]:
        """Where each subject stands, by number."""
        return standing.standings(self)

    @property
    def investigated(self) -> bool:
        """Whether it was investigated to an end, anew after a review, and proceedings, if there were any, are over."""
        anew = len(self.inquiry.spans) > self.closure.inquiries_before
        return self.inquiry.status in ENDED and anew and not self.under_way

    def is_open(self, command: type[Command[Any]]) -> bool:
        """Whether every track lets the command through."""
        where = MOVES[command]
        return (
            self.passing.stage in where.stage
            and self.assessment.status in where.handling
            and self.referral.status in where.referral
            and self.inquiry.status in where.inquiry
            and self.closure.status in where.matter
            and self.closure.review in where.review
            and self.identity.status in where.identity
            and where.safeguarding in (None, self.beside.safeguarding)
            and (where.subject is None or not where.subject.isdisjoint(self.standings.values()))
        )

    def allows(self, command: Command["Report"]) -> Iterator[Broken]:
        """Broken if the command is not open in this state."""
        if not self.is_open(type(command)):
            yield Broken(REPORT_MOVE_IS_OPEN, tuple(move.__name__ for move in self.allowed))

    def evolve(self, entry: RecordedEvent) -> "Report":
        """The report after one more fact. Corrections and withdrawals act through `replay`."""
        after = self._moved(entry)
        return after if after is self else replace(after, owed=duties.evolve(self.owed, entry, after))

    def _moved(self, entry: RecordedEvent) -> "Report":
        event: ReportEvent = entry.event  # type: ignore[assignment]
        if isinstance(event, IdentityEvent):
            return replace(self, identity=self.identity.evolve(event, entry.actor))
        if isinstance(event, MailboxEvent):
            return replace(self, mailbox=self.mailbox.evolve(event))
        if isinstance(event, PassingEvent):
            delay = self.delay.noticed(entry, event) if isinstance(event, ReportPassed) else self.delay
            return replace(self, passing=self.passing.evolve(entry, event), delay=delay)
        if isinstance(event, ParallelEvent):
            return replace(self, beside=self.beside.evolve(event))
        if isinstance(event, SubjectEvent):
            return replace(self, subjects=subjects.evolve(self.subjects, event))
        if isinstance(event, AllegationEvent):
            return replace(self, allegations=allegations.evolve(self.allegations, event))
        if isinstance(event, AssessmentEvent | Schedule3Event):
            return replace(self, assessment=schedule3.evolve(self.assessment, entry, event))
        if isinstance(event, ReferralEvent):
            return replace(self, referral=self.referral.evolve(entry, event))
        if isinstance(event, OfInquiry):
            return replace(self, inquiry=self.inquiry.evolve(entry, event))
        if isinstance(event, SeverityEvent):
            return replace(self, severities=severity.evolve(self.severities, entry, event))
        if isinstance(event, DelayEvent):
            return replace(self, delay=self.delay.evolve(entry, event))
        if isinstance(event, MisconductCaseDetermined | ProceedingsEvent | SanctionEvent | AppealEvent):
            return self._dealt_with(entry, event)
        if isinstance(event, ClosureEvent | ReviewEvent):
            after = replace(self, closure=self.closure.evolve(entry, event, len(self.inquiry.spans)))
            return after._returned(event) if isinstance(event, ComplaintReviewDecided) else after
        match event:
            case FindingEvidenced():
                return replace(self, shown=testimony.evolve(self.shown, event))
            case BarredListNotified():
                return replace(self, barred=(*self.barred, event.subject))
            case ReportReceived():
                delay = self.delay.noticed(entry, event)
                return replace(self, intake=Intake.of(event), passing=self.passing.received(), delay=delay)
            case FactCorrected() | FactAttested() | SourceRowWithdrawn():
                return self
            case _:
                assert_never(event)

    def _dealt_with(
        self, entry: RecordedEvent, event: MisconductCaseDetermined | ProceedingsEvent | SanctionEvent | AppealEvent
    ) -> "Report":
        after = self
        if isinstance(event, MisconductCaseDetermined):
            after = replace(after, determinations=determination.evolve(after.determinations, entry, event))
        if isinstance(event, MisconductCaseDetermined | ProceedingsEvent):
            after = replace(after, proceedings=proceedings.evolve(after.proceedings, entry, event))
        if isinstance(event, SanctionEvent | FindingSetAside | ProceedingsRemitted):
            after = replace(after, sanctions=sanctions.evolve(after.sanctions, entry, event))
        if isinstance(event, AppealEvent | ProceedingsRemitted):
            after = replace(after, appeals=appeals.evolve(after.appeals, entry, event))
        return after

    def _returned(self, event: ComplaintReviewDecided) -> "Report":
        if event.returns_to is None:
            return self
        local = event.returns_to is ReturnsTo.LOCAL_HANDLING
        status = Handling.LOCAL_HANDLING if local else Handling.RECORDED
        return replace(self, assessment=replace(self.assessment, status=status))


def replay(entries: Iterable[RecordedEvent], as_of: datetime | None = None) -> Report:
    """The report as its events have it; with `as_of` (UTC), as it stood at that instant of its life."""
    return replayed(Report(), entries, as_of)


TRACKS = (
    "intake",
    "identity",
    "mailbox",
    "passing",
    "beside",
    "subjects",
    "allegations",
    "assessment",
    "referral",
    "inquiry",
    "severities",
    "delay",
    "determinations",
    "proceedings",
    "sanctions",
    "barred",
    "appeals",
    "standings",
    "closure",
    "shown",
)


def _shown(report: Report, at: datetime) -> Mapping[str, object]:
    """What is shown of a report; nothing that is sealed."""
    owed = [{"status": each.status(at), **each._asdict()} for each in clocked(report, rule_book(), at)]
    return {name: getattr(report, name) for name in TRACKS} | {"duties": owed, "breaks": []}


REPORT = aggregate(Aggregate("report", "reports", replay, _shown, get_args(ReportEvent)))
