"""Review of a recorded complaint: asked for in time, at the right body, and what it decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from domain.event import Act, Command, Decision, Event, Purpose, RecordedEvent, Rule, broken
from domain.misconduct.assessment import MatterKind, RecordingTest
from domain.misconduct.calendar import can_start_a_clock
from domain.misconduct.closure import ClosureEvent, MatterClosed, MatterOutcome, OutcomeSent
from domain.misconduct.referral import Mode
from domain.misconduct.subjects import Seniority
from domain.replacing import replace
from domain.rules import rule_book
from domain.values import FreeText, Moment, SealedText

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class MatterStatus(StrEnum):
    """Whether the matter is worked on."""

    OPEN = "open"
    CLOSED = "closed"


class ReviewState(StrEnum):
    """Whether a review of the outcome is awaited."""

    NONE = "none"
    APPLIED = "applied"
    ACKNOWLEDGED = "acknowledged"
    DECIDED = "decided"


class ReviewBody(StrEnum):
    """Who reviews the outcome of a complaint: the local policing body, or the IOPC."""

    LOCAL_POLICING_BODY = "local_policing_body"
    IOPC = "iopc"


class ReviewFinding(StrEnum):
    """What a review came to: the outcome was not reasonable and proportionate (upheld), or it was."""

    UPHELD = "upheld"
    NOT_UPHELD = "not_upheld"


class ReturnsTo(StrEnum):
    """To what a matter returns after an upheld review."""

    LOCAL_HANDLING = "local_handling"
    INVESTIGATION = "investigation"


class ReviewApplied(Event, name="review_applied.v1"):
    """The complainant asked for a review of the outcome on that day, at that body."""

    on: Moment
    body: ReviewBody


class ReviewAcknowledged(Event, name="review_acknowledged.v1"):
    """The body told the complainant that it has the application for a review."""


class ComplaintReviewDecided(Event, name="complaint_review_decided.v1"):
    """The body decided the review; an upheld one opens the matter again."""

    finding: ReviewFinding
    returns_to: ReturnsTo | None = None
    rationale: SealedText | None = None


ReviewEvent = ReviewApplied | ReviewAcknowledged | ComplaintReviewDecided

_PARA = "Police Reform Act 2002, Schedule 3, paragraph 6A and 25"

REVIEW_IS_OF_COMPLAINTS = Rule(
    "review_is_of_recorded_complaints",
    "A review is for a complaint recorded under Schedule 3, and not for one investigated by the IOPC or by its "
    "direction.",
    _PARA,
)
REVIEW_IN_TIME = Rule(
    "review_is_asked_for_in_time",
    "The time for a review is 28 days, starting the day after the outcome was sent; this is before it, or too late, "
    "or no day.",
    "SI 2020/2: application for review (28 days, read from the pages of local policing bodies)",
)
RIGHT_REVIEW_BODY = Rule(
    "review_is_at_the_right_body",
    "The other body reviews this: the IOPC if the local policing body dealt with it, a senior officer is concerned, a "
    "crime, a disciplinary matter or Articles 2 or 3 cannot be ruled out, or it was or had to be referred; else the "
    "local policing body.",
    _PARA,
)
UPHELD_RETURNS = Rule(
    "upheld_review_returns_somewhere",
    "Say in `returns_to` what an upheld review returns the matter to, and leave it out otherwise.",
    _PARA,
)

_CANNOT_BE_RULED_OUT = {
    RecordingTest.DEATH_OR_SERIOUS_INJURY,
    RecordingTest.CRIME_OR_DISCIPLINARY,
    RecordingTest.ARTICLE_2_OR_3,
    RecordingTest.MANDATORY_REFERRAL,
}


@dataclass(frozen=True, slots=True)
class Closure:
    """The closure track of a report, with the review that is awaited. `review_until`: the last London day for it.

    `returned_to`: to what an upheld review opened it again, after `inquiries_before` investigations.
    """

    status: MatterStatus = MatterStatus.OPEN
    outcome: MatterOutcome | None = None
    closed_at: Moment | None = None
    sent_on: date | None = None
    review_until: date | None = None
    review: ReviewState = ReviewState.NONE
    body: ReviewBody | None = None
    finding: ReviewFinding | None = None
    returned_to: ReturnsTo | None = None
    inquiries_before: int = 0

    def evolve(self, entry: RecordedEvent, event: ClosureEvent | ReviewEvent, inquiries: int) -> "Closure":
        """The track after one more fact; `inquiries`: how many investigations there were so far."""
        match event:
            case MatterClosed():
                closed = replace(self, status=MatterStatus.CLOSED, outcome=event.outcome, closed_at=entry.at)
                return replace(closed, sent_on=None, review_until=None, review=ReviewState.NONE)
            case OutcomeSent():
                sent = entry.at.london_date
                days = rule_book().misconduct.clock("review_application", sent).calendar_days
                return replace(self, sent_on=sent, review_until=sent + timedelta(days=days))
            case ReviewApplied():
                return replace(self, review=ReviewState.APPLIED, body=event.body)
            case ReviewAcknowledged():
                # A file may tell of it where no review is awaited.
                waits = self.review is ReviewState.APPLIED
                return replace(self, review=ReviewState.ACKNOWLEDGED) if waits else self
            case ComplaintReviewDecided():
                if event.finding is ReviewFinding.UPHELD:
                    open_again = Closure(body=self.body, finding=event.finding)
                    return replace(open_again, returned_to=event.returns_to, inquiries_before=inquiries)
                return replace(self, review=ReviewState.DECIDED, finding=event.finding)


def review_body(state: "Report") -> ReviewBody:
    """The body that reviews the outcome: the IOPC if any of its grounds is there, else the local policing body."""
    senior = any(subject.seniority is not Seniority.OTHER for subject in state.subjects)
    grave = not _CANNOT_BE_RULED_OUT.isdisjoint(state.assessment.tests)
    referred = state.referral.ever or bool(state.referral.criteria) or state.referral.called_in
    return ReviewBody.IOPC if senior or grave or referred else ReviewBody.LOCAL_POLICING_BODY


def _reviewable(state: "Report") -> bool:
    by_the_iopc = state.referral.mode in (Mode.INDEPENDENT, Mode.DIRECTED)
    return state.assessment.matter is MatterKind.COMPLAINT and not by_the_iopc


def in_time(on: Moment, state: "Report") -> bool:
    """Whether a review that is asked for on that day is in the time for it."""
    sent, until = state.closure.sent_on, state.closure.review_until
    return sent is not None and until is not None and sent <= on.latest_london_date and on.london_date <= until


class NoteReviewApplication(Command["Report"]):
    """Note that the complainant asked for a review of the outcome."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    on: Annotated[Moment, Field(description="The London day of the application.", examples=["2026-03-02"])]
    body: Annotated[ReviewBody, Field(examples=["local_policing_body"])]

    def decide(self, state: "Report", act: Act) -> Decision:
        """By the end of 28 days, starting the day after the outcome was sent, and at the right body."""
        yield from state.allows(self)
        yield from broken(REVIEW_IS_OF_COMPLAINTS, when=not _reviewable(state))
        yield from broken(REVIEW_IN_TIME, when=not can_start_a_clock(self.on, act) or not in_time(self.on, state))
        yield from broken(RIGHT_REVIEW_BODY, when=self.body is not review_body(state))
        yield ReviewApplied(on=self.on, body=self.body)


class AcknowledgeReview(Command["Report"]):
    """Note that the body acknowledged the application for a review."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    def decide(self, state: "Report", act: Act) -> Decision:
        """Once, before the review is decided. A local policing body owes it within five working days."""
        yield from state.allows(self)
        yield ReviewAcknowledged()


class DecideComplaintReview(Command["Report"]):
    """Note what the body decided on the review."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    example: ClassVar[Mapping[str, Any]] = {"finding": "not_upheld", "returns_to": None}

    finding: ReviewFinding
    returns_to: ReturnsTo | None = None
    rationale: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """An upheld review opens the matter again, for local handling or for investigation."""
        yield from state.allows(self)
        upheld = self.finding is ReviewFinding.UPHELD
        yield from broken(UPHELD_RETURNS, when=upheld is (self.returns_to is None))
        yield ComplaintReviewDecided(finding=self.finding, returns_to=self.returns_to, rationale=self.rationale)
