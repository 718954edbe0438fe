from typing import Any

import pytest
from scenario import Given, fact, given, happened, nothing, reported

from domain.case.cancellation import CancellationApproved, CancellationRequested
from domain.case.closure import (
    CLOSING_NEEDS_OUTCOME,
    INVESTIGATION_ENDS_FIRST,
    REVIEW_IS_DECIDED_FIRST,
    REVIEWER_DID_NOT_DECIDE,
    SOMETHING_TO_REVIEW,
    VICTIM_IS_TOLD_FIRST,
    CaseClosed,
    CaseReopened,
    CloseCase,
    ClosureStatus,
    DecideReview,
    ReopenCase,
    RequestReview,
    ReviewDecided,
    ReviewOf,
    ReviewRequested,
    ReviewResult,
    ReviewStatus,
)
from domain.case.correction import UNDONE_NOT_CORRECTED, CorrectedFacts, CorrectFact, FactCorrected
from domain.case.investigation import (
    FileSubmitted,
    InvestigationAllocated,
    InvestigationDeclined,
    InvestigationFinished,
    InvestigationStarted,
    InvestigationSuspended,
    InvestigationUpdated,
    KeyEvent,
)
from domain.case.notices import About
from domain.case.outcome import VICTIM_SAID_SO, AssignOutcome, OutcomeAssigned
from domain.case.recording import CrimeRecorded, IncidentRegistered, N100Recorded, RecordingDeclined
from domain.case.state import MOVE_IS_OPEN
from domain.case.victim import NoNotice, Notice, VictimInformed, VictimNoticeWaived, VictimStatementRecorded
from domain.event import Event, Role

TRACK = ("closure",)
RECORDED = given(reported(), CrimeRecorded(offence="8N"))
WITH_OUTCOME = RECORDED.and_then(OutcomeAssigned(outcome=18))
TOLD = WITH_OUTCOME.and_then(VictimInformed(about=About.RECORDED), VictimInformed(about=About.OUTCOME))
CLOSED = TOLD.and_then(CaseClosed())
CLOSE = CloseCase(because="nothing left to do")
DONE = CaseClosed(because="nothing left to do")


def correct(number: int, **facts: Any) -> CorrectFact:
    return CorrectFact(corrects=fact(number), facts=CorrectedFacts.model_validate(facts), because="a slip")


def told_of(*abouts: About) -> list[Event]:
    return [VictimInformed(about=about) for about in abouts]


def test_a_case_is_closed_and_taken_up_again() -> None:
    TOLD.when(CLOSE).then(DONE).allowed(ReopenCase, RequestReview, of=TRACK)
    assert CLOSED.state.closure.status is ClosureStatus.CLOSED
    CLOSED.when(AssignOutcome(outcome=1)).refused(MOVE_IS_OPEN)
    CLOSED.when(ReopenCase(because="new evidence")).then(CaseReopened(because="new evidence"))
    again = CLOSED.and_then(CaseReopened())
    assert (again.state.closure.status, again.state.outcome) == (ClosureStatus.OPEN, CLOSED.state.outcome)
    again.when(AssignOutcome(outcome=1)).then(OutcomeAssigned(outcome=1))


@pytest.mark.parametrize("case", [given(reported()), given(reported(), IncidentRegistered())])
def test_a_report_on_which_nobody_decided_is_not_closed(case: Given) -> None:
    case.when(CLOSE).refused(MOVE_IS_OPEN)
    case.when(CLOSE).testifies(MOVE_IS_OPEN)
    nothing.when(CLOSE).refused(MOVE_IS_OPEN)


def test_closing_needs_an_outcome() -> None:
    case = RECORDED.and_then(*told_of(About.RECORDED))
    case.when(CLOSE).refused("A recorded crime is closed with an outcome")
    case.when(CLOSE).testifies(CLOSING_NEEDS_OUTCOME)


@pytest.mark.parametrize(
    "decision",
    [
        (CancellationRequested(code="C4", error="e"), CancellationApproved(), *told_of(About.CANCELLED)),
        (),
    ],
)
def test_only_a_recorded_crime_is_closed_with_an_outcome(decision: tuple[Event, ...]) -> None:
    declined = (RecordingDeclined(reason="no_crime_in_law"), *told_of(About.NOT_RECORDED))
    case = RECORDED.and_then(*decision) if decision else given(reported(), *declined)
    case.when(CLOSE).then(DONE)


def test_victim_is_told_before_closing() -> None:
    WITH_OUTCOME.when(CLOSE).refused("The victim has not been told of everything")
    WITH_OUTCOME.when(CLOSE).testifies(VICTIM_IS_TOLD_FIRST)
    for about in (About.RECORDED, About.OUTCOME):
        WITH_OUTCOME.and_then(*told_of(about)).when(CLOSE).refused(VICTIM_IS_TOLD_FIRST)
    waived = VictimNoticeWaived(about=About.OUTCOME, reason=NoNotice.ASKED_NOT_TO_BE_TOLD)
    WITH_OUTCOME.and_then(*told_of(About.RECORDED), waived).when(CLOSE).then(DONE)


def test_telling_of_one_event_does_not_close_over_another_of_its_kind() -> None:
    arrest, charge = (InvestigationUpdated(what=what) for what in (KeyEvent.ARREST, KeyEvent.CHARGE))
    case = TOLD.and_then(InvestigationAllocated(officer="o-1"), arrest, charge)
    one = case.and_then(VictimInformed(about=About.UPDATE, of_event=fact(7)))
    assert one.state.victim.owed == (Notice(About.UPDATE, fact(8)),)
    one.when(CLOSE).refused(VICTIM_IS_TOLD_FIRST)
    one.and_then(VictimInformed(about=About.UPDATE, of_event=fact(7))).when(CLOSE).refused(VICTIM_IS_TOLD_FIRST)
    one.and_then(VictimInformed(about=About.UPDATE, of_event=fact(8))).when(CLOSE).then(DONE)
    case.and_then(VictimInformed(about=About.UPDATE)).when(CLOSE).then(DONE)


@pytest.mark.parametrize(
    ("steps", "under_way"),
    [
        ((), False),
        ((InvestigationStarted(),), True),
        ((InvestigationStarted(), InvestigationSuspended()), True),
        ((InvestigationStarted(), FileSubmitted()), True),
        ((InvestigationStarted(), InvestigationFinished()), False),
        ((InvestigationDeclined(), *told_of(About.NO_INVESTIGATION)), False),
    ],
)
def test_a_case_is_closed_once_nobody_investigates(steps: tuple[Event, ...], under_way: bool) -> None:
    case = TOLD.and_then(InvestigationAllocated(officer="o-1"), *steps)
    if under_way:
        case.when(CLOSE).refused(INVESTIGATION_ENDS_FIRST)
    else:
        case.when(CLOSE).then(DONE)


def test_investigation_ends_before_closing() -> None:
    case = TOLD.and_then(InvestigationAllocated(officer="o-1"), InvestigationStarted())
    case.when(CLOSE).refused("The investigation is still under way; finish it")
    case.when(CLOSE).testifies(INVESTIGATION_ENDS_FIRST)


@pytest.mark.parametrize(
    ("number", "facts"),
    [(4, {"about": "update"}), (5, {"about": "recorded"})],
)
def test_a_correction_cannot_leave_a_closed_case_with_an_untold_victim(number: int, facts: dict[str, str]) -> None:
    CLOSED.when(correct(number, **facts)).refused(VICTIM_IS_TOLD_FIRST)
    reopened = CLOSED.and_then(CaseReopened())
    stated = CorrectedFacts.model_validate(facts)
    after = FactCorrected(corrects=fact(number), facts=stated, because="a slip")
    reopened.when(correct(number, **facts)).then(after)
    reopened.and_then(after).when(CLOSE).refused(VICTIM_IS_TOLD_FIRST)


def test_which_event_was_told_is_not_corrected_but_told_again() -> None:
    CLOSED.when(correct(5, of_event=str(fact(2)))).refused(UNDONE_NOT_CORRECTED)


def test_review_is_decided_before_closing() -> None:
    waiting = TOLD.and_then(ReviewRequested(of=ReviewOf.OUTCOME))
    waiting.when(CLOSE).refused("A review that the victim asked for is not decided yet")
    waiting.when(CLOSE).testifies(REVIEW_IS_DECIDED_FIRST)
    decided = waiting.and_then(ReviewDecided(result=ReviewResult.NOT_UPHELD), *told_of(About.REVIEW))
    decided.when(CLOSE).then(DONE)


@pytest.mark.parametrize("outcome", [14, 16])
def test_a_case_closes_on_what_the_victim_says_now(outcome: int) -> None:
    declines, supports = (VictimStatementRecorded(supports=said) for said in (False, True))
    case = RECORDED.and_then(declines, OutcomeAssigned(outcome=outcome), *told_of(About.RECORDED, About.OUTCOME))
    case.when(CLOSE).then(DONE)
    case.and_then(supports).when(CLOSE).refused(VICTIM_SAID_SO)


def test_a_correction_cannot_make_news_of_what_was_none_in_a_closed_case() -> None:
    noted = [InvestigationAllocated(officer="o-1"), InvestigationUpdated(what=KeyEvent.OTHER)]
    case = TOLD.and_then(*noted, CaseClosed())
    case.when(correct(7, what="arrest")).refused(VICTIM_IS_TOLD_FIRST)


DECLINED = given(reported(), happened(RecordingDeclined(reason="no_crime_in_law"), by="staff-2"))
N100 = given(reported(alleged="19C"), happened(N100Recorded(sub_code=1), by="staff-2"))
CANCELLED = RECORDED.and_then(
    CancellationRequested(code="C4", error="e"), happened(CancellationApproved(), by="staff-2")
)
NOT_INVESTIGATED = RECORDED.and_then(happened(InvestigationDeclined(), by="staff-2"))
ASSIGNED = RECORDED.and_then(happened(OutcomeAssigned(outcome=18), by="staff-2"))
DECISIONS = [
    (DECLINED, ReviewOf.RECORDING),
    (N100, ReviewOf.RECORDING),
    (CANCELLED, ReviewOf.CANCELLATION),
    (NOT_INVESTIGATED, ReviewOf.INVESTIGATION),
    (ASSIGNED, ReviewOf.OUTCOME),
]


@pytest.mark.parametrize(("case", "of"), DECISIONS)
def test_a_decision_is_reviewed_and_the_victim_told(case: Given, of: ReviewOf) -> None:
    asked = ReviewRequested(of=of, because="she disagrees")
    case.when(RequestReview(of=of, because="she disagrees")).then(asked)
    waiting = case.and_then(asked)
    assert (waiting.state.closure.review, waiting.state.closure.review_of) == (ReviewStatus.REQUESTED, of)
    waiting.when(RequestReview(of=of)).refused(MOVE_IS_OPEN)
    decided = ReviewDecided(result=ReviewResult.UPHELD, rationale="r")
    waiting.when(DecideReview(result=ReviewResult.UPHELD, rationale="r"), by="staff-3").then(decided)
    after = waiting.and_then(decided).state
    assert (after.closure.review, after.closure.last_review) == (ReviewStatus.NONE, ReviewResult.UPHELD)
    assert after.victim.owed[-1].about is About.REVIEW


@pytest.mark.parametrize(("case", "of"), DECISIONS)
def test_only_a_decision_that_was_taken_is_reviewed(case: Given, of: ReviewOf) -> None:
    for other in set(ReviewOf) - {of}:
        case.when(RequestReview(of=other)).refused(SOMETHING_TO_REVIEW)
    case.and_then(ReviewRequested(of=of)).when(correct(len(case.entries) + 1, of="nothing")).refused("A corrected fact")


def test_review_needs_a_decision() -> None:
    RECORDED.when(RequestReview(of=ReviewOf.OUTCOME)).refused("There is no such decision to review in this case")
    RECORDED.when(RequestReview(of=ReviewOf.OUTCOME)).testifies(SOMETHING_TO_REVIEW)
    waiting = ASSIGNED.and_then(ReviewRequested(of=ReviewOf.OUTCOME))
    waiting.when(correct(4, of="cancellation")).refused(SOMETHING_TO_REVIEW)


@pytest.mark.parametrize(("case", "of"), DECISIONS)
def test_nobody_reviews_their_own_decision(case: Given, of: ReviewOf) -> None:
    waiting, decide = case.and_then(ReviewRequested(of=of)), DecideReview(result=ReviewResult.NOT_UPHELD, rationale="r")
    waiting.when(decide, by="staff-2", role=Role.SUPERVISOR).refused(REVIEWER_DID_NOT_DECIDE)


def test_reviewer_did_not_decide() -> None:
    waiting = ASSIGNED.and_then(ReviewRequested(of=ReviewOf.OUTCOME))
    decide = DecideReview(result=ReviewResult.NOT_UPHELD, rationale="r")
    waiting.when(decide, by="staff-2").refused("Whoever took the decision cannot review it")
    waiting.when(decide, by="staff-2").testifies(REVIEWER_DID_NOT_DECIDE)


def test_a_review_that_is_decided_opens_a_closed_case() -> None:
    waiting = CLOSED.and_then(ReviewRequested(of=ReviewOf.OUTCOME))
    decided = ReviewDecided(result=ReviewResult.NOT_UPHELD, rationale="r")
    waiting.when(DecideReview(result=ReviewResult.NOT_UPHELD, rationale="r"), by="staff-3").then(
        CaseReopened(), decided
    )
