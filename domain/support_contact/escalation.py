"""Escalation: the support line asks the force to look again; the force takes it up or not, and says what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from domain.case import linking
from domain.case.recording import RecordingStatus
from domain.event import Act, Broken, Command, Decision, Event, Purpose, Rule, broken
from domain.support_contact.cases import was_added
from domain.support_contact.consent import may_pass_on
from domain.support_contact.opening import ContactGround
from domain.values import FreeText, Moment, SealedText

if TYPE_CHECKING:
    from domain.case.state import Case
    from domain.support_contact.state import Contact

Number = Annotated[int, Field(ge=1)]


class EscalationChannel(StrEnum):
    """By which way the force is asked to look again."""

    SUPPORT_LINE = "support_line"
    COMPLAINT = "complaint"
    AUDIT = "audit"
    MAYOR = "mayor"


class DeclinedBecause(StrEnum):
    """Why the force does not take an escalation up."""

    ALREADY_DEALT_WITH = "already_dealt_with"
    OTHER_FORCE = "other_force"
    NOT_ENOUGH_INFORMATION = "not_enough_information"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    OTHER_PROCESS = "other_process"


class EscalationResult(StrEnum):
    """What came of an escalation."""

    RECORDED_LATE = "recorded_late"
    UPHELD = "upheld"
    NOT_UPHELD = "not_upheld"
    SIGNPOSTED = "signposted"


class EscalationStatus(StrEnum):
    """How far an escalation has come."""

    RAISED = "raised"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    RESOLVED = "resolved"


class EscalationRaised(Event, name="escalation_raised.v1"):
    """The force was asked to look again. The escalations of a contact are numbered from 1."""

    number: Number
    channel: EscalationChannel
    ground: ContactGround
    case: linking.CaseId | None = None
    because: SealedText | None = None


class EscalationAccepted(Event, name="escalation_accepted.v1"):
    """The force is looking into it."""

    number: Number


class EscalationDeclined(Event, name="escalation_declined.v1"):
    """The force does not take it up, for this reason."""

    number: Number
    reason: DeclinedBecause
    rationale: SealedText | None = None


class EscalationResolved(Event, name="escalation_resolved.v1"):
    """The force said what came of it; `recorded_late` names the case that is now in the crime register."""

    number: Number
    result: EscalationResult
    case: linking.CaseId | None = None
    rationale: SealedText | None = None


EscalationEvent = EscalationRaised | EscalationAccepted | EscalationDeclined | EscalationResolved
OPEN = frozenset({EscalationStatus.RAISED, EscalationStatus.ACCEPTED})
TO_ACCEPT = frozenset({EscalationStatus.RAISED, EscalationStatus.DECLINED})
TO_DECLINE = frozenset({EscalationStatus.RAISED})
TO_RESOLVE = frozenset({EscalationStatus.ACCEPTED, EscalationStatus.RESOLVED})

# What is in the crime register, until a cancellation or transfer is through.
REGISTERED = {RecordingStatus.RECORDED, RecordingStatus.TRANSFER_PENDING, RecordingStatus.CANCEL_PENDING}

ESCALATES_ITS_OWN = Rule(
    "escalates_what_is_eligible",
    "The matter is not one for this force, so there is nothing it could look into; direct the caller elsewhere.",
    "GMCA, Crime Support Line (December 2020): three grounds of calling",
)
AWAITS_THIS_ANSWER = Rule(
    "escalation_awaits_this_answer",
    "There is no escalation with that number which awaits this answer; see `escalations` of the contact.",
    "A policy of this system: an escalation is raised, accepted or declined, then resolved",
)
RECORDED_LATE_IS_RECORDED = Rule(
    "recorded_late_is_recorded",
    "Name in `case` the case of this escalation that is in the crime register, or record it first (`RecordCrime`).",
    "Home Office Counting Rules: a crime is recorded when it is entered in the crime register",
)
RECORDED_LATE_WAS_LATE = Rule(
    "recorded_late_was_late",
    "The crime was recorded within the time allowed; give another result.",
    "Home Office Counting Rules: record within 24 hours of the report (72 before April 2015)",
)


@dataclass(frozen=True, slots=True)
class Escalation:
    """One escalation as it stands; `case` is the one it is about."""

    number: int
    channel: EscalationChannel
    ground: ContactGround
    case: str | None
    raised_at: Moment
    status: EscalationStatus = EscalationStatus.RAISED
    declined_because: DeclinedBecause | None = None
    result: EscalationResult | None = None

    @property
    def is_open(self) -> bool:
        """Whether the force still has to decline or resolve it."""
        return self.status in OPEN


Escalations = tuple[Escalation, ...]


def evolve(escalations: Escalations, event: EscalationEvent, at: Moment) -> Escalations:
    """The escalations after one more fact."""
    match event:
        case EscalationRaised():
            return (*escalations, Escalation(event.number, event.channel, event.ground, event.case, at))
        case EscalationAccepted():
            return _with(escalations, event.number, status=EscalationStatus.ACCEPTED, declined_because=None)
        case EscalationDeclined():
            status = EscalationStatus.DECLINED
            return _with(escalations, event.number, status=status, declined_because=event.reason)
        case EscalationResolved():
            return _with(escalations, event.number, status=EscalationStatus.RESOLVED, result=event.result)


def _with(escalations: Escalations, number: int, **changes: object) -> Escalations:
    return tuple(replace(each, **changes) if each.number == number else each for each in escalations)


class RaiseEscalation(Command["Contact"]):
    """Ask the force to look again, through the support line, a complaint, an audit or the mayor."""

    purpose: ClassVar[Purpose] = Purpose.SUPPORT
    aggregate: ClassVar[str] = "contact"

    channel: EscalationChannel
    ground: ContactGround
    case: linking.CaseId | None = None
    because: FreeText

    def decide(self, state: "Contact", act: Act) -> Decision:
        """Only with the caller's consent, about one of the cases of the contact or about none. It gets a number."""
        yield from state.allows(self)
        yield from broken(ESCALATES_ITS_OWN, when=not state.opening.eligible)
        yield from may_pass_on(state)
        yield from was_added(self.case, state)
        number = max((each.number for each in state.escalations), default=0) + 1
        yield EscalationRaised(
            number=number, channel=self.channel, ground=self.ground, case=self.case, because=self.because
        )


class AcceptEscalation(Command["Contact"]):
    """Take an escalation up, for the force."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING
    aggregate: ClassVar[str] = "contact"

    number: Number

    def decide(self, state: "Contact", act: Act) -> Decision:
        """One that was raised, or that was declined and is taken up after all."""
        yield from state.allows(self)
        yield from _awaits(self.number, TO_ACCEPT, state)
        yield EscalationAccepted(number=self.number)


class DeclineEscalation(Command["Contact"]):
    """Do not take an escalation up, for the force, and say why."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING
    aggregate: ClassVar[str] = "contact"

    number: Number
    reason: DeclinedBecause
    rationale: FreeText

    def decide(self, state: "Contact", act: Act) -> Decision:
        """One that was raised and not yet answered."""
        yield from state.allows(self)
        yield from _awaits(self.number, TO_DECLINE, state)
        yield EscalationDeclined(number=self.number, reason=self.reason, rationale=self.rationale)


class ResolveEscalation(Command["Contact"]):
    """Say what came of an escalation that the force took up."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING
    aggregate: ClassVar[str] = "contact"

    number: Number
    result: Annotated[EscalationResult, Field(examples=["upheld"])]
    case: linking.CaseId | None = None
    rationale: FreeText

    def concerns(self, state: "Contact") -> tuple[str, ...]:
        """The case that was recorded."""
        return (self.case,) if self.case is not None else ()

    def decide(self, state: "Contact", act: Act) -> Decision:
        """`recorded_late` names a case that is in the register by now, and came late. A later result replaces this."""
        yield from state.allows(self)
        yield from _awaits(self.number, TO_RESOLVE, state)
        yield from was_added(self.case, state)
        if self.result is EscalationResult.RECORDED_LATE:
            yield from _is_recorded_late(self, state, act)
        yield EscalationResolved(number=self.number, result=self.result, case=self.case, rationale=self.rationale)


def _is_recorded_late(answer: ResolveEscalation, state: "Contact", act: Act) -> Decision:
    about = next((each.case for each in state.escalations if each.number == answer.number), None)
    case: Case | None = act.others.get(answer.case or "")
    registered = case is not None and case.recording.status in REGISTERED
    named = answer.case is not None and about in (None, answer.case)
    yield from broken(RECORDED_LATE_IS_RECORDED, when=not named or (act.at_the_live_door and not registered))
    if case is not None:
        recorded_at, record_by = case.recording.recorded_at, case.recording.record_by
        in_time = recorded_at is not None and record_by is not None and recorded_at.earliest <= record_by.latest
        yield from broken(RECORDED_LATE_WAS_LATE, when=in_time)


def _awaits(number: int, statuses: frozenset[EscalationStatus], state: "Contact") -> Iterable[Broken]:
    waiting = any(each.number == number and each.status in statuses for each in state.escalations)
    return broken(AWAITS_THIS_ANSWER, when=not waiting)
