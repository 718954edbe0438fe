import pytest
from scenario import Given, fact, given, nothing, reported

from domain.case.cancellation import CancellationApproved, CancellationRequested
from domain.case.investigation import InvestigationAllocated, InvestigationUpdated, KeyEvent
from domain.case.notices import About
from domain.case.outcome import OutcomeAssigned
from domain.case.recording import CrimeRecorded, N100Recorded, RecordingDeclined, ReportCrime
from domain.case.state import MOVE_IS_OPEN
from domain.case.victim import (
    NOTICE_FOLLOWS_EVENT,
    AcknowledgementSent,
    AssessNeeds,
    Channel,
    DeclineSupportReferral,
    EntitlementGround,
    InformVictim,
    MakeSupportReferral,
    NeedsAssessed,
    NoNotice,
    NoReferral,
    Notice,
    RecordVictimStatement,
    SendAcknowledgement,
    SupportReferralDeclined,
    SupportReferralMade,
    Victim,
    VictimInformed,
    VictimNoticeWaived,
    VictimStatementRecorded,
    WaiveVictimNotice,
)
from domain.event import Command, Event

REPORTED = given(reported())
RECORDED = given(reported(), CrimeRecorded(offence="8N"))
VULNERABLE = EntitlementGround.VULNERABLE_OR_INTIMIDATED


def inform(about: About, of_event: int | None = None) -> InformVictim:
    return InformVictim(about=about, channel=Channel.LETTER, of_event=fact(of_event) if of_event else None)


def informed(about: About, of_event: int | None = None) -> VictimInformed:
    return VictimInformed(about=about, channel=Channel.LETTER, of_event=fact(of_event) if of_event else None)


@pytest.mark.parametrize(
    ("command", "event"),
    [
        (AssessNeeds(), NeedsAssessed()),
        (AssessNeeds(grounds=(VULNERABLE, VULNERABLE)), NeedsAssessed(grounds=(VULNERABLE,))),
        (SendAcknowledgement(channel=Channel.LETTER), AcknowledgementSent(channel=Channel.LETTER)),
        (MakeSupportReferral(service="Victim Support"), SupportReferralMade(service="Victim Support")),
        (DeclineSupportReferral(reason=NoReferral.NOT_WANTED), SupportReferralDeclined(reason=NoReferral.NOT_WANTED)),
        (
            RecordVictimStatement(supports=False, statement="no more"),
            VictimStatementRecorded(supports=False, statement="no more"),
        ),
    ],
)
def test_service_to_the_victim_begins_with_the_report(command: Command, event: Event) -> None:
    nothing.when(command).refused(MOVE_IS_OPEN).allowed(ReportCrime)
    for case in (REPORTED, RECORDED):
        case.when(command).then(event)


def test_the_track_keeps_needs_referral_and_what_the_victim_said() -> None:
    assert REPORTED.and_then(NeedsAssessed()).state.victim == Victim(assessed=True)
    enhanced = REPORTED.and_then(NeedsAssessed(grounds=(VULNERABLE,)))
    assert enhanced.state.victim == Victim(assessed=True, enhanced=True)
    assert enhanced.and_then(NeedsAssessed()).state.victim == Victim(assessed=True)
    assert REPORTED.and_then(SupportReferralMade()).state.victim.referral == "made"
    assert REPORTED.and_then(SupportReferralDeclined(reason=NoReferral.NO_VICTIM)).state.victim.referral == "no_victim"
    said = REPORTED.and_then(VictimStatementRecorded(supports=False), VictimStatementRecorded(supports=True))
    assert (said.state.victim.supports, said.state.victim.ever_declined) == (True, True)


@pytest.mark.parametrize(
    ("case", "about"),
    [
        (RECORDED, About.RECORDED),
        (REPORTED.and_then(RecordingDeclined(reason="no_crime_in_law")), About.NOT_RECORDED),
        (given(reported(alleged="19C")).and_then(N100Recorded(sub_code=1)), About.NOT_RECORDED),
    ],
)
def test_what_the_force_decides_is_owed_to_the_victim_until_they_are_told(case: Given, about: About) -> None:
    assert case.state.victim.owed == (Notice(about, fact(2)),)
    case.when(inform(about)).then(informed(about))
    case.when(inform(about, 2)).then(informed(about, 2))
    for told in (informed(about), informed(about, 2)):
        assert case.and_then(told).state.victim.owed == ()
    case.and_then(informed(about)).when(inform(about)).then(informed(about))


def test_notice_follows_what_happened() -> None:
    RECORDED.when(inform(About.CANCELLED)).refused("There is nothing of that kind to tell the victim")
    RECORDED.when(inform(About.CANCELLED)).testifies(NOTICE_FOLLOWS_EVENT)
    waive = WaiveVictimNotice(about=About.OUTCOME, reason=NoNotice.NO_VICTIM, rationale="r")
    RECORDED.when(waive).refused(NOTICE_FOLLOWS_EVENT)
    for about in set(About) - {About.RECORDED}:
        RECORDED.when(inform(about)).refused(NOTICE_FOLLOWS_EVENT)


@pytest.mark.parametrize("number", [1, 3, 4, 9])
def test_the_event_that_is_named_is_one_of_what_was_told(number: int) -> None:
    case = RECORDED.and_then(InvestigationAllocated(officer="o-1"), InvestigationUpdated(what=KeyEvent.OTHER))
    case.when(inform(About.RECORDED, number)).refused(NOTICE_FOLLOWS_EVENT)
    case.when(inform(About.UPDATE, number)).refused(NOTICE_FOLLOWS_EVENT)


def test_telling_of_one_event_leaves_the_others_owed() -> None:
    updates = [InvestigationUpdated(what=what) for what in (KeyEvent.ARREST, KeyEvent.CHARGE)]
    case = RECORDED.and_then(InvestigationAllocated(officer="o-1"), *updates, informed(About.UPDATE, 4))
    assert case.state.victim.owed == (Notice(About.RECORDED, fact(2)), Notice(About.UPDATE, fact(5)))
    assert [duty.opened_by for duty in case.state.duties if duty.about is About.UPDATE and duty.is_open] == [fact(5)]
    assert case.and_then(informed(About.UPDATE)).state.victim.owed == (Notice(About.RECORDED, fact(2)),)


def test_a_reason_not_to_tell_ends_what_is_owed() -> None:
    waive = WaiveVictimNotice(about=About.RECORDED, reason=NoNotice.UNTRACEABLE, rationale="moved away")
    waived = VictimNoticeWaived(about=About.RECORDED, reason=NoNotice.UNTRACEABLE, rationale="moved away")
    RECORDED.when(waive).then(waived)
    after = RECORDED.and_then(OutcomeAssigned(outcome=18), waived).state
    assert [notice.about for notice in after.victim.owed] == [About.OUTCOME]


def test_only_the_end_of_it_is_told_of_a_crime_that_left_the_register() -> None:
    ask = CancellationRequested(code="C4", error="e")
    case = RECORDED.and_then(OutcomeAssigned(outcome=18), ask, CancellationApproved())
    assert case.state.victim.owed == (Notice(About.CANCELLED, fact(5)),)
    case.when(inform(About.OUTCOME)).then(informed(About.OUTCOME))
