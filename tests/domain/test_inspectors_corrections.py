"""What inspectors found (4 to 6, 8, 16, 17): a clock or a decision that a correction winds back, or closing ignores."""

from typing import Any

import pytest
from findings import RAPE, THEFT, Finding, Findings, Sent, closed, corrected, crime, stands, tell
from front_desk import ADA, BEN, OFFICER, REGISTRAR, SUPERVISOR, Force
from scenario import fact

from domain.case.cancellation import RequestCancellation
from domain.case.closure import (
    CLOSING_NEEDS_OUTCOME,
    REVIEW_IS_DECIDED_FIRST,
    REVIEWER_DID_NOT_DECIDE,
    CloseCase,
    DecideReview,
    RequestReview,
    ReviewStatus,
)
from domain.case.correction import (
    ACT_FOLLOWS_RECEIPT,
    FACT_IS_NOT_EMPTY,
    SECOND_PERSON_CORRECTS,
    UNDONE_NOT_CORRECTED,
)
from domain.case.duties import DutyKind, PauseDuty, ResumeDuty
from domain.case.investigation import AllocateInvestigation, UpdateInvestigation
from domain.case.outcome import VICTIM_SAID_SO, AssignOutcome
from domain.case.recording import RECEIVED_BY_ENTRY, RecordingStatus, RecordN100
from domain.case.victim import InformVictim, RecordVictimStatement
from domain.values import Moment

REVIEW = RequestReview(of="outcome")
UPHELD, NOT_UPHELD = (DecideReview(result=result, rationale="r") for result in ("upheld", "not_upheld"))

FINDINGS = Findings()


# (4, 5) A case was closed on an outcome that is none, or on what the victim no longer says.


def without_a_type(force: Force) -> bool:
    return closed(force) and force.case().outcome.type is None


def corrected_outcome(**facts: Any) -> Sent:
    def sent(force: Force) -> None:
        crime(force).sends(ADA, AssignOutcome(outcome=18), *tell("recorded", "outcome"))
        force.corrects(SUPERVISOR, 3, **facts).sends(ADA, CloseCase())

    return sent


FINDINGS["outcome_is_corrected_to_none"] = Finding(
    corrected_outcome(outcome=None), (FACT_IS_NOT_EMPTY, CLOSING_NEEDS_OUTCOME), without_a_type
)
FINDINGS["outcome_is_corrected_to_a_category"] = Finding(
    corrected_outcome(outcome=None, category="Under investigation"), (FACT_IS_NOT_EMPTY,), without_a_type
)


@FINDINGS.of(FACT_IS_NOT_EMPTY, led_to=without_a_type)
def outcome_of_a_closed_case_is_corrected_to_none(force: Force) -> None:
    crime(force).sends(ADA, AssignOutcome(outcome=18), *tell("recorded", "outcome"), CloseCase())
    force.corrects(SUPERVISOR, 3, outcome=None)


@FINDINGS.of(VICTIM_SAID_SO, led_to=lambda force: closed(force) and force.case().victim.supports is True)
def case_is_closed_with_16_after_the_victim_changed_their_mind(force: Force) -> None:
    no, yes = (RecordVictimStatement(supports=supports, statement="her words") for supports in (False, True))
    crime(force).sends(ADA, no, AssignOutcome(outcome=16), yes, *tell("recorded", "outcome"), CloseCase())


@FINDINGS.of(SECOND_PERSON_CORRECTS, led_to=corrected)
def outcome_is_moved_in_time_by_its_author(force: Force) -> None:
    crime(force).sends(SUPERVISOR, AssignOutcome(outcome=18)).corrects(SUPERVISOR, 3, at="2024-03-01T10:00:30Z")


# (6, 8) A clock was wound back, or a decision undone, by a correction.


def clock_runs_later(force: Force) -> bool:
    record_by = force.case().recording.record_by
    return record_by is not None and record_by.latest > Moment.of("2024-03-02T10:00:00Z").latest


@FINDINGS.of(SECOND_PERSON_CORRECTS, RECEIVED_BY_ENTRY, led_to=clock_runs_later)
def recorder_corrects_the_receipt_to_now(force: Force) -> None:
    force.takes_down().at("2024-03-04T10:00:00Z").corrects(ADA, 1, received_at="2024-03-04T10:00:00Z")


@FINDINGS.of(RECEIVED_BY_ENTRY, led_to=clock_runs_later)
def supervisor_corrects_the_receipt_to_now(force: Force) -> None:
    force.takes_down().at("2024-03-04T10:00:00Z").corrects(SUPERVISOR, 1, received_at="2024-03-04T10:00:00Z")


@FINDINGS.of(UNDONE_NOT_CORRECTED, led_to=lambda force: force.case().recording.receipt == "claimed")
def receipt_is_corrected_to_claimed(force: Force) -> None:
    force.takes_down().corrects(SUPERVISOR, 1, receipt="claimed")


@FINDINGS.of(ACT_FOLLOWS_RECEIPT, led_to=lambda force: force.case().recording.decided_at == Moment.of("2024-02-29"))
def recording_is_moved_before_the_receipt(force: Force) -> None:
    crime(force).corrects(SUPERVISOR, 2, at="2024-02-29")


PAUSED = PauseDuty(duty=DutyKind.VICTIM_TOLD, because="in hospital")
RESUMED = ResumeDuty(duty=DutyKind.VICTIM_TOLD, because="at home again")
EITHER_CODE = RequestCancellation(code="C4", error="entered twice", verifiable_information="nobody was there")
UNDONE = {
    "pause": (PAUSED, {"at": "2024-03-01T10:00:30Z"}),
    "duty_that_was_paused": (PAUSED, {"duty": "update"}),
    "code_of_a_request": (EITHER_CODE, {"code": "C2"}),
    "event_that_was_told": (InformVictim(about="recorded", channel="letter", of_event=fact(2)), {"of_event": None}),
}
for what, (command, facts) in UNDONE.items():
    FINDINGS[f"{what}_is_corrected"] = Finding(
        lambda force, command=command, facts=facts: crime(force).sends(ADA, command).corrects(SUPERVISOR, 3, **facts),
        (UNDONE_NOT_CORRECTED,),
        corrected,
    )
for what, facts in {"reference": {"reference": "gm/2024/9"}, "anonymous": {"anonymous": True}}.items():
    FINDINGS[f"{what}_of_a_report_is_corrected"] = Finding(
        lambda force, facts=facts: force.takes_down().corrects(SUPERVISOR, 1, **facts),
        (UNDONE_NOT_CORRECTED,),
        corrected,
    )


@FINDINGS.of(UNDONE_NOT_CORRECTED, led_to=corrected)
def end_of_a_pause_is_corrected(force: Force) -> None:
    crime(force).sends(ADA, PAUSED, RESUMED).corrects(SUPERVISOR, 4, at="2024-03-01T10:03:30Z")


@FINDINGS.of(UNDONE_NOT_CORRECTED, led_to=lambda force: force.case().closure.last_review == "not_upheld")
def result_of_a_review_is_corrected(force: Force) -> None:
    crime(force).sends(ADA, AssignOutcome(outcome=18), REVIEW).sends(SUPERVISOR, UPHELD)
    force.corrects(REGISTRAR, 5, result="not_upheld")


@FINDINGS.of(SECOND_PERSON_CORRECTS, led_to=lambda force: "update" not in {duty.kind for duty in force.case().duties})
def what_of_an_update_is_corrected_by_its_author(force: Force) -> None:
    crime(force).sends(SUPERVISOR, AllocateInvestigation(officer=OFFICER.id))
    force.sends(OFFICER, UpdateInvestigation(what="arrest")).corrects(OFFICER, 4, what="other")


# (16 to 18) The rest.


@FINDINGS.of(SECOND_PERSON_CORRECTS, led_to=stands(RecordingStatus.N100))
def recorder_makes_a_rape_of_it_and_enters_n100(force: Force) -> None:
    force.takes_down(alleged=THEFT).corrects(ADA, 1, alleged=RAPE).sends(ADA, RecordN100(sub_code=1, rationale="r"))


@FINDINGS.of(REVIEWER_DID_NOT_DECIDE, led_to=lambda force: force.case().closure.last_review == "not_upheld")
def review_of_their_own_decision_that_was_replaced(force: Force) -> None:
    crime(force).sends(BEN, AssignOutcome(outcome=18), REVIEW).sends(SUPERVISOR, AssignOutcome(outcome=21))
    force.sends(BEN, NOT_UPHELD)


@FINDINGS.of(
    REVIEW_IS_DECIDED_FIRST,
    led_to=lambda force: closed(force) and force.case().closure.review is ReviewStatus.REQUESTED,
)
def case_is_closed_while_a_review_is_awaited(force: Force) -> None:
    crime(force).sends(ADA, AssignOutcome(outcome=18), REVIEW, *tell("recorded", "outcome"), CloseCase())


@pytest.mark.parametrize("found", FINDINGS.values(), ids=FINDINGS)
def test_what_inspectors_found_is_refused(found: Finding) -> None:
    found.is_refused()


@pytest.mark.parametrize("found", FINDINGS.values(), ids=FINDINGS)
def test_it_would_be_there_again_if_the_rule_were_not(found: Finding) -> None:
    found.is_there_again()
