"""Closure: closing and reopening a case, and the victim's right to have a decision reviewed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from domain.case.investigation import InvestigationStatus
from domain.case.outcome import VICTIM_SAID_SO
from domain.case.recording import RecordingStatus
from domain.event import Act, Command, Decision, Event, Purpose, RecordedEvent, Rule, broken
from domain.replacing import replace
from domain.values import FreeText, SealedText

if TYPE_CHECKING:
    from domain.case.state import Case


class ClosureStatus(StrEnum):
    """Whether the case is worked on."""

    OPEN = "open"
    CLOSED = "closed"


class ReviewStatus(StrEnum):
    """Whether a review of a decision is awaited."""

    NONE = "none"
    REQUESTED = "requested"


class ReviewOf(StrEnum):
    """Which decision is to be reviewed."""

    RECORDING = "recording"
    CANCELLATION = "cancellation"
    INVESTIGATION = "investigation"
    OUTCOME = "outcome"


class ReviewResult(StrEnum):
    """What came of a review."""

    UPHELD = "upheld"
    NOT_UPHELD = "not_upheld"


class CaseClosed(Event, name="case_closed.v1"):
    """The force closed the case."""

    because: SealedText | None = None


class CaseReopened(Event, name="case_reopened.v1"):
    """The force took the case up again."""

    because: SealedText | None = None


class ReviewRequested(Event, name="review_requested.v1"):
    """The victim, or someone for them, asked for a decision to be reviewed."""

    of: ReviewOf
    because: SealedText | None = None


class ReviewDecided(Event, name="review_decided.v1"):
    """The decision was reviewed; `upheld` means that the request was right."""

    result: ReviewResult
    rationale: SealedText | None = None


ClosureEvent = CaseClosed | CaseReopened | ReviewRequested | ReviewDecided

CLOSING_NEEDS_OUTCOME = Rule(
    "closing_needs_an_outcome",
    "A recorded crime is closed with an outcome; assign one first (`AssignOutcome`).",
    "Home Office Counting Rules: every recorded crime is given an outcome",
)
VICTIM_IS_TOLD_FIRST = Rule(
    "victim_is_told_before_closing",
    "The victim has not been told of everything; tell them (`InformVictim`) or say why not (`WaiveVictimNotice`).",
    "Code of Practice for Victims of Crime: the right to information; HMICFRS crime data integrity (victims not told)",
)
INVESTIGATION_ENDS_FIRST = Rule(
    "investigation_ends_before_closing",
    "The investigation is still under way; finish it (`FinishInvestigation`) before you close the case.",
    "NPCC Minimum POLE Data Standards Dictionary v1.1: status and outcome of a crime",
)
SOMETHING_TO_REVIEW = Rule(
    "review_needs_a_decision",
    "There is no such decision to review in this case; choose one that has been taken.",
    "Code of Practice for Victims of Crime: the right to a review of a decision",
)
REVIEWER_DID_NOT_DECIDE = Rule(
    "reviewer_did_not_decide",
    "Whoever took the decision cannot review it; another person must.",
    "National Police Chiefs' Council: Victims' Right to Review scheme (policy of this system)",
)
REVIEW_IS_DECIDED_FIRST = Rule(
    "review_is_decided_before_closing",
    "A review that the victim asked for is not decided yet; decide it (`DecideReview`) before you close the case.",
    "Code of Practice for Victims of Crime: the right to a review of a decision",
)
_UNDER_WAY = {
    InvestigationStatus.UNDER_INVESTIGATION,
    InvestigationStatus.SUSPENDED,
    InvestigationStatus.FILE_SUBMITTED,
}


@dataclass(frozen=True, slots=True)
class Closure:
    """The closure track of a case, with the review that is awaited, and who took the decision under review."""

    status: ClosureStatus = ClosureStatus.OPEN
    closed_by: str | None = None
    review: ReviewStatus = ReviewStatus.NONE
    review_of: ReviewOf | None = None
    decided_by: str | None = None
    last_review: ReviewResult | None = None

    def evolve(self, entry: RecordedEvent, event: ClosureEvent, decisions: Mapping[ReviewOf, str | None]) -> "Closure":
        """The track after one more fact; `decisions`: those that stand before it, with who took them."""
        match event:
            case CaseClosed():
                return replace(self, status=ClosureStatus.CLOSED, closed_by=entry.actor)
            case CaseReopened():
                return replace(self, status=ClosureStatus.OPEN, closed_by=None)
            case ReviewRequested():
                return replace(
                    self, review=ReviewStatus.REQUESTED, review_of=event.of, decided_by=decisions.get(event.of)
                )
            case ReviewDecided():
                return replace(self, review=ReviewStatus.NONE, last_review=event.result)


def reopened(state: "Case") -> Iterator[CaseReopened]:
    """What happens to a closed case in which something happens that the victim must be told of."""
    if state.closure.status is ClosureStatus.CLOSED:
        yield CaseReopened()


class CloseCase(Command["Case"]):
    """Close the case."""

    purpose: ClassVar[Purpose] = Purpose.INVESTIGATION

    because: FreeText | None = None

    def decide(self, state: "Case", act: Act) -> Decision:
        """A report must be decided on, a recorded crime have an outcome, the investigation be over, the victim told.

        Outcome types 14 and 16 must still be what the victim says; a review that was asked for must be decided.
        """
        yield from state.allows(self)
        recorded = state.recording.status is RecordingStatus.RECORDED
        yield from broken(CLOSING_NEEDS_OUTCOME, when=recorded and not state.outcome.is_stated)
        outcome = act.rules.outcomes.get(state.outcome.type or 0)
        rests_on_it = recorded and outcome is not None and outcome.needs_statement
        yield from broken(VICTIM_SAID_SO, when=rests_on_it and state.victim.supports is not False)
        yield from broken(REVIEW_IS_DECIDED_FIRST, when=state.closure.review is ReviewStatus.REQUESTED)
        yield from broken(INVESTIGATION_ENDS_FIRST, when=state.investigation.status in _UNDER_WAY)
        yield from broken(VICTIM_IS_TOLD_FIRST, when=bool(state.victim.owed))
        yield CaseClosed(because=self.because)


class ReopenCase(Command["Case"]):
    """Take a closed case up again, and say why."""

    purpose: ClassVar[Purpose] = Purpose.INVESTIGATION

    because: FreeText

    def decide(self, state: "Case", act: Act) -> Decision:
        """The outcome stays until another is assigned."""
        yield from state.allows(self)
        yield CaseReopened(because=self.because)


class RequestReview(Command["Case"]):
    """Note that the victim, or someone for them, asks for a decision to be reviewed."""

    purpose: ClassVar[Purpose] = Purpose.VICTIM_SERVICE

    example: ClassVar[Mapping[str, Any]] = {"of": "outcome"}

    of: ReviewOf
    because: FreeText | None = None

    def decide(self, state: "Case", act: Act) -> Decision:
        """Of a decision that has been taken; the clock of the review starts."""
        yield from state.allows(self)
        yield from broken(SOMETHING_TO_REVIEW, when=self.of not in state.decisions)
        yield ReviewRequested(of=self.of, because=self.because)


class DecideReview(Command["Case"]):
    """Decide the review that was asked for, and say why."""

    purpose: ClassVar[Purpose] = Purpose.VICTIM_SERVICE

    result: ReviewResult
    rationale: FreeText

    def decide(self, state: "Case", act: Act) -> Decision:
        """By someone who did not take the decision. What was wrong is then put right by its own command.

        A closed case is open again, until the victim has been told.
        """
        yield from state.allows(self)
        decided_by = (state.closure.decided_by or "").casefold()
        yield from broken(REVIEWER_DID_NOT_DECIDE, when=act.by_someone_known and decided_by == act.actor.casefold())
        yield from reopened(state)
        yield ReviewDecided(result=self.result, rationale=self.rationale)
