import pytest
from scenario import Given, fact, given, happened, nothing, reported

from domain.case.cancellation import CancellationRequested
from domain.case.classification import (
    CLASSIFIED_ANEW,
    RECEIPT_WAS_CLAIMED,
    CrimeReclassified,
    EstablishReceipt,
    ReceiptEstablished,
    ReclassifyCrime,
)
from domain.case.correction import CorrectedFacts, CorrectFact
from domain.case.duties import DutyKind
from domain.case.outcome import OUTCOME_FITS_OFFENCE, OutcomeAssigned
from domain.case.recording import (
    ADVISER_STATES_A_CLAIM,
    FIRST_REPORT_FIRST,
    FUTURE,
    LATE_NEEDS_REASON,
    LISTED_OFFENCE,
    RECEIVED_BY_ENTRY,
    CrimeRecorded,
    Receipt,
    RecordCrime,
    RecordingStatus,
    ReportCrime,
    Route,
)
from domain.case.state import MOVE_IS_OPEN
from domain.case.testimony import CrimeRecordEvidenced
from domain.event import Role
from domain.owing import DutyStatus
from domain.values import Moment

RECORDED = given(reported(), CrimeRecorded(offence="8N", crime_reference="06C/1/24"))
CLAIMED = given(reported("2024-03-01", receipt=Receipt.CLAIMED, reported_at="2024-02-20"))


def reclassify(offence: str) -> ReclassifyCrime:
    return ReclassifyCrime(offence=offence, rationale="the injury was worse")


def test_a_reclassified_crime_is_the_same_record_under_another_offence() -> None:
    RECORDED.when(reclassify("5D")).then(CrimeReclassified(offence="5D", rationale="the injury was worse"))
    before, after = RECORDED.state.recording, RECORDED.and_then(CrimeReclassified(offence="5D")).state.recording
    assert (after.offence, after.crime_reference, after.recorded_at) == ("5D", "06C/1/24", before.recorded_at)
    assert after.status is RecordingStatus.RECORDED
    again = RECORDED.and_then(CrimeReclassified(offence="5D"), CrimeReclassified(offence="8N"))
    assert again.state.recording == before
    assert RECORDED.and_then(CrimeReclassified(offence="5D")).state.victim == RECORDED.state.victim


def test_only_a_crime_in_the_register_is_reclassified() -> None:
    for case in (given(reported()), RECORDED.and_then(CancellationRequested(code="C4", error="e"))):
        case.when(reclassify("5D")).refused(MOVE_IS_OPEN)
    RECORDED.when(reclassify("999")).refused(LISTED_OFFENCE)


def test_classified_anew() -> None:
    RECORDED.when(reclassify("8N")).refused("The crime is under this offence already")
    RECORDED.when(reclassify("8N")).testifies(CLASSIFIED_ANEW)


def test_an_outcome_that_is_for_fraud_keeps_the_crime_a_fraud() -> None:
    fraud = given(reported(), CrimeRecorded(offence="53"), OutcomeAssigned(outcome=19))
    fraud.when(reclassify("46")).refused(OUTCOME_FITS_OFFENCE)
    fraud.when(reclassify("51")).then(CrimeReclassified(offence="51", rationale="the injury was worse"))
    away = CorrectFact(corrects=fact(2), facts=CorrectedFacts(offence="46"), because="a slip")
    fraud.when(away).refused(OUTCOME_FITS_OFFENCE)
    fraud.and_then(OutcomeAssigned(outcome=18)).when(reclassify("46")).then(
        CrimeReclassified(offence="46", rationale="the injury was worse")
    )


def establish(received_at: str) -> EstablishReceipt:
    return EstablishReceipt.model_validate({"received_at": received_at, "evidence": "a call was logged"})


def established(received_at: str, record_by: str, rule_set: str = "recording-2015") -> ReceiptEstablished:
    return ReceiptEstablished.model_validate(
        {"received_at": received_at, "record_by": record_by, "rule_set": rule_set, "evidence": "a call was logged"}
    )


def test_a_claimed_receipt_is_established_and_the_clock_runs_from_it() -> None:
    earlier = established("2024-02-28T10:00Z", "2024-02-29T10:00:59.999999Z")
    CLAIMED.when(establish("2024-02-28T10:00Z")).then(earlier)
    after = CLAIMED.and_then(earlier)
    recording = after.state.recording
    assert (recording.receipt, recording.reported_at) == (Receipt.ESTABLISHED, Moment.of("2024-02-20"))
    assert recording.received_at == Moment.of("2024-02-28T10:00Z")
    CLAIMED.when(RecordCrime(offence="8N"), at="2024-03-01T12:00:00Z").then(CrimeRecorded(offence="8N"))
    after.when(RecordCrime(offence="8N"), at="2024-03-01T12:00:00Z").refused(LATE_NEEDS_REASON)
    [duty] = after.state.duties
    assert (duty.kind, duty.due, duty.opened_by) == (DutyKind.RECORDING, earlier.record_by.latest, fact(1))


def test_a_receipt_established_after_the_decision_tells_that_it_was_late() -> None:
    case = CLAIMED.and_then(happened(CrimeRecorded(offence="8N"), "2024-03-01T12:00:00Z"))
    status = [duty.status(Moment.of("2024-03-05").earliest) for duty in case.state.duties]
    assert status[0] is DutyStatus.MET
    after = case.and_then(established("2024-02-28T10:00Z", "2024-02-29T10:00:59.999999Z"))
    assert after.state.duties[0].status(Moment.of("2024-03-05").earliest) is DutyStatus.MET_LATE


def test_the_rules_of_the_day_of_receipt_apply_to_an_established_one() -> None:
    case = given(reported("2015-04-02", receipt=Receipt.CLAIMED))
    before = established("2015-03-31T22:00:00Z", "2015-04-03T22:00:00Z", "recording-2002")
    case.when(establish("2015-03-31T22:00:00Z")).then(before)


def test_an_established_receipt_is_possible() -> None:
    CLAIMED.when(establish("2024-03-01T12:00:01Z"), at="2024-03-01T12:00:00Z").refused(FUTURE)
    CLAIMED.when(establish("2024-02-19")).refused(FIRST_REPORT_FIRST)


def test_receipt_was_claimed() -> None:
    given(reported()).when(establish("2024-03-01")).refused("The receipt is established already")
    given(reported()).when(establish("2024-03-01")).testifies(RECEIPT_WAS_CLAIMED)
    once = CLAIMED.and_then(established("2024-02-28T10:00Z", "2024-02-29T10:00:59.999999Z"))
    once.when(establish("2024-02-27")).refused(RECEIPT_WAS_CLAIMED)
    given(happened(CrimeRecordEvidenced(), "2024-03")).when(establish("2024-03-01")).refused(RECEIPT_WAS_CLAIMED)
    nothing.when(establish("2024-03-01")).refused(MOVE_IS_OPEN)


@pytest.mark.parametrize("case", [RECORDED, CLAIMED])
def test_a_corrected_time_of_receipt_still_follows_the_first_report(case: Given) -> None:
    anew = case.and_then(established("2024-02-28T10:00Z", "2024-02-29T10:00:59.999999Z"))
    last = len(anew.entries)
    early = CorrectFact(
        corrects=fact(last), facts=CorrectedFacts(received_at=Moment.of("2024-02-19")), because="a slip"
    )
    when = anew.when(early)
    if case is CLAIMED:
        when.refused(FIRST_REPORT_FIRST)
    else:
        when.testifies()


BY_THE_NEXT_NOON = "2024-03-02T12:00:00Z"


def adviser_says(receipt: Receipt) -> ReportCrime:
    return ReportCrime.model_validate(
        {"received_at": "2024-03-01", "receipt": receipt, "route": Route.SUPPORT_LINE, "reporter_role": "victim"}
    )


def test_adviser_states_a_claim() -> None:
    adviser = Role.HELPLINE_ADVISER
    nothing.when(adviser_says(Receipt.ESTABLISHED), role=adviser).refused(ADVISER_STATES_A_CLAIM)
    nothing.when(adviser_says(Receipt.ESTABLISHED), role=adviser).testifies(ADVISER_STATES_A_CLAIM)
    nothing.when(adviser_says(Receipt.CLAIMED), role=adviser).then(
        reported("2024-03-01", receipt=Receipt.CLAIMED, route=Route.SUPPORT_LINE, record_by=BY_THE_NEXT_NOON)
    )
    nothing.when(adviser_says(Receipt.ESTABLISHED)).then(
        reported("2024-03-01", route=Route.SUPPORT_LINE, record_by=BY_THE_NEXT_NOON)
    )


def test_received_before_it_was_entered() -> None:
    after = establish("2024-03-01T10:00:01Z")
    claimed = given(happened(reported("2024-03-01", receipt=Receipt.CLAIMED), "2024-03-01T10:00:00Z"))
    claimed.when(after).refused("The force had the report when it was entered here, at the latest")
    claimed.when(after).testifies(RECEIVED_BY_ENTRY)
    corrected = CorrectedFacts(received_at=Moment.of("2024-03-01T10:00:01Z"))
    claimed.when(CorrectFact(corrects=fact(1), facts=corrected, because="a slip")).refused(RECEIVED_BY_ENTRY)
    earlier = established("2024-03-01T09:59:59Z", "2024-03-02T09:59:59Z")
    claimed.when(establish("2024-03-01T09:59:59Z")).then(earlier)
