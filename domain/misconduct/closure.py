"""Closing a matter, and telling the complainant what came of it."""

from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from domain.event import Act, Command, Decision, Event, Purpose, Rule, broken
from domain.misconduct.assessment import KEPT_OUT_OF_SCH3, Handling, MatterKind
from domain.misconduct.investigation import InquiryStatus
from domain.misconduct.referral import MANDATORY_IS_REFERRED, Mode
from domain.values import FreeText, SealedText

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class MatterOutcome(StrEnum):
    """What a matter came to, as a whole; what came of it for each person is in the proceedings."""

    RESOLVED = "resolved"
    NOT_RESOLVED = "not_resolved"
    SERVICE_ACCEPTABLE = "service_acceptable"
    SERVICE_NOT_ACCEPTABLE = "service_not_acceptable"
    NO_CASE_TO_ANSWER = "no_case_to_answer"
    CASE_ANSWERED = "case_answered"
    NO_FURTHER_ACTION = "no_further_action"
    WITHDRAWN = "withdrawn"
    WITH_ANOTHER_FORCE = "with_another_force"


class MatterClosed(Event, name="matter_closed.v1"):
    """The matter was closed."""

    outcome: MatterOutcome
    because: SealedText | None = None


class OutcomeSent(Event, name="outcome_sent.v1"):
    """The complainant was sent the outcome; the time for asking for a review starts the day after."""


ClosureEvent = MatterClosed | OutcomeSent

INVESTIGATED_TO_THE_END = Rule(
    "matter_closes_when_it_is_over",
    "An investigation, or proceedings against a subject, are not over; the matter stays open until they are.",
    "SI 2020/4 (Conduct): the course of investigation and proceedings (that it closes last: policy of this system)",
)
RECORDED_MATTER_IS_HANDLED = Rule(
    "recorded_matter_is_handled",
    "A recorded matter is investigated or handled locally, unless the IOPC sends it back, or all of it was withdrawn.",
    "Police Reform Act 2002, Schedule 3, paragraph 6",
)
ASSESSED_FIRST = Rule(
    "matter_is_assessed_first",
    "Assess the report first (`AssessReport`), and do what the assessment came to.",
    "Police Reform Act 2002, Schedule 3, paragraph 2",
)
OUTCOME_IS_FOR_COMPLAINANTS = Rule(
    "outcome_is_sent_to_complainants",
    "Only a complaint has a complainant to whom the outcome is sent.",
    "SI 2020/2, regulation 34",
)

OUTCOME_SENT_ONCE = Rule(
    "outcome_is_sent_once",
    "The outcome was sent already; the time for asking for a review runs from then.",
    "SI 2020/2, regulation 34 (that the first sending counts is a policy of this system)",
)
INTELLIGENCE_IS_RECORDED = Rule(
    "intelligence_is_recorded",
    "The assessment came to intelligence only; record it first (`RecordIntelligence`).",
    "A policy of this system: what a report was kept for is there",
)
OUTCOME_FITS_THE_MATTER = Rule(
    "matter_outcome_fits",
    "`withdrawn` is for what was withdrawn as a whole, `with_another_force` for a force outside England and Wales.",
    "SI 2020/2, regulation 38; Police Reform Act 2002: extent",
)


class CloseMatter(Command["Report"]):
    """Close the matter, with what it came to."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    outcome: MatterOutcome
    because: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """Nothing that must be referred or recorded is left, and nothing is under way.

        Outside England and Wales it is closed once the force has acknowledged it.
        """
        yield from state.allows(self)
        abroad = not act.rules.misconduct.extends_to(state.held_by)
        yield from broken(MANDATORY_IS_REFERRED, when=bool(state.referral.waiting or state.referral.called_in))
        handling = state.assessment.status
        unassessed = handling in (Handling.UNASSESSED, Handling.ASSESSED)
        recorded = handling in (Handling.RECORDED, Handling.LOCAL_HANDLING)
        yield from broken(KEPT_OUT_OF_SCH3, when=bool(state.assessment.tests) and not recorded)
        yield from broken(ASSESSED_FIRST, when=unassessed and not abroad)
        yield from broken(INVESTIGATED_TO_THE_END, when=state.under_way)
        yield from broken(RECORDED_MATTER_IS_HANDLED, when=handling is Handling.RECORDED and not _is_handled(state))
        no_record = handling is Handling.INTELLIGENCE_ONLY and not state.beside.intelligence
        yield from broken(INTELLIGENCE_IS_RECORDED, when=no_record)
        misfits = {
            MatterOutcome.WITHDRAWN: not _is_withdrawn(state),
            MatterOutcome.WITH_ANOTHER_FORCE: not abroad,
        }
        yield from broken(OUTCOME_FITS_THE_MATTER, when=misfits.get(self.outcome, False))
        yield MatterClosed(outcome=self.outcome, because=self.because)


class SendOutcome(Command["Report"]):
    """Note that the complainant was sent the outcome, and told of the right to a review."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    def decide(self, state: "Report", act: Act) -> Decision:
        """After the matter was closed. The time for asking for a review starts the day after."""
        yield from state.allows(self)
        complaint = state.assessment.matter is MatterKind.COMPLAINT or state.assessment.status is Handling.OUTSIDE_SCH3
        yield from broken(OUTCOME_IS_FOR_COMPLAINANTS, when=not complaint)
        yield from broken(OUTCOME_SENT_ONCE, when=state.closure.sent_on is not None)
        yield OutcomeSent()


def _is_handled(state: "Report") -> bool:
    sent_back = state.referral.mode is Mode.NO_INVESTIGATION and state.closure.returned_to is None
    ended = state.inquiry.status is InquiryStatus.WITHDRAWN
    return state.investigated or sent_back or ended or _all_withdrawn(state)


def _is_withdrawn(state: "Report") -> bool:
    return state.inquiry.complaint_withdrawn or _all_withdrawn(state)


def _all_withdrawn(state: "Report") -> bool:
    return bool(state.allegations) and all(each.withdrawn for each in state.allegations)
