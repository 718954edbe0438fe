"""Closing a misconduct matter, sending its outcome, and the review of it."""

from collections.abc import Iterable

import pytest
from report_scenario import AT_THE_FORCE, COMPLAINT, FORCE, INVESTIGATOR, Given, assessed, given, happened, received

from domain.event import Event
from domain.misconduct.allegations import AllegationWithdrawn
from domain.misconduct.assessment import KEPT_OUT_OF_SCH3, Disposition, RecordingTest, RecordingTestMet
from domain.misconduct.closure import (
    ASSESSED_FIRST,
    INTELLIGENCE_IS_RECORDED,
    INVESTIGATED_TO_THE_END,
    OUTCOME_FITS_THE_MATTER,
    OUTCOME_IS_FOR_COMPLAINANTS,
    OUTCOME_SENT_ONCE,
    RECORDED_MATTER_IS_HANDLED,
    CloseMatter,
    MatterClosed,
    MatterOutcome,
    OutcomeSent,
    SendOutcome,
)
from domain.misconduct.investigation import InvestigationDiscontinued, MisconductInvestigationStarted
from domain.misconduct.parallel import IntelligenceRecorded
from domain.misconduct.passing import ForceUnit, ReportAcknowledged, ReportPassed
from domain.misconduct.referral import (
    MandatoryCriterionIdentified,
    Mode,
    ModeDecided,
    ReferralKind,
    ReferralNotMade,
    ReferredToIopc,
)
from domain.misconduct.review import (
    REVIEW_IN_TIME,
    REVIEW_IS_OF_COMPLAINTS,
    RIGHT_REVIEW_BODY,
    UPHELD_RETURNS,
    AcknowledgeReview,
    ComplaintReviewDecided,
    DecideComplaintReview,
    MatterStatus,
    NoteReviewApplication,
    ReturnsTo,
    ReviewAcknowledged,
    ReviewApplied,
    ReviewBody,
    ReviewFinding,
    ReviewState,
)
from domain.misconduct.schedule3 import ConductMatterRecorded, HandlingOutsideSch3Decided, LocalHandlingStarted
from domain.misconduct.state import REPORT_MOVE_IS_OPEN
from domain.misconduct.subjects import PersonKind, Seniority, SubjectIdentified
from domain.misconduct.withdrawal import ComplaintWithdrawn
from domain.values import Moment

RECORDED = given(received(), *COMPLAINT)
HANDLED = RECORDED.and_then(LocalHandlingStarted())
STARTED, ENDED = MisconductInvestigationStarted(investigator=INVESTIGATOR), InvestigationDiscontinued()
CLOSED, SENT = MatterClosed(outcome=MatterOutcome.RESOLVED), OutcomeSent()
LPB, IOPC = ReviewBody.LOCAL_POLICING_BODY, ReviewBody.IOPC
UPHELD, LATER = ReviewFinding.UPHELD, "2024-07-01T12:00:00Z"


def close(outcome: MatterOutcome = MatterOutcome.RESOLVED) -> CloseMatter:
    return CloseMatter(outcome=outcome, because="So.")


def apply(on: str = "2024-05-10", body: ReviewBody = LPB) -> NoteReviewApplication:
    return NoteReviewApplication(on=Moment.of(on), body=body)


def test_a_matter_is_closed_with_what_it_came_to() -> None:
    fact = MatterClosed(outcome=MatterOutcome.RESOLVED, because="So.")
    after = HANDLED.when(close()).then(fact)
    assert after.state.closure.status is MatterStatus.CLOSED
    after.when(close()).refused(REPORT_MOVE_IS_OPEN)


def test_matter_is_assessed_first() -> None:
    here = given(received(), *AT_THE_FORCE)
    here.when(close()).refused(ASSESSED_FIRST)
    here.and_then(assessed()).when(close()).refused(ASSESSED_FIRST)
    outside = here.and_then(assessed(Disposition.OUTSIDE_SCH3), HandlingOutsideSch3Decided())
    outside.when(close()).goes_through()


def test_a_matter_that_is_forced_under_schedule_3_is_not_closed_outside_it() -> None:
    here = given(received(), *AT_THE_FORCE, assessed(Disposition.OUTSIDE_SCH3), HandlingOutsideSch3Decided())
    for test in RecordingTest:
        here.and_then(RecordingTestMet(test=test)).when(close()).refused(KEPT_OUT_OF_SCH3)


def test_intelligence_is_recorded() -> None:
    kept = given(received(), *AT_THE_FORCE, assessed(Disposition.INTELLIGENCE_ONLY))
    kept.when(close()).refused(INTELLIGENCE_IS_RECORDED)
    kept.and_then(IntelligenceRecorded(grade="2BP")).when(close()).goes_through()


def test_matter_closes_when_it_is_over() -> None:
    RECORDED.and_then(STARTED).when(close()).refused(INVESTIGATED_TO_THE_END)
    HANDLED.and_then(STARTED).when(close()).refused(INVESTIGATED_TO_THE_END)
    RECORDED.and_then(STARTED, ENDED).when(close()).goes_through()


def test_recorded_matter_is_handled() -> None:
    RECORDED.when(close()).refused(RECORDED_MATTER_IS_HANDLED)
    referred = RECORDED.and_then(ReferredToIopc(kind=ReferralKind.VOLUNTARY))
    referred.when(close()).refused(RECORDED_MATTER_IS_HANDLED)
    referred.and_then(ModeDecided(mode=Mode.LOCAL)).when(close()).refused(RECORDED_MATTER_IS_HANDLED)
    referred.and_then(ModeDecided(mode=Mode.NO_INVESTIGATION)).when(close()).goes_through()
    RECORDED.and_then(AllegationWithdrawn(allegation=1)).when(close()).goes_through()
    RECORDED.and_then(ComplaintWithdrawn()).when(close()).goes_through()
    RECORDED.and_then(ComplaintWithdrawn(goes_on=True)).when(close()).refused(RECORDED_MATTER_IS_HANDLED)


def test_outside_england_and_wales_it_is_closed_once_it_is_acknowledged() -> None:
    passed = ReportPassed(force="police-scotland", unit=ForceUnit.PSD, fields=("summary",))
    given(received(), passed).when(close(MatterOutcome.WITH_ANOTHER_FORCE)).refused(REPORT_MOVE_IS_OPEN)
    given(received(), passed, ReportAcknowledged()).when(close(MatterOutcome.WITH_ANOTHER_FORCE)).goes_through()


def test_matter_outcome_fits() -> None:
    for outcome in (MatterOutcome.WITHDRAWN, MatterOutcome.WITH_ANOTHER_FORCE):
        HANDLED.when(close(outcome)).refused(OUTCOME_FITS_THE_MATTER)
    HANDLED.and_then(AllegationWithdrawn(allegation=1)).when(close(MatterOutcome.WITHDRAWN)).goes_through()


def test_outcome_is_sent_to_complainants() -> None:
    assert HANDLED.and_then(CLOSED).when(SendOutcome()).then(SENT).state.closure.review_until is not None
    conduct = given(received(), *COMPLAINT[:-1], ConductMatterRecorded(), STARTED, ENDED, CLOSED)
    conduct.when(SendOutcome()).refused(OUTCOME_IS_FOR_COMPLAINANTS)


def test_outcome_is_sent_once() -> None:
    HANDLED.and_then(CLOSED, SENT).when(SendOutcome()).refused(OUTCOME_SENT_ONCE)


@pytest.mark.parametrize(
    ("sent", "on", "in_time"),
    [
        ("2024-05-02T09:00:00Z", "2024-05-01", False),
        ("2024-05-02T09:00:00Z", "2024-05-02", True),
        ("2024-05-02T09:00:00Z", "2024-05-03", True),
        ("2024-05-02T09:00:00Z", "2024-05-30", True),
        ("2024-05-02T09:00:00Z", "2024-05-31", False),
        ("2024-05-02T23:30:00Z", "2024-05-31", True),
        ("2024-05-02T23:30:00Z", "2024-06-01", False),
        ("2024-05-02T09:00:00Z", "2024-05", False),
    ],
)
def test_review_is_asked_for_in_time(sent: str, on: str, in_time: bool) -> None:
    closed = HANDLED.and_then(happened(CLOSED, "2024-05-02T08:00:00Z"), happened(SENT, sent))
    wish = closed.when(apply(on), at=LATER)
    if in_time:
        wish.then(ReviewApplied(on=Moment.of(on), body=LPB))
    else:
        wish.refused(REVIEW_IN_TIME)


def test_a_review_is_not_asked_for_tomorrow_nor_before_the_outcome_was_sent() -> None:
    HANDLED.and_then(CLOSED, SENT).when(apply("2024-05-03"), at="2024-05-02T12:00:00Z").refused(REVIEW_IN_TIME)
    HANDLED.and_then(CLOSED).when(apply("2024-05-03"), at=LATER).refused(REVIEW_IN_TIME)


@pytest.mark.parametrize("mode", Mode)
def test_review_is_of_recorded_complaints(mode: Mode) -> None:
    outside = given(received(), *AT_THE_FORCE, assessed(Disposition.OUTSIDE_SCH3), HandlingOutsideSch3Decided())
    outside.and_then(CLOSED, SENT).when(apply(), at=LATER).refused(REVIEW_IS_OF_COMPLAINTS)
    referred = HANDLED.and_then(ReferredToIopc(kind=ReferralKind.VOLUNTARY), ModeDecided(mode=mode), CLOSED, SENT)
    wish = referred.when(apply(body=IOPC), at=LATER)
    if mode in (Mode.INDEPENDENT, Mode.DIRECTED):
        wish.refused(REVIEW_IS_OF_COMPLAINTS)
    else:
        wish.goes_through()


DAY = Moment.of("2024-05-01")


def person(seniority: Seniority) -> SubjectIdentified:
    return SubjectIdentified(subject=1, person_kind=PersonKind.OFFICER, force=FORCE, seniority=seniority)


@pytest.mark.parametrize(
    ("facts", "body"),
    [
        ((), LPB),
        ((RecordingTestMet(test=RecordingTest.COMPLAINANT_WANTS_IT),), LPB),
        ((RecordingTestMet(test=RecordingTest.CRIME_OR_DISCIPLINARY),), IOPC),
        ((RecordingTestMet(test=RecordingTest.ARTICLE_2_OR_3),), IOPC),
        ((RecordingTestMet(test=RecordingTest.DEATH_OR_SERIOUS_INJURY),), IOPC),
        ((RecordingTestMet(test=RecordingTest.MANDATORY_REFERRAL),), IOPC),
        ((person(Seniority.SENIOR),), IOPC),
        ((person(Seniority.CHIEF),), IOPC),
        ((person(Seniority.OTHER),), LPB),
        ((ReferredToIopc(kind=ReferralKind.VOLUNTARY), ModeDecided(mode=Mode.LOCAL)), IOPC),
        ((MandatoryCriterionIdentified(criterion="serious_assault", clear_at=DAY), ReferralNotMade()), IOPC),
    ],
)
def test_review_is_at_the_right_body(facts: Iterable[Event], body: ReviewBody) -> None:
    closed = HANDLED.and_then(*facts, CLOSED, SENT)
    for each in ReviewBody:
        if each is body:
            closed.when(apply(body=each), at=LATER).then(ReviewApplied(on=Moment.of("2024-05-10"), body=each))
        else:
            closed.when(apply(body=each), at=LATER).refused(RIGHT_REVIEW_BODY)


def decided(finding: ReviewFinding, to: ReturnsTo | None = None) -> ComplaintReviewDecided:
    return ComplaintReviewDecided(finding=finding, returns_to=to)


def reviewed(before: Given) -> Given:
    return before.and_then(CLOSED, SENT, ReviewApplied(on=DAY, body=LPB))


def test_upheld_review_returns_somewhere() -> None:
    under_review = reviewed(HANDLED)
    under_review.when(DecideComplaintReview(finding=UPHELD, rationale="So.")).refused(UPHELD_RETURNS)
    not_upheld = ReviewFinding.NOT_UPHELD
    wrong = DecideComplaintReview(finding=not_upheld, returns_to=ReturnsTo.INVESTIGATION, rationale="So.")
    under_review.when(wrong).refused(UPHELD_RETURNS)
    done = under_review.when(DecideComplaintReview(finding=not_upheld, rationale="So.")).goes_through()
    assert done.state.closure.status is MatterStatus.CLOSED
    done.when(apply(), at=LATER).refused(REPORT_MOVE_IS_OPEN)


def test_a_review_is_acknowledged_once_and_before_it_is_decided() -> None:
    under_review = reviewed(HANDLED)
    HANDLED.and_then(CLOSED, SENT).when(AcknowledgeReview()).refused(REPORT_MOVE_IS_OPEN)
    once = under_review.when(AcknowledgeReview()).then(ReviewAcknowledged())
    assert once.state.closure.review is ReviewState.ACKNOWLEDGED
    once.when(AcknowledgeReview()).refused(REPORT_MOVE_IS_OPEN)
    done = once.when(DecideComplaintReview(finding=ReviewFinding.NOT_UPHELD, rationale="So.")).goes_through()
    done.when(AcknowledgeReview()).refused(REPORT_MOVE_IS_OPEN)


def test_a_file_that_acknowledges_what_was_not_asked_for_changes_nothing() -> None:
    before = HANDLED.and_then(CLOSED, SENT)
    assert before.and_then(ReviewAcknowledged()).state.closure == before.state.closure


def test_an_upheld_review_opens_the_matter_again() -> None:
    local = reviewed(HANDLED).and_then(decided(UPHELD, ReturnsTo.LOCAL_HANDLING))
    local.when(close()).goes_through()
    again = local.and_then(CLOSED, SENT)
    again.when(apply(), at=LATER).goes_through()


def test_after_an_upheld_review_it_is_investigated_anew() -> None:
    once = reviewed(RECORDED.and_then(STARTED, ENDED))
    again = once.and_then(decided(UPHELD, ReturnsTo.INVESTIGATION))
    again.when(close()).refused(RECORDED_MATTER_IS_HANDLED)
    again.and_then(STARTED).when(close()).refused(INVESTIGATED_TO_THE_END)
    again.and_then(STARTED, ENDED).when(close()).goes_through()
    sent_back = RECORDED.and_then(ReferredToIopc(kind=ReferralKind.VOLUNTARY), ModeDecided(mode=Mode.NO_INVESTIGATION))
    back = reviewed(sent_back).and_then(decided(UPHELD, ReturnsTo.INVESTIGATION))
    back.when(close()).refused(RECORDED_MATTER_IS_HANDLED)


def test_the_closing_of_a_matter_without_a_subject() -> None:
    bare = given(received(), *AT_THE_FORCE, assessed(), *COMPLAINT[-1:], LocalHandlingStarted())
    bare.when(close()).goes_through()
