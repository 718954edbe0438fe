"""Investigation of a misconduct report: from its start to the report on it, for each person it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple
from uuid import UUID

from pydantic import Field

from domain.event import Act, Command, Decision, Event, Fact, Purpose, RecordedEvent, Rule, broken
from domain.misconduct.sub_judice import SubJudiceResumed, SubJudiceSuspended
from domain.misconduct.subjects import SubjectNumber
from domain.misconduct.withdrawal import ComplaintWithdrawn
from domain.replacing import replace
from domain.values import ActorId, FreeText, Moment, SealedText

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class InquiryStatus(StrEnum):
    """Where the investigation of a report stands; suspended: other proceedings come first (sub judice)."""

    NOT_STARTED = "not_started"
    UNDER_WAY = "under_way"
    SUSPENDED = "suspended"
    REPORTED = "reported"
    DISCONTINUED = "discontinued"
    WITHDRAWN = "withdrawn"


class Opinion(StrEnum):
    """What the investigator finds: whether there is a case to answer, and for what."""

    CASE_FOR_GROSS_MISCONDUCT = "case_for_gross_misconduct"
    CASE_FOR_MISCONDUCT = "case_for_misconduct"
    NO_CASE = "no_case"


class Informed(StrEnum):
    """Who is kept informed of an investigation."""

    COMPLAINANT = "complainant"
    INTERESTED_PERSON = "interested_person"


class SubjectOpinion(Fact):
    """The opinion on one of the subjects."""

    subject: SubjectNumber
    opinion: Opinion


class MisconductInvestigationStarted(Event, name="misconduct_investigation_started.v1"):
    """The investigation of a misconduct report began, or began again."""

    investigator: ActorId


class InvestigatorAppointed(Event, name="investigator_appointed.v1"):
    """Somebody else investigates from now on."""

    investigator: ActorId
    because: SealedText | None = None


class MisconductUpdateSent(Event, name="misconduct_update_sent.v1"):
    """Somebody was told how the investigation is going."""

    to: Informed


class InvestigationReported(Event, name="investigation_reported.v1"):
    """The report on the investigation was submitted, with an opinion on each subject."""

    opinions: tuple[SubjectOpinion, ...]
    summary: SealedText | None = None


class InvestigationDiscontinued(Event, name="investigation_discontinued.v1"):
    """The investigation was given up before its end."""

    because: SealedText | None = None


OfInquiry = (
    MisconductInvestigationStarted
    | InvestigatorAppointed
    | SubJudiceSuspended
    | SubJudiceResumed
    | MisconductUpdateSent
    | InvestigationReported
    | InvestigationDiscontinued
    | ComplaintWithdrawn
)
LIVE = frozenset({InquiryStatus.UNDER_WAY, InquiryStatus.SUSPENDED})
ENDED = frozenset({InquiryStatus.REPORTED, InquiryStatus.DISCONTINUED, InquiryStatus.WITHDRAWN})

_CONDUCT = "The Police (Conduct) Regulations 2020 (SI 2020/4)"

OPINION_ON_EACH = Rule(
    "opinion_on_each_subject",
    "Give one opinion, and only one, on each subject of the report.",
    f"{_CONDUCT}: the investigator's report (that every subject has one is a policy of this system)",
)


class Suspension(NamedTuple):
    """A time for which the investigation stood; `until` None: it still does."""

    since: Moment
    until: Moment | None = None


class Span(NamedTuple):
    """A time for which there was an investigation; `until` None: there still is. `ended_by`: the event that did."""

    since: Moment
    until: Moment | None = None
    ended_by: UUID | None = None


class Told(NamedTuple):
    """An event by its id, and when it took place."""

    event: UUID
    at: Moment


@dataclass(frozen=True, slots=True)
class Inquiry:
    """The investigation as it stands. `updates`: the starts and updates from which the next update is due."""

    status: InquiryStatus = InquiryStatus.NOT_STARTED
    investigator: str | None = None
    spans: tuple[Span, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    updates: tuple[Told, ...] = ()
    complaint_withdrawn: bool = False

    def evolve(self, entry: RecordedEvent, event: OfInquiry) -> "Inquiry":
        """The investigation after one more fact."""
        match event:
            case MisconductInvestigationStarted():
                return replace(
                    self,
                    status=InquiryStatus.UNDER_WAY,
                    investigator=event.investigator,
                    spans=(*self.spans, Span(entry.at)),
                    updates=(*self.updates, Told(entry.event_id, entry.at)),
                )
            case InvestigatorAppointed():
                return replace(self, investigator=event.investigator)
            case SubJudiceSuspended():
                held = (*self.suspensions, Suspension(entry.at))
                return replace(self, status=InquiryStatus.SUSPENDED, suspensions=held)
            case SubJudiceResumed():
                held = _closed(self.suspensions, entry.at)
                return replace(self, status=InquiryStatus.UNDER_WAY, suspensions=held)
            case MisconductUpdateSent():
                return replace(self, updates=(*self.updates, Told(entry.event_id, entry.at)))
            case InvestigationReported():
                return self._ended(InquiryStatus.REPORTED, entry)
            case InvestigationDiscontinued():
                return self._ended(InquiryStatus.DISCONTINUED, entry)
            case ComplaintWithdrawn():
                told = replace(self, complaint_withdrawn=True)
                return told if event.goes_on or self.status in ENDED else told._ended(InquiryStatus.WITHDRAWN, entry)

    @property
    def started(self) -> Moment | None:
        """When it first began."""
        return self.spans[0].since if self.spans else None

    def gross(self, now: datetime) -> timedelta:
        """How long it was investigated up to its end or `now`, suspensions included."""
        return sum((_length(span, now) for span in self.spans), timedelta())

    def net(self, now: datetime) -> timedelta:
        """The same without the suspensions."""
        return self.gross(now) - sum((_length(pause, now) for pause in self.suspensions), timedelta())

    def _ended(self, status: InquiryStatus, entry: RecordedEvent) -> "Inquiry":
        spans = tuple(
            span._replace(until=entry.at, ended_by=entry.event_id) if span.until is None else span
            for span in self.spans
        )
        return replace(self, status=status, spans=spans, suspensions=_closed(self.suspensions, entry.at))


def _closed(pauses: tuple[Suspension, ...], at: Moment) -> tuple[Suspension, ...]:
    return tuple(pause._replace(until=at) if pause.until is None else pause for pause in pauses)


def _length(time: Span | Suspension, now: datetime) -> timedelta:
    until = time.until.earliest if time.until is not None else now
    return max(min(until, now) - time.since.earliest, timedelta())


class StartMisconductInvestigation(Command["Report"]):
    """Begin to investigate, or begin again after a review."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"
    example: ClassVar[Mapping[str, Any]] = {"investigator": "staff-4711"}

    investigator: ActorId

    def decide(self, state: "Report", act: Act) -> Decision:
        """The clock of the updates starts."""
        yield from state.allows(self)
        yield MisconductInvestigationStarted(investigator=self.investigator)


class AppointInvestigator(Command["Report"]):
    """Give the investigation to somebody else."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"
    example: ClassVar[Mapping[str, Any]] = {"investigator": "staff-4712"}

    investigator: ActorId
    because: FreeText | None = None

    def decide(self, state: "Report", act: Act) -> Decision:
        """No clock stops for it."""
        yield from state.allows(self)
        yield InvestigatorAppointed(investigator=self.investigator, because=self.because)


class SendMisconductUpdate(Command["Report"]):
    """Note that somebody was told how the investigation is going."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    to: Informed

    def decide(self, state: "Report", act: Act) -> Decision:
        """The next one is due within 28 days of this one."""
        yield from state.allows(self)
        yield MisconductUpdateSent(to=self.to)


class SubmitInvestigationReport(Command["Report"]):
    """Submit the report on the investigation, with an opinion on each subject."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    opinions: Annotated[
        tuple[SubjectOpinion, ...],
        Field(max_length=50, examples=[[{"subject": 1, "opinion": "case_for_gross_misconduct"}]]),
    ]
    summary: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """It ends the investigation and its clocks."""
        yield from state.allows(self)
        each = sorted(one.subject for one in self.opinions)
        yield from broken(OPINION_ON_EACH, when=each != sorted(subject.number for subject in state.subjects))
        yield InvestigationReported(opinions=self.opinions, summary=self.summary)


class DiscontinueInvestigation(Command["Report"]):
    """Give the investigation up before its end, and say why."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    because: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """It ends the clocks of the investigation."""
        yield from state.allows(self)
        yield InvestigationDiscontinued(because=self.because)
