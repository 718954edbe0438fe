from datetime import datetime, timedelta

import pytest
from scenario import Given, fact, given, happened, nothing, reported

from domain.case.cancellation import CancellationApproved, CancellationRequested, CancellationReversed, TransferAccepted
from domain.case.cancellation import TransferRequested as Asked
from domain.case.closure import ReviewDecided, ReviewRequested
from domain.case.duties import (
    DUTY_CAN_BE_PAUSED,
    DUTY_IS_IN_TIME,
    DUTY_IS_OPEN,
    DUTY_IS_PAUSED,
    Duty,
    DutyKind,
    DutyPaused,
    DutyResumed,
    PauseDuty,
    ResumeDuty,
)
from domain.case.investigation import InvestigationAllocated, InvestigationUpdated
from domain.case.linking import CaseLinked, CaseUnlinked
from domain.case.notices import About
from domain.case.recording import CrimeRecorded, N100Recorded, RecordingDeclined
from domain.case.state import MOVE_IS_OPEN
from domain.case.victim import (
    EntitlementGround,
    NeedsAssessed,
    NoNotice,
    NoReferral,
    SupportReferralDeclined,
    SupportReferralMade,
    VictimInformed,
    VictimNoticeWaived,
)
from domain.event import Event, Role
from domain.owing import DutyStatus
from domain.values import Moment

OTHER = "case-00000000-0000-4000-8000-000000000002"
REPORTED = given(reported())
RECORDED = given(reported(), CrimeRecorded(offence="8N"))  # on Friday, 1 March 2024
K, S = DutyKind, DutyStatus


def at(text: str) -> datetime:
    return Moment.of(text).earliest


def duty(case: Given, kind: DutyKind, about: About | None = None) -> Duty:
    [found] = [d for d in case.state.duties if d.kind is kind and about in (None, d.about)]
    return found


@pytest.mark.parametrize(
    ("received", "hours", "rules"),
    [("2015-03-31T22:59:59Z", 72, "recording-2002"), ("2015-03-31T23:00:00Z", 24, "recording-2015")],
)
def test_a_report_is_to_be_decided_on_in_time_and_one_second_over_is_late(
    received: str, hours: int, rules: str
) -> None:
    due = at(received) + timedelta(hours=hours)
    owed = duty(given(reported(received)), K.RECORDING)
    assert (owed.due, owed.rule_set, owed.escalate_to) == (due, rules, Role.FORCE_CRIME_REGISTRAR)
    assert owed.status(due) is S.OPEN
    assert owed.status(due + timedelta(microseconds=1)) is S.OVERDUE
    for over, stands in [(0, S.MET), (1, S.MET_LATE)]:
        when = (due + timedelta(seconds=over)).isoformat()
        for decision in (
            CrimeRecorded(offence="8N"),
            RecordingDeclined(reason="other_force"),
            N100Recorded(sub_code=1),
        ):
            met = duty(given(reported(received), happened(decision, when)), K.RECORDING)
            assert (met.status(due), met.met_by) == (stands, fact(2))


def test_a_decision_known_to_the_day_is_late_only_if_it_is_late_at_every_instant() -> None:
    for day, stands in [("2024-03-02", S.MET), ("2024-03-03", S.MET_LATE)]:
        case = given(reported("2024-03-01T10:00:00Z"), happened(CrimeRecorded(offence="8N"), day))
        assert duty(case, K.RECORDING).status(at("2024-03-05")) is stands


def test_the_victim_is_told_within_five_working_days_and_referred_within_two_of_the_report() -> None:
    told, referral = duty(RECORDED, K.VICTIM_TOLD), duty(RECORDED, K.SUPPORT_REFERRAL)
    assert (told.about, told.opened_by, told.escalate_to) == (About.RECORDED, fact(2), Role.SUPERVISOR)
    assert (told.due, told.rule_set) == (at("2024-03-08T23:59:59.999999Z"), "duties-2021")
    assert (referral.due, referral.escalate_to) == (at("2024-03-05T23:59:59.999999Z"), None)


def test_an_enhanced_entitlement_counts_from_when_it_is_known() -> None:
    needs = NeedsAssessed(grounds=(EntitlementGround.MOST_SERIOUS_CRIME,))
    arrest = InvestigationUpdated(what="arrest")
    case = RECORDED.and_then(InvestigationAllocated(officer="o-1"), arrest, needs, arrest, NeedsAssessed(), arrest)
    days = {d.opened_by: d.due.date().isoformat() for d in case.state.duties if d.kind is K.UPDATE}
    assert days == {fact(4): "2024-03-08", fact(6): "2024-03-04", fact(8): "2024-03-08"}


@pytest.mark.parametrize(
    ("kind", "meets"),
    [
        (K.SUPPORT_REFERRAL, SupportReferralMade(service="Victim Support")),
        (K.SUPPORT_REFERRAL, SupportReferralDeclined(reason=NoReferral.NOT_WANTED)),
        (K.VICTIM_TOLD, VictimInformed(about=About.RECORDED)),
        (K.VICTIM_TOLD, VictimInformed(about=About.RECORDED, of_event=fact(2))),
        (K.VICTIM_TOLD, VictimNoticeWaived(about=About.RECORDED, reason=NoNotice.UNTRACEABLE)),
    ],
)
def test_a_duty_is_met_by_what_it_asks_for(kind: DutyKind, meets: Event) -> None:
    case = RECORDED.and_then(meets)
    assert (duty(case, kind).met_by, duty(case, kind).status(at("2025-01-01"))) == (fact(3), S.MET)
    others = [d for d in case.state.duties if d.kind not in (kind, K.RECORDING)]
    assert [d.status(at("2025-01-01")) for d in others] == [S.OVERDUE]


def test_a_review_is_decided_within_thirty_working_days() -> None:
    case = RECORDED.and_then(happened(ReviewRequested(of="recording"), "2024-03-01T10:00:00Z"))
    review = duty(case, K.OUTCOME_REVIEW)
    assert review.due == at("2024-04-16T22:59:59.999999Z")  # Easter in between, and summer time
    assert duty(case.and_then(ReviewDecided(result="upheld")), K.OUTCOME_REVIEW).status(review.due) is S.MET


def test_a_link_lifts_the_clock_of_recording_and_parting_brings_it_back() -> None:
    linked = REPORTED.and_then(CaseLinked(under=OTHER, kind="duplicate"))
    assert duty(linked, K.RECORDING).status(at("2025-01-01")) is S.LIFTED
    parted = linked.and_then(CaseUnlinked(under=OTHER))
    assert duty(parted, K.RECORDING) == duty(REPORTED, K.RECORDING)
    assert duty(parted, K.RECORDING).status(at("2025-01-01")) is S.OVERDUE
    decided = linked.and_then(CrimeRecorded(offence="8N"), CaseUnlinked(under=OTHER))
    assert duty(decided, K.RECORDING).status(at("2025-01-01")) is S.MET
    assert duty(RECORDED.and_then(CaseLinked(under=OTHER, kind="duplicate")), K.VICTIM_TOLD).is_open


@pytest.mark.parametrize(
    ("end", "about"),
    [
        ((CancellationRequested(code="C4", error="e"), CancellationApproved()), About.CANCELLED),
        ((Asked(to_force="kent"), TransferAccepted(their_reference="K/1")), About.TRANSFERRED),
    ],
)
def test_a_crime_that_leaves_the_register_leaves_one_thing_to_tell(end: tuple[Event, ...], about: About) -> None:
    review = ReviewRequested(of="outcome")
    gone = RECORDED.and_then(review, *end)
    assert {(d.kind, d.about) for d in gone.state.duties if d.is_open} == {
        (K.VICTIM_TOLD, about),
        (K.OUTCOME_REVIEW, None),
    }
    back = gone.and_then(CancellationReversed())
    owed = [(d.kind, d.about) for d in back.state.duties if d.is_open]
    assert owed == [
        (K.VICTIM_TOLD, About.RECORDED),
        (K.SUPPORT_REFERRAL, None),
        (K.OUTCOME_REVIEW, None),
        (K.VICTIM_TOLD, about),
        (K.VICTIM_TOLD, About.RECORDED),
    ]
    meanwhile = gone.and_then(VictimInformed(about=About.RECORDED), CancellationReversed())
    assert len([d for d in meanwhile.state.duties if d.is_open]) == len(owed) - 1


def test_what_a_file_shows_to_be_over_already_opens_nothing() -> None:
    told = given(happened(reported(), imported=True), happened(CrimeRecorded(offence="8N"), imported=True))
    assert told.state.duties == ()
    late = [e._replace(written_at=e.at.latest) for e in told.entries]
    assert len(Given(tuple(late)).state.duties) == 3
    afterwards = told.and_then(ReviewRequested(of="outcome"))
    assert [d.kind for d in afterwards.state.duties] == [K.OUTCOME_REVIEW]


PAUSE = PauseDuty(duty=K.VICTIM_TOLD, because="in hospital")
PAUSED = DutyPaused(duty=K.VICTIM_TOLD, because="in hospital")
RESUME = ResumeDuty(duty=K.VICTIM_TOLD, because="at home again")
RESUMED = DutyResumed(duty=K.VICTIM_TOLD, because="at home again")


def test_a_clock_that_stood_ends_later_by_as_long() -> None:
    RECORDED.when(PAUSE).then(PAUSED)
    paused = RECORDED.and_then(happened(PAUSED, "2024-03-04T10:00:00Z"))
    assert duty(paused, K.VICTIM_TOLD).status(at("2025-01-01")) is S.PAUSED
    assert duty(paused, K.SUPPORT_REFERRAL).status(at("2025-01-01")) is S.OVERDUE
    paused.when(RESUME).then(RESUMED)
    resumed = paused.and_then(happened(RESUMED, "2024-03-06T11:00:00Z"))
    due = at("2024-03-11T23:59:59.999999Z")  # two days and an hour after Friday the 8th: the end of the Monday
    assert (duty(resumed, K.VICTIM_TOLD).due, duty(resumed, K.VICTIM_TOLD).paused_at) == (due, None)
    met = paused.and_then(happened(VictimInformed(about=About.RECORDED), "2024-04-06T11:00:00Z"))
    assert duty(met, K.VICTIM_TOLD).status(at("2025-01-01")) is S.MET


def test_a_clock_that_had_run_out_stays_missed_while_it_stands() -> None:
    paused = RECORDED.and_then(happened(PAUSED, "2024-03-11T10:00:00Z"))
    assert duty(paused, K.VICTIM_TOLD).was_missed(at("2024-03-12"))
    in_time = RECORDED.and_then(happened(PAUSED, "2024-03-08T10:00:00Z"))
    assert not duty(in_time, K.VICTIM_TOLD).was_missed(at("2025-01-01"))


def test_duty_can_be_paused() -> None:
    recording = PauseDuty(duty=K.RECORDING, because="busy")
    for case in (REPORTED, RECORDED):
        case.when(recording).refused("The clock of this duty cannot be stopped.")
    REPORTED.when(recording).testifies(DUTY_CAN_BE_PAUSED)
    told = REPORTED.and_then(DutyPaused(duty=K.RECORDING))
    assert duty(told, K.RECORDING) == duty(REPORTED, K.RECORDING)
    nothing.when(PAUSE).refused(MOVE_IS_OPEN)


def test_duty_is_in_time() -> None:
    RECORDED.when(PAUSE, at="2024-03-08T23:59:59.999999Z").then(PAUSED)
    RECORDED.when(PAUSE, at="2024-03-09T00:00:00Z").refused("The time for this duty has run out already; meet it now.")
    RECORDED.when(PAUSE, at="2024-03-09T00:00:00Z").testifies(DUTY_IS_IN_TIME)


def test_duty_is_open() -> None:
    for case in (REPORTED, RECORDED.and_then(VictimInformed(about=About.RECORDED)), RECORDED.and_then(PAUSED)):
        case.when(PAUSE).refused("There is no open duty of this kind whose clock runs.")
    REPORTED.when(PAUSE).testifies(DUTY_IS_OPEN)
    RECORDED.and_then(PAUSED, RESUMED).when(PAUSE).then(PAUSED)


def test_duty_is_paused() -> None:
    for case in (
        RECORDED,
        RECORDED.and_then(PAUSED, RESUMED),
        RECORDED.and_then(PAUSED, VictimInformed(about="recorded")),
    ):
        case.when(RESUME).refused("There is no duty of this kind whose clock was stopped.")
    RECORDED.when(RESUME).testifies(DUTY_IS_PAUSED)


def test_a_missed_deadline_has_one_stream_for_each_duty() -> None:
    arrest = InvestigationUpdated(what="arrest")
    case = RECORDED.and_then(InvestigationAllocated(officer="o-1"), arrest, arrest, ReviewRequested(of="outcome"))
    streams = [d.stream("case-1") for d in case.state.duties]
    assert len(set(streams)) == len(streams) == 6
    assert streams == [d.stream("case-1") for d in case.and_then(VictimInformed(about="update")).state.duties[:6]]
    assert not set(streams) & {d.stream("case-2") for d in case.state.duties}
