from typing import Any

import pytest
from scenario import HERE, RECORDER, THERE, Given, fact, given, happened, reported

from domain.case.cancellation import (
    C2_NEEDS_INFORMATION,
    C3_NEEDS_SURVIVOR,
    C4_NEEDS_ERROR,
    C5_NEEDS_CLAIM,
    DECISION_MAKER_CANCELS,
    RECORDER_DOES_NOT_CANCEL,
    REGISTRAR_CANCELS_RAPE,
    REGISTRAR_REVERSES,
    REQUESTER_DOES_NOT_APPROVE,
    SURVIVOR_IS_ANOTHER,
    SURVIVOR_IS_RECORDED,
    ApproveCancellation,
    CancellationApproved,
    CancellationCode,
    CancellationRefused,
    CancellationRequested,
    CancellationReversed,
    RefuseCancellation,
    RequestCancellation,
    ReverseCancellation,
    TransferAccepted,
    TransferRefused,
    TransferRequested,
)
from domain.case.classification import CrimeReclassified
from domain.case.closure import CaseClosed, CaseReopened
from domain.case.correction import UNDONE_NOT_CORRECTED, CorrectedFacts, CorrectFact, FactCorrected
from domain.case.investigation import InvestigationAllocated, InvestigationStarted
from domain.case.notices import About
from domain.case.outcome import OutcomeAssigned
from domain.case.recording import CrimeRecorded, RecordingStatus
from domain.case.state import MOVE_IS_OPEN
from domain.case.transfer import (
    THEIR_REFERENCE_IS_THEIRS,
    TRANSFER_TO_ANOTHER_FORCE,
    AcceptTransfer,
    RefuseTransfer,
    RequestTransfer,
)
from domain.case.victim import Notice, VictimInformed
from domain.event import Event, Role, Rule

DDM, REGISTRAR = Role.DESIGNATED_DECISION_MAKER, Role.FORCE_CRIME_REGISTRAR
EVIDENCE: dict[str, dict[str, Any]] = {
    "C2": {"verifiable_information": "CCTV shows that nobody was there"},
    "C3": {"surviving": THERE},
    "C4": {"error": "entered in the wrong case"},
    "C5": {"self_defence": "both say that he was attacked first"},
}
NEEDS = {"C2": C2_NEEDS_INFORMATION, "C3": C3_NEEDS_SURVIVOR, "C4": C4_NEEDS_ERROR, "C5": C5_NEEDS_CLAIM}
SURVIVOR = given(reported(), CrimeRecorded(offence="8N"))
RECORDED = given(reported(reference="gm/2024/1"), CrimeRecorded(offence="8N", crime_reference="06C/1/24")).at_home(
    other=SURVIVOR.state
)
RAPE = given(reported(alleged="19C"), CrimeRecorded(offence="19C"))
APPROVE = ApproveCancellation(rationale="the evidence is clear")
APPROVED = CancellationApproved(rationale="the evidence is clear")
REVERSE = ReverseCancellation(because="the evidence did not hold")
REVERSED = CancellationReversed(because="the evidence did not hold")
TRACK = ("cancellation", "transfer")


def request(code: str = "C4", **facts: Any) -> RequestCancellation:
    return RequestCancellation.model_validate({"code": code, **(facts or EVIDENCE[code])})


def requested(code: str = "C4", **facts: Any) -> CancellationRequested:
    return CancellationRequested.model_validate({"code": code, **(facts or EVIDENCE[code])})


def pending(case: Given = RECORDED, code: str = "C4", by: str = "staff-2", **facts: Any) -> Given:
    return case.and_then(happened(requested(code, **facts), by=by))


def cancelled(case: Given = RECORDED, code: str = "C4") -> Given:
    return pending(case, code).and_then(happened(APPROVED, by="staff-3"))


@pytest.mark.parametrize("code", CancellationCode)
def test_a_cancellation_is_asked_for_with_the_evidence_of_its_code(code: str) -> None:
    RECORDED.when(request(code)).then(requested(code)).allowed(ApproveCancellation, RefuseCancellation, of=TRACK)
    assert RECORDED.and_then(requested(code)).state.recording.status is RecordingStatus.CANCEL_PENDING


def lacking(code: str) -> None:
    for others in [{}, *(facts for other, facts in EVIDENCE.items() if other != code)]:
        bare = RequestCancellation.model_validate({"code": code, **others})
        RECORDED.when(bare).refused(NEEDS[code])
        RECORDED.when(bare).testifies(NEEDS[code])
        told = RECORDED.and_then(
            happened(CancellationRequested.model_validate({"code": code, **others}), imported=True)
        )
        told.when(APPROVE, role=DDM, by="staff-3").refused(NEEDS[code])
        assert NEEDS[code] in list(told.state.flaws())


def test_c2_needs_verifiable_information() -> None:
    lacking("C2")


def test_c3_needs_the_surviving_crime() -> None:
    lacking("C3")


def test_c4_needs_the_error() -> None:
    lacking("C4")


def test_c5_needs_self_defence() -> None:
    lacking("C5")
    for offence, is_listed in [("8P", True), ("105A", True), ("104", True), ("46", False), ("1", False)]:
        case = given(reported(), CrimeRecorded(offence=offence))
        if is_listed:
            case.when(request("C5")).then(requested("C5"))
        else:
            case.when(request("C5")).refused(C5_NEEDS_CLAIM)
    reclassified = RECORDED.and_then(requested("C5"), CancellationRefused(), CrimeReclassified(offence="46"))
    reclassified.when(request("C5")).refused(C5_NEEDS_CLAIM)


@pytest.mark.parametrize("own", [HERE, "gm/2024/1", "06C/1/24"])
def test_surviving_crime_is_another(own: str) -> None:
    if own == HERE:
        RECORDED.when(request("C3", surviving=own)).refused(SURVIVOR_IS_ANOTHER)
    told = RECORDED.and_then(happened(requested("C3", surviving=own), imported=True))
    told.when(APPROVE, role=REGISTRAR, by="staff-3").refused(SURVIVOR_IS_ANOTHER)


def test_a_cancellation_is_approved_by_a_second_person_and_the_victim_is_owed_notice() -> None:
    for role in (DDM, REGISTRAR):
        approved = pending().when(APPROVE, role=role, by="staff-3").then(APPROVED)
        approved.allowed(ReverseCancellation, of=TRACK)
    case = cancelled(code="C2").state
    assert case.recording.status is RecordingStatus.CANCELLED
    assert (case.cancellation.cancelled_as, case.cancellation.requested_by) == ("C2", "staff-2")
    assert (case.cancellation.approved_by, case.cancellation.approved_as) == ("staff-3", Role.RECORDER)
    assert case.victim.owed == (Notice(About.CANCELLED, fact(4)),)


@pytest.mark.parametrize("role", sorted(set(Role) - {DDM, REGISTRAR, Role.IMPORTER}))
def test_nobody_else_decides_on_a_cancellation(role: Role) -> None:
    for decision in (APPROVE, RefuseCancellation(because="it stands")):
        pending().when(decision, role=role, by="staff-3").refused(DECISION_MAKER_CANCELS)


def test_cancellation_by_decision_maker() -> None:
    for decision in (APPROVE, RefuseCancellation(because="it stands")):
        pending().when(decision, role=Role.SUPERVISOR, by="staff-3").refused(
            "Only a designated decision maker or the force crime registrar decides"
        )
        pending().when(decision, role=Role.SUPERVISOR, by="staff-3").testifies(DECISION_MAKER_CANCELS)


def test_a_file_that_does_not_say_who_acted_breaks_no_rule_about_who_may() -> None:
    pending().when(APPROVE, role=Role.IMPORTER, by="staff-2").then(APPROVED).testifies()


@pytest.mark.parametrize("offence", ["19C", "19D", "19E", "19F", "19G", "19H"])
def test_registrar_cancels_rape(offence: str) -> None:
    case = pending(given(reported(alleged="19C"), CrimeRecorded(offence=offence)))
    case.when(APPROVE, role=DDM, by="staff-3").refused("The cancellation of a rape is for the force crime registrar")
    case.when(APPROVE, role=DDM, by="staff-3").testifies(REGISTRAR_CANCELS_RAPE)
    case.when(APPROVE, role=REGISTRAR, by="staff-3").then(APPROVED)
    case.when(RefuseCancellation(because="it stands"), role=DDM, by="staff-3").then(
        CancellationRefused(because="it stands")
    )


def test_requester_does_not_approve() -> None:
    for role in (DDM, REGISTRAR):
        pending(by="staff-9").when(APPROVE, role=role, by="staff-9").refused(REQUESTER_DOES_NOT_APPROVE)
        pending(by="staff-9").when(APPROVE, role=role, by="staff-9").testifies(REQUESTER_DOES_NOT_APPROVE)
    again = pending(by="staff-9").and_then(CancellationRefused(), happened(requested(), by="staff-8"))
    again.when(APPROVE, role=DDM, by="staff-9").refused(REQUESTER_DOES_NOT_APPROVE)
    again.when(APPROVE, role=DDM, by="Staff-9").refused(REQUESTER_DOES_NOT_APPROVE)
    again.when(APPROVE, role=DDM, by="staff-7").then(APPROVED)


def test_recorder_does_not_cancel() -> None:
    pending().when(APPROVE, role=REGISTRAR, by=RECORDER).refused(RECORDER_DOES_NOT_CANCEL)
    pending().when(APPROVE, role=REGISTRAR, by=RECORDER).testifies(RECORDER_DOES_NOT_CANCEL)


@pytest.mark.parametrize(
    "afterwards",
    [
        (),
        (InvestigationStarted(),),
        (InvestigationAllocated(officer="officer-8"),),
        (FactCorrected(corrects=fact(3), facts=CorrectedFacts.model_validate({"officer": "officer-8"})),),
    ],
)
def test_no_officer_who_ever_had_the_case_cancels_it(afterwards: tuple[Event, ...]) -> None:
    case = pending(RECORDED.and_then(InvestigationAllocated(officer="officer-7"), *afterwards))
    case.when(APPROVE, role=DDM, by="officer-7").refused(RECORDER_DOES_NOT_CANCEL)
    case.when(APPROVE, role=DDM, by="officer-6").then(APPROVED)
    if afterwards and case.state.investigation.officer == "officer-8":
        case.when(APPROVE, role=DDM, by="officer-8").refused(RECORDER_DOES_NOT_CANCEL)


def test_a_cancellation_is_refused_and_the_crime_stands() -> None:
    refusal = RefuseCancellation(because="it stands")
    pending().when(refusal, role=DDM, by="staff-3").then(CancellationRefused(because="it stands"))
    after = pending().and_then(CancellationRefused()).state
    assert (after.recording.status, after.cancellation.request) == (RecordingStatus.RECORDED, None)
    pending().when(refusal, role=DDM, by="staff-2").then(CancellationRefused(because="it stands"))


@pytest.mark.parametrize("role", sorted(set(Role) - {REGISTRAR, Role.AUDITOR, Role.IMPORTER}))
def test_nobody_else_reverses_a_cancellation(role: Role) -> None:
    cancelled().when(REVERSE, role=role).refused(REGISTRAR_REVERSES)


def test_reversal_by_registrar_or_audit() -> None:
    cancelled().when(REVERSE, role=DDM).refused("Only the force crime registrar or an auditor reverses")
    cancelled().when(REVERSE, role=DDM).testifies(REGISTRAR_REVERSES)
    for role in (REGISTRAR, Role.AUDITOR):
        cancelled().when(REVERSE, role=role, by="staff-3").then(REVERSED)
        transferred().when(REVERSE, role=role).then(REVERSED)


def test_what_the_victim_was_owed_is_owed_again_when_the_cancellation_is_reversed() -> None:
    case = cancelled(RECORDED.and_then(OutcomeAssigned(outcome=18)))
    assert [notice.about for notice in case.state.victim.owed] == [About.CANCELLED]
    back = case.and_then(REVERSED).state
    assert back.recording.status is RecordingStatus.RECORDED
    told = [About.CANCELLED, About.RECORDED, About.OUTCOME, About.RECORDED]
    assert [notice.about for notice in back.victim.owed] == told
    meanwhile = case.and_then(VictimInformed(about=About.OUTCOME), VictimInformed(about=About.RECORDED), REVERSED).state
    assert [notice.about for notice in meanwhile.victim.owed] == [About.CANCELLED, About.RECORDED]


def test_a_cancelled_crime_can_be_closed_once_the_victim_was_told() -> None:
    case = cancelled().and_then(VictimInformed(about=About.CANCELLED), CaseClosed())
    assert (case.state.victim.owed, list(case.state.flaws())) == ((), [])


@pytest.mark.parametrize("outcome", [None, 1, 18])
def test_a_crime_can_be_cancelled_and_transferred_whatever_its_outcome(outcome: int | None) -> None:
    case = RECORDED.and_then(*([OutcomeAssigned(outcome=outcome)] if outcome else []))
    case.when(request()).then(requested())
    case.when(RequestTransfer(to_force="kent", because="b")).then(TransferRequested(to_force="kent", because="b"))


def test_a_closed_case_is_open_again_when_its_crime_is_cancelled_transferred_or_entered_again() -> None:
    told = [VictimInformed(about=about) for about in (About.RECORDED, About.OUTCOME)]
    closed = RECORDED.and_then(OutcomeAssigned(outcome=18), *told, CaseClosed())
    assert not list(closed.state.flaws())
    pending(closed).when(APPROVE, role=DDM, by="staff-3").then(CaseReopened(), APPROVED)
    moving = closed.and_then(TransferRequested(to_force="kent"))
    accepted = TransferAccepted(their_reference="K/1")
    moving.when(AcceptTransfer(their_reference="K/1"), role=DDM, by="staff-3").then(CaseReopened(), accepted)
    gone = cancelled().and_then(VictimInformed(about=About.CANCELLED), CaseClosed())
    gone.when(REVERSE, role=REGISTRAR).then(CaseReopened(), REVERSED)


def transferred(case: Given = RECORDED) -> Given:
    return case.and_then(TransferRequested(to_force="kent"), TransferAccepted(their_reference="K/1"))


def test_a_transfer_keeps_the_crime_here_until_the_other_force_accepts() -> None:
    ask = RequestTransfer(to_force="kent", because="it happened there")
    asked = TransferRequested(to_force="kent", because="it happened there")
    RECORDED.when(ask).then(asked).allowed(AcceptTransfer, RefuseTransfer, of=TRACK)
    waiting = RECORDED.and_then(asked)
    assert waiting.state.recording.status is RecordingStatus.TRANSFER_PENDING
    assert {duty.kind.value for duty in waiting.state.duties if duty.is_open} == {"victim_told", "support_referral"}
    accept = AcceptTransfer(their_reference="K/1")
    waiting.when(accept, role=DDM, by="staff-3").then(TransferAccepted(their_reference="K/1"))
    gone = transferred().state
    assert gone.recording.status is RecordingStatus.TRANSFERRED
    assert (gone.cancellation.cancelled_as, gone.cancellation.their_reference) == ("C1", "K/1")
    assert [notice.about for notice in gone.victim.owed] == [About.TRANSFERRED]
    transferred().allows(ReverseCancellation, of=TRACK)


def test_a_transfer_is_accepted_by_whoever_could_cancel_the_crime() -> None:
    accept = AcceptTransfer(their_reference="K/1")
    waiting = RECORDED.and_then(
        InvestigationAllocated(officer="officer-7"), happened(TransferRequested(to_force="kent"), by="staff-2")
    )
    waiting.when(accept, role=Role.SUPERVISOR, by="staff-3").refused(DECISION_MAKER_CANCELS)
    waiting.when(accept, role=DDM, by="staff-2").refused(REQUESTER_DOES_NOT_APPROVE)
    for involved in (RECORDER, "officer-7"):
        waiting.when(accept, role=DDM, by=involved).refused(RECORDER_DOES_NOT_CANCEL)
    rape = RAPE.and_then(TransferRequested(to_force="kent"))
    rape.when(accept, role=DDM, by="staff-3").refused(REGISTRAR_CANCELS_RAPE)
    rape.when(accept, role=REGISTRAR, by="staff-3").then(TransferAccepted(their_reference="K/1"))


@pytest.mark.parametrize("own", ["gm/2024/1", "06C/1/24", "06c / 1/24"])
def test_their_reference_is_theirs(own: str) -> None:
    waiting = RECORDED.and_then(TransferRequested(to_force="kent"))
    accept = AcceptTransfer(their_reference=own)
    waiting.when(accept, role=DDM, by="staff-3").refused(THEIR_REFERENCE_IS_THEIRS)
    waiting.when(accept, role=DDM, by="staff-3").testifies(THEIR_REFERENCE_IS_THEIRS)


@pytest.mark.parametrize(
    "survivor",
    [
        given(reported()),
        SURVIVOR.and_then(requested()),
        SURVIVOR.and_then(requested(), APPROVED),
        SURVIVOR.and_then(TransferRequested(to_force="kent")),
        given(),
    ],
)
def test_surviving_crime_is_recorded(survivor: Given) -> None:
    ask = request("C3")
    RECORDED.at_home(other=survivor.state).when(ask).refused(SURVIVOR_IS_RECORDED)
    RECORDED.at_home(other=survivor.state).when(ask).testifies(SURVIVOR_IS_RECORDED)
    RECORDED.at_home().when(ask).refused(SURVIVOR_IS_RECORDED)
    waiting = pending(RECORDED, "C3")
    waiting.at_home(other=survivor.state).when(APPROVE, role=DDM, by="staff-3").refused(SURVIVOR_IS_RECORDED)
    waiting.when(APPROVE, role=DDM, by="staff-3").then(APPROVED)


def test_a_rape_that_was_reclassified_is_still_for_the_registrar() -> None:
    case = pending(RAPE.and_then(CrimeReclassified(offence="8N")))
    case.when(APPROVE, role=DDM, by="staff-3").refused(REGISTRAR_CANCELS_RAPE)
    case.when(APPROVE, role=REGISTRAR, by="staff-3").then(APPROVED)


def test_a_transfer_that_is_refused_leaves_the_crime_here() -> None:
    waiting = RECORDED.and_then(TransferRequested(to_force="kent"))
    waiting.when(RefuseTransfer(because="not ours")).then(TransferRefused(because="not ours"))
    assert waiting.and_then(TransferRefused()).state.recording.status is RecordingStatus.RECORDED


@pytest.mark.parametrize("force", ["greater-manchester", "atlantis"])
def test_transfer_to_another_force(force: str) -> None:
    RECORDED.when(RequestTransfer(to_force=force, because="b")).refused(TRANSFER_TO_ANOTHER_FORCE)
    RECORDED.when(RequestTransfer(to_force=force, because="b")).testifies(TRANSFER_TO_ANOTHER_FORCE)
    waiting = RECORDED.and_then(TransferRequested(to_force="kent"))
    waiting.when(correct(3, to_force=force)).refused(TRANSFER_TO_ANOTHER_FORCE)
    waiting.when(correct(3, to_force="essex")).then(corrected(3, to_force="essex"))


@pytest.mark.parametrize("command", [APPROVE, REVERSE, RefuseCancellation(because="b")])
def test_only_what_was_asked_for_or_done_is_decided_on(command: Any) -> None:
    RECORDED.when(command, role=REGISTRAR).refused(MOVE_IS_OPEN).allowed(RequestCancellation, RequestTransfer, of=TRACK)


def correct(number: int, **facts: Any) -> CorrectFact:
    return CorrectFact(corrects=fact(number), facts=CorrectedFacts.model_validate(facts), because="a slip")


def corrected(number: int, **facts: Any) -> FactCorrected:
    return FactCorrected(corrects=fact(number), facts=CorrectedFacts.model_validate(facts), because="a slip")


@pytest.mark.parametrize(
    ("case", "correction", "rule"),
    [
        (cancelled(code="C4"), correct(3, code="C2"), UNDONE_NOT_CORRECTED),
        (pending(code="C2"), correct(3, code="C3"), UNDONE_NOT_CORRECTED),
        (cancelled(code="C3"), correct(3, surviving=None), UNDONE_NOT_CORRECTED),
        (cancelled(code="C3"), correct(1, reference="06C/99/24"), UNDONE_NOT_CORRECTED),
        (cancelled(code="C3"), correct(4, at="2024-03-01"), UNDONE_NOT_CORRECTED),
        (cancelled(code="C5"), correct(2, offence="46"), C5_NEEDS_CLAIM),
        (cancelled(code="C4"), correct(2, offence="19C"), REGISTRAR_CANCELS_RAPE),
    ],
)
def test_a_correction_cannot_take_away_what_a_cancellation_rests_on(case: Given, correction: Any, rule: Rule) -> None:
    case.when(correction).refused(rule)
    before = tuple(case.state.flaws())
    assert before == ()


def test_a_correction_that_breaks_no_new_rule_goes_through() -> None:
    told = RECORDED.and_then(happened(requested("C3", surviving="06C/1/24"), imported=True))
    assert SURVIVOR_IS_ANOTHER in list(told.state.flaws())
    told.when(correct(2, offence="8P")).then(corrected(2, offence="8P"))
