"""What inspectors found (7, 18 to 21, 23): clocks that a coarse time, a pause, a reversal or a correction stretched.

Each test says what is right, and plants what was wrong, to see that it would be noticed.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from findings import ASSAULT, Finding, Findings, crime
from front_desk import ADA, DECISION_MAKER, REGISTRAR, SUPERVISOR, Force
from scenario import Given, fact, given, happened, reported

from domain.case import classification, correction, duties, recording, state
from domain.case.cancellation import ApproveCancellation, RequestCancellation, ReverseCancellation
from domain.case.classification import EstablishReceipt
from domain.case.correction import CorrectedFacts, FactCorrected
from domain.case.duties import DUTY_IS_IN_TIME, Duty, DutyKind, DutyPaused, DutyResumed, PauseDuty
from domain.case.investigation import InvestigationAllocated, InvestigationUpdated, KeyEvent
from domain.case.recording import LATE_NEEDS_REASON, CrimeRecorded, RecordCrime, RecordingStatus
from domain.event import Event, Refused
from domain.owing import DutyStatus
from domain.values import Moment

K, S = DutyKind, DutyStatus
RECORD = RecordCrime(offence=ASSAULT)
PAUSE = PauseDuty(duty=K.VICTIM_TOLD, because="in hospital")
FINDINGS = Findings()


def at(text: str) -> datetime:
    return Moment.of(text).earliest


def owed(case: state.Case, kind: DutyKind) -> Duty:
    [found] = [duty for duty in case.duties if duty.kind is kind]
    return found


# (18) A clock that had run out was stopped, and the duty was never late.


@FINDINGS.of(DUTY_IS_IN_TIME, led_to=lambda force: owed(force.case(), K.VICTIM_TOLD).status(force.now) is S.PAUSED)
def overdue_duty_is_paused(force: Force) -> None:
    crime(force).at("2024-03-11T10:00:00Z").sends(ADA, PAUSE)


@pytest.mark.parametrize("found", FINDINGS.values(), ids=FINDINGS)
def test_what_inspectors_found_is_refused(found: Finding) -> None:
    found.is_refused()
    found.is_there_again()


# (7) A report entered on 4 March as received "in March" could be recorded on the 31st without a reason.


def entered_in_march() -> Force:
    return Force().at("2024-03-04T10:00:00Z").takes_down(received_at="2024-03").at("2024-03-31T10:00:00Z")


def test_a_coarse_receipt_stretches_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused) as refusal:
        entered_in_march().sends(ADA, RECORD)
    assert refusal.value.rule == LATE_NEEDS_REASON
    assert owed(entered_in_march().case(), K.RECORDING).due == at("2024-03-05T10:01:00Z")
    real = recording.deadline
    monkeypatch.setattr(recording, "deadline", lambda received_at, limit, entered_at: real(received_at, limit))
    assert entered_in_march().sends(ADA, RECORD).case().recording.status is RecordingStatus.RECORDED


def established_and_corrected() -> list[datetime]:
    force = Force().at("2024-03-04T10:00:00Z").takes_down(received_at="2024-03-02", receipt="claimed")
    force.sends(ADA, EstablishReceipt(received_at=Moment.of("2024-03"), evidence="the call log"))
    corrected = Force().at("2024-03-04T10:00:00Z").takes_down(received_at="2024-03-02")
    corrected.corrects(SUPERVISOR, 1, received_at="2024-03")
    return [owed(each.case(), K.RECORDING).due for each in (force, corrected)]


def test_a_coarse_receipt_stretches_none_once_it_is_established_or_corrected(monkeypatch: pytest.MonkeyPatch) -> None:
    assert established_and_corrected() == [at("2024-03-05T10:01:00Z")] * 2
    real = recording.deadline
    for module in (classification, correction):
        monkeypatch.setattr(module, "deadline", lambda received_at, limit, entered_at: real(received_at, limit))
    assert established_and_corrected() == [at("2024-04-01T22:59:59.999999Z")] * 2


# (19) A duty that was open when a file showed it was erased by correcting its receipt to an earlier time.


def read_while_it_was_open(*facts: Event, corrected: FactCorrected) -> state.Case:
    told = given(*(happened(event, imported=True) for event in facts))
    at_once = Given(tuple(entry._replace(written_at=entry.at.latest) for entry in told.entries))
    return at_once.and_then(corrected).state


def receipt_moved_to_january() -> state.Case:
    early = reported("2024-01-01T10:00:00Z")
    facts = CorrectedFacts(received_at=early.received_at, record_by=early.record_by)
    return read_while_it_was_open(reported(), corrected=FactCorrected(corrects=fact(1), facts=facts))


def by_the_event_as_corrected(patch: pytest.MonkeyPatch) -> None:
    real = duties.evolve
    patch.setattr(duties, "evolve", lambda found, entry, case: real(found, entry, replace(case, facts={})))


def test_an_imported_duty_is_not_erased_by_an_earlier_receipt(monkeypatch: pytest.MonkeyPatch) -> None:
    duty = owed(receipt_moved_to_january(), K.RECORDING)
    assert (duty.due, duty.status(at("2024-03-01T10:05Z"))) == (at("2024-01-02T10:00:00Z"), S.OVERDUE)
    by_the_event_as_corrected(monkeypatch)
    assert receipt_moved_to_january().duties == ()


@pytest.mark.parametrize(("was", "became"), [("arrest", "other"), ("other", "arrest"), ("arrest", "charge")])
def test_what_an_imported_update_was_may_be_corrected(was: str, became: str) -> None:
    facts = reported(), CrimeRecorded(offence=ASSAULT), InvestigationAllocated(officer="o-1")
    corrected = FactCorrected(corrects=fact(4), facts=CorrectedFacts.model_validate({"what": became}))
    case = read_while_it_was_open(*facts, InvestigationUpdated(what=KeyEvent(was)), corrected=corrected)
    assert [duty.opened_by for duty in case.duties if duty.kind is K.UPDATE] == [fact(4)] * (became != "other")


# (20) A crime that was cancelled and entered again came back with deadlines of before, all of them missed.


def back_again(cancelled_on: str, reversed_on: str) -> Duty:
    force = crime(Force()).at(cancelled_on).sends(ADA, RequestCancellation(code="C4", error="entered twice"))
    force.sends(DECISION_MAKER, ApproveCancellation(rationale="r"))
    force.at(reversed_on).sends(REGISTRAR, ReverseCancellation(because="it did not hold"))
    return next(duty for duty in force.case().duties if duty.opened_by == fact(2) and duty.kind is K.VICTIM_TOLD)


def as_it_was(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(duties, "_taken_up", lambda duty, at: duty._replace(lifted_by=None, lifted_at=None))


def always_longer(patch: pytest.MonkeyPatch) -> None:
    def taken_up(duty: Duty, at: datetime) -> Duty:
        if duty.lifted_at is None:
            return duty
        return duty._replace(due=duty.due + (at - duty.lifted_at.earliest), lifted_by=None, lifted_at=None)

    patch.setattr(duties, "_taken_up", taken_up)


def deadlines_after_a_reversal_are_right() -> None:
    in_time = back_again("2024-03-05T10:00:00Z", "2024-03-12T10:00:00Z")  # due on the 8th: a week later
    assert (in_time.due, in_time.status(at("2024-03-12T11:00Z"))) == (at("2024-03-15T23:59:59.999999Z"), S.OPEN)
    too_late = back_again("2024-03-11T10:00:00Z", "2024-03-12T10:00:00Z")
    assert (too_late.due, too_late.status(at("2024-03-12T11:00Z"))) == (at("2024-03-08T23:59:59.999999Z"), S.OVERDUE)


def test_deadlines_after_a_reversal() -> None:
    deadlines_after_a_reversal_are_right()


@pytest.mark.parametrize("plant", [as_it_was, always_longer])
def test_wrong_deadlines_after_a_reversal_are_noticed(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        deadlines_after_a_reversal_are_right()


# (21) A clock that stood over Easter ended in the middle of a day on which nobody works.


def over_easter() -> Duty:
    told = given(reported("2024-03-21T09:00:00Z"), happened(CrimeRecorded(offence=ASSAULT), "2024-03-21T10:00:00Z"))
    stood = told.and_then(
        happened(DutyPaused(duty=K.VICTIM_TOLD), "2024-03-27T12:00:00Z"),
        happened(DutyResumed(duty=K.VICTIM_TOLD), "2024-03-28T13:00:00Z"),
    )
    assert owed(told.state, K.VICTIM_TOLD).due == at("2024-03-28T23:59:59.999999Z")
    return owed(stood.state, K.VICTIM_TOLD)


def test_a_clock_that_stood_over_easter_ends_with_a_working_day(monkeypatch: pytest.MonkeyPatch) -> None:
    assert over_easter().due == at("2024-04-02T22:59:59.999999Z")  # the Tuesday, in summer time
    monkeypatch.setattr(duties, "_later", lambda duty, stood: duty.due + stood)
    assert over_easter().due == at("2024-03-30T00:59:59.999999Z")  # an hour into Easter Saturday


# (23) A referral to support was owed from the receipt that somebody claimed, whatever was established.


def established() -> Duty:
    force = Force().at("2024-03-08T10:00:00Z").takes_down(received_at="2024-03-08T09:00:00Z", receipt="claimed")
    force.sends(ADA, RECORD)
    assert owed(force.case(), K.SUPPORT_REFERRAL).due == at("2024-03-12T23:59:59.999999Z")
    force.sends(ADA, EstablishReceipt(received_at=Moment.of("2024-03-01T09:00:00Z"), evidence="the call log"))
    return owed(force.case(), K.SUPPORT_REFERRAL)


def test_the_referral_to_support_follows_an_established_receipt(monkeypatch: pytest.MonkeyPatch) -> None:
    assert established().due == at("2024-03-05T23:59:59.999999Z")
    real = duties._received_anew
    monkeypatch.setattr(
        duties, "_received_anew", lambda duty, event: real(duty, event) if duty.kind is K.RECORDING else duty
    )
    assert established().due == at("2024-03-12T23:59:59.999999Z")
