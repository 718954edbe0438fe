"""Referral to the IOPC: what must be referred, by when, and how it says that a matter is investigated."""

import pytest
from report_scenario import AT_THE_FORCE, COMPLAINT, Given, given, happened, received

from domain.event import Event, Role
from domain.misconduct import referral
from domain.misconduct.assessment import RecordingTest, RecordingTestMet
from domain.misconduct.closure import CloseMatter, MatterOutcome
from domain.misconduct.referral import (
    CLEAR_BY_NOW,
    CRITERION_STANDS_ONCE,
    KIND_FITS_GROUND,
    LISTED_CRITERION,
    MANDATORY_IS_REFERRED,
    MODE_IS_CHANGED,
    CalledInByIopc,
    DecideMode,
    IdentifyCriterion,
    MandatoryCriterionIdentified,
    Mode,
    ModeDecided,
    NoteCallIn,
    RecordNoReferral,
    ReferralKind,
    ReferralNotMade,
    ReferralStatus,
    ReferredToIopc,
    ReferToIopc,
)
from domain.misconduct.schedule3 import LocalHandlingStarted
from domain.misconduct.state import REPORT_MOVE_IS_OPEN
from domain.values import Moment

DAY = Moment.of("2024-05-01")
RECORDED = given(received(), *COMPLAINT)
SERIOUS = MandatoryCriterionIdentified(criterion="serious_corruption", clear_at=DAY)
CALLED = CalledInByIopc(notified_at=DAY)
MANDATORY, VOLUNTARY, CALLED_IN = ReferralKind.MANDATORY, ReferralKind.VOLUNTARY, ReferralKind.CALLED_IN


def identify(criterion: str = "serious_corruption", clear_at: str = "2024-05-01") -> IdentifyCriterion:
    return IdentifyCriterion(criterion=criterion, clear_at=Moment.of(clear_at), because="So.")


def refer(kind: ReferralKind) -> ReferToIopc:
    return ReferToIopc(kind=kind, because="So.")


def status(*facts: Event) -> ReferralStatus:
    return RECORDED.and_then(*facts).state.referral.status


def test_a_criterion_starts_the_clock_and_forces_recording() -> None:
    fact = MandatoryCriterionIdentified(criterion="serious_corruption", clear_at=DAY, because="So.")
    forced = RecordingTestMet(test=RecordingTest.MANDATORY_REFERRAL)
    after = given(received(), *AT_THE_FORCE).when(identify()).then(fact, forced)
    assert after.state.referral.status is ReferralStatus.DUE
    assert [each.kind for each in after.state.owed if each.is_open] == ["referral"]
    after.when(identify("serious_assault")).then(
        MandatoryCriterionIdentified(criterion="serious_assault", clear_at=DAY, because="So.")
    )


def test_referral_criterion_is_listed() -> None:
    RECORDED.when(identify("rudeness")).refused(LISTED_CRITERION)
    RECORDED.when(identify(clear_at="2020-01-31")).refused(LISTED_CRITERION)


def test_referral_clock_starts_by_now() -> None:
    RECORDED.when(identify(clear_at="2024-05-02")).refused(CLEAR_BY_NOW)
    RECORDED.when(NoteCallIn(notified_at=Moment.of("2024-05-02"))).refused(CLEAR_BY_NOW)


def test_a_referral_clock_starts_on_a_day_and_not_in_a_month() -> None:
    """By a month the end of the day after would be a month away; only a file may know no better."""
    RECORDED.when(identify(clear_at="2024-05")).refused(CLEAR_BY_NOW)
    RECORDED.when(NoteCallIn(notified_at=Moment.of("2024-05"))).refused(CLEAR_BY_NOW)
    assert RECORDED.when(identify(clear_at="2024-05"), role=Role.IMPORTER).testifies()


def test_a_month_that_starts_a_clock_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(referral, "can_start_a_clock", lambda moment, act: moment.earliest <= act.at)
    with pytest.raises(pytest.fail.Exception):
        test_a_referral_clock_starts_on_a_day_and_not_in_a_month()


def test_referral_criterion_is_new() -> None:
    RECORDED.and_then(SERIOUS).when(identify()).refused(CRITERION_STANDS_ONCE)
    RECORDED.and_then(SERIOUS, ReferredToIopc(kind=MANDATORY)).when(identify()).refused(CRITERION_STANDS_ONCE)
    RECORDED.and_then(CALLED).when(NoteCallIn(notified_at=DAY)).refused(CRITERION_STANDS_ONCE)


def test_referral_kind_fits_its_ground() -> None:
    grounds: dict[ReferralKind, Given] = {
        MANDATORY: RECORDED.and_then(SERIOUS),
        CALLED_IN: RECORDED.and_then(CALLED),
        VOLUNTARY: RECORDED,
    }
    for ground, before in grounds.items():
        for kind in ReferralKind:
            if kind is ground:
                after = before.when(refer(kind)).then(ReferredToIopc(kind=kind, because="So."))
                assert after.state.referral.status is ReferralStatus.REFERRED
            else:
                before.when(refer(kind)).refused(KIND_FITS_GROUND)
    RECORDED.and_then(SERIOUS, CALLED).when(RecordNoReferral(because="So.")).refused(KIND_FITS_GROUND)


def test_mandatory_criterion_is_referred() -> None:
    close = CloseMatter(outcome=MatterOutcome.RESOLVED, because="So.")
    local = RECORDED.and_then(LocalHandlingStarted())
    local.when(close).goes_through()
    local.and_then(SERIOUS).when(close).refused(MANDATORY_IS_REFERRED)
    local.and_then(CALLED).when(close).refused(MANDATORY_IS_REFERRED)
    local.and_then(SERIOUS, ReferralNotMade()).when(close).goes_through()
    local.and_then(SERIOUS, ReferredToIopc(kind=MANDATORY), ModeDecided(mode=Mode.LOCAL)).when(close).goes_through()
    again = MandatoryCriterionIdentified(criterion="serious_assault", clear_at=DAY)
    local.and_then(SERIOUS, ReferralNotMade(), again).when(close).refused(MANDATORY_IS_REFERRED)


def test_a_recorded_reason_stands_in_for_a_referral() -> None:
    after = (
        RECORDED.and_then(SERIOUS)
        .when(RecordNoReferral(because="Another force did."))
        .then(ReferralNotMade(because="Another force did."))
    )
    assert after.state.referral.reason_recorded
    assert after.state.referral.criteria == ("serious_corruption",)
    assert not any(each.is_open for each in after.state.owed)


def test_report_move_is_open() -> None:
    RECORDED.when(RecordNoReferral(because="So.")).refused(REPORT_MOVE_IS_OPEN)
    RECORDED.when(RecordNoReferral(because="So.")).testifies(REPORT_MOVE_IS_OPEN)


def test_a_new_criterion_makes_a_referral_due_again() -> None:
    referred = (SERIOUS, ReferredToIopc(kind=MANDATORY))
    decided = (*referred, ModeDecided(mode=Mode.DIRECTED))
    again = MandatoryCriterionIdentified(criterion="serious_assault", clear_at=DAY)
    assert status(*decided, again) is ReferralStatus.DUE
    assert status(*decided, again, ReferralNotMade()) is ReferralStatus.MODE_DECIDED
    assert status(*referred, again, ReferralNotMade()) is ReferralStatus.REFERRED
    assert status(*decided, again, CALLED, ReferredToIopc(kind=CALLED_IN)) is ReferralStatus.REFERRED
    assert status(SERIOUS, ReferralNotMade()) is ReferralStatus.NONE


def test_mode_is_changed() -> None:
    referred = RECORDED.and_then(ReferredToIopc(kind=VOLUNTARY))
    for mode in Mode:
        decided = referred.when(DecideMode(mode=mode)).then(ModeDecided(mode=mode))
        assert decided.state.referral.mode is mode
        decided.when(DecideMode(mode=mode)).refused(MODE_IS_CHANGED)
        other = next(each for each in Mode if each is not mode)
        assert decided.when(DecideMode(mode=other)).goes_through().state.referral.mode is other
    RECORDED.when(DecideMode(mode=Mode.LOCAL)).refused(REPORT_MOVE_IS_OPEN)


def test_a_mode_may_be_decided_again_after_another_referral() -> None:
    once = RECORDED.and_then(ReferredToIopc(kind=VOLUNTARY), ModeDecided(mode=Mode.LOCAL), SERIOUS)
    again = once.and_then(happened(ReferredToIopc(kind=MANDATORY)))
    again.when(DecideMode(mode=Mode.LOCAL)).goes_through()
