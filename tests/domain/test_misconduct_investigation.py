"""The investigation of a misconduct report: severity, notices, suspension, updates, its end."""

from datetime import UTC, datetime, timedelta

import pytest
from duty_oracle import last_instant, london_day
from report_scenario import COMPLAINT, Given, assessed, fact, given, happened, received

from domain.event import Event
from domain.misconduct import clocks, investigation, withdrawal
from domain.misconduct.calendar import months_after
from domain.misconduct.clocks import clocked
from domain.misconduct.duties import OwedKind
from domain.misconduct.investigation import (
    OPINION_ON_EACH,
    AppointInvestigator,
    DiscontinueInvestigation,
    Informed,
    Inquiry,
    InquiryStatus,
    InvestigationDiscontinued,
    InvestigationReported,
    InvestigatorAppointed,
    MisconductInvestigationStarted,
    MisconductUpdateSent,
    Opinion,
    SendMisconductUpdate,
    StartMisconductInvestigation,
    SubjectOpinion,
    SubmitInvestigationReport,
)
from domain.misconduct.notice import (
    NOTICE_NEEDS_A_NAME,
    NOTICE_NEEDS_SEVERITY,
    LikelyForm,
    MisconductNoticeServed,
    ServeMisconductNotice,
)
from domain.misconduct.schedule3 import ConductMatterRecorded
from domain.misconduct.severity import (
    INDICTABLE_IS_GROSS,
    SEVERITY_CHANGES,
    SEVERITY_IS_ASSESSED_ONCE,
    AssessSeverity,
    ReviseSeverity,
    Severity,
    SeverityAssessed,
    SeverityRevised,
)
from domain.misconduct.state import REPORT_MOVE_IS_OPEN
from domain.misconduct.sub_judice import ResumeSubJudice, SubJudiceResumed, SubJudiceSuspended, SuspendSubJudice
from domain.misconduct.subjects import SUBJECT_IS_NOTED, SubjectNoted
from domain.misconduct.withdrawal import COMPLAINT_IS_WITHDRAWN, ComplaintWithdrawn, WithdrawComplaint
from domain.owing import DutyStatus
from domain.rules import clock, rule_book
from domain.values import Moment

STARTED = MisconductInvestigationStarted(investigator="psd-1")
GROSS, MISCONDUCT, NEITHER = Severity.GROSS_MISCONDUCT, Severity.MISCONDUCT, Severity.NEITHER
OPINION = SubjectOpinion(subject=1, opinion=Opinion.CASE_FOR_MISCONDUCT)
REPORTED = InvestigationReported(opinions=(OPINION,))


def complaint(*facts: Event) -> Given:
    return given(received(), *COMPLAINT, *facts)


def grave(severity: Severity = GROSS, subject: int = 1, **facts: bool) -> SeverityAssessed:
    return SeverityAssessed(subject=subject, severity=severity, **facts)


def assess(severity: Severity = GROSS, subject: int = 1, **facts: bool) -> AssessSeverity:
    return AssessSeverity.model_validate({"subject": subject, "severity": severity, "rationale": "So it is.", **facts})


def test_an_investigation_from_start_to_report() -> None:
    start = complaint().when(StartMisconductInvestigation(investigator="psd-1")).then(STARTED)
    assert start.state.inquiry.status is InquiryStatus.UNDER_WAY
    other = start.when(AppointInvestigator(investigator="psd-2")).then(InvestigatorAppointed(investigator="psd-2"))
    assert other.state.inquiry.investigator == "psd-2"
    told = other.when(SendMisconductUpdate(to=Informed.COMPLAINANT)).then(MisconductUpdateSent(to=Informed.COMPLAINANT))
    report = SubmitInvestigationReport(opinions=(OPINION,), summary="All of it.")
    done = told.when(report).then(InvestigationReported(opinions=(OPINION,), summary="All of it."))
    assert done.state.inquiry.status is InquiryStatus.REPORTED
    assert done.state.under_way, "how the subject is dealt with is not determined"


def test_a_report_that_is_not_recorded_is_not_investigated() -> None:
    given(received(), *COMPLAINT[:-1]).when(StartMisconductInvestigation(investigator="psd-1")).refused(
        REPORT_MOVE_IS_OPEN
    )


def test_severity_is_assessed_once() -> None:
    one = complaint(STARTED).when(assess()).then(grave().model_copy(update={"rationale": "So it is."}))
    one.when(assess(MISCONDUCT)).refused(SEVERITY_IS_ASSESSED_ONCE)
    one.when(assess(subject=2)).refused(SUBJECT_IS_NOTED)


def test_severity_revision_changes_it() -> None:
    revise = ReviseSeverity(subject=1, severity=MISCONDUCT, because="Less.")
    complaint(STARTED).when(revise).refused(SEVERITY_CHANGES)
    complaint(STARTED, grave(MISCONDUCT)).when(revise).refused(SEVERITY_CHANGES)
    less = complaint(STARTED, grave()).when(revise)
    after = less.then(SeverityRevised(subject=1, severity=MISCONDUCT, because="Less.")).state.severities
    assert [(each.first, each.severity) for each in after] == [(GROSS, MISCONDUCT)]


@pytest.mark.parametrize(
    ("at", "severity", "convicted", "refused"),
    [
        ("2025-05-27T22:59:00Z", MISCONDUCT, True, False),
        ("2025-05-27T23:00:00Z", MISCONDUCT, True, True),
        ("2025-05-27T23:00:00Z", GROSS, True, False),
        ("2025-05-27T23:00:00Z", MISCONDUCT, False, False),
    ],
)
def test_indictable_conviction_is_gross(at: str, severity: Severity, convicted: bool, refused: bool) -> None:
    when = complaint(STARTED).when(assess(severity, indictable_conviction=convicted), at=at)
    if refused:
        when.refused(INDICTABLE_IS_GROSS)
    else:
        when.goes_through()
    known = complaint(STARTED, grave(GROSS, indictable_conviction=True))
    down = known.when(ReviseSeverity(subject=1, severity=NEITHER, because="Less."), at="2025-06-01T10:00:00Z")
    down.refused(INDICTABLE_IS_GROSS)


def test_notice_needs_a_severity_assessment() -> None:
    serve = ServeMisconductNotice(subject=1, likely=LikelyForm.HEARING, barred_list_warning=True)
    complaint(STARTED).when(serve).refused(NOTICE_NEEDS_SEVERITY)
    served = MisconductNoticeServed(subject=1, likely=LikelyForm.HEARING, barred_list_warning=True)
    after = complaint(STARTED, grave()).when(serve).then(served)
    assert [len(each.notices) for each in after.state.severities] == [1]


def test_notice_needs_a_known_subject() -> None:
    unknown = complaint(SubjectNoted(subject=2), STARTED, grave(subject=2))
    unknown.when(ServeMisconductNotice(subject=2, likely=LikelyForm.NONE)).refused(NOTICE_NEEDS_A_NAME)


def test_opinion_on_each_subject() -> None:
    two = complaint(SubjectNoted(subject=2), STARTED)
    for opinions in ((), (OPINION,), (OPINION, OPINION)):
        two.when(SubmitInvestigationReport(opinions=opinions, summary="All.")).refused(OPINION_ON_EACH)
    other = SubjectOpinion(subject=2, opinion=Opinion.NO_CASE)
    two.when(SubmitInvestigationReport(opinions=(other, OPINION), summary="All.")).goes_through()


def test_only_a_complaint_is_withdrawn() -> None:
    conduct = (*COMPLAINT[:-2], assessed(), ConductMatterRecorded())
    withdraw = WithdrawComplaint(because="Enough.")
    given(received(), *conduct, STARTED).when(withdraw).refused(COMPLAINT_IS_WITHDRAWN)
    gone = complaint(STARTED).when(withdraw).then(ComplaintWithdrawn(because="Enough.")).state.inquiry
    assert (gone.status, gone.complaint_withdrawn) == (InquiryStatus.WITHDRAWN, True)
    goes_on = complaint(STARTED).when(WithdrawComplaint(goes_on=True, because="Enough.")).goes_through().state.inquiry
    assert (goes_on.status, goes_on.complaint_withdrawn) == (InquiryStatus.UNDER_WAY, True)


def test_suspension_is_a_pair_and_both_times_can_be_told() -> None:
    stopped = complaint(STARTED).when(SuspendSubJudice(because="A trial.")).then(SubJudiceSuspended(because="A trial."))
    stopped.when(SuspendSubJudice(because="Again.")).refused(REPORT_MOVE_IS_OPEN)
    stopped.when(SubmitInvestigationReport(opinions=(OPINION,), summary="All.")).refused(REPORT_MOVE_IS_OPEN)
    stopped.when(ResumeSubJudice(because="Over.")).then(SubJudiceResumed(because="Over."))
    times = [
        happened(STARTED, "2024-06-01T10:00:00Z"),
        happened(SubJudiceSuspended(), "2024-07-01T10:00:00Z"),
        happened(SubJudiceResumed(), "2024-07-31T10:00:00Z"),
        happened(SubJudiceSuspended(), "2024-08-01T10:00:00Z"),
    ]
    history = given(received(), *COMPLAINT).and_then(*times)
    now = datetime(2024, 8, 11, 10, tzinfo=UTC)
    inquiry = history.state.inquiry
    assert (inquiry.gross(now).days, inquiry.net(now).days) == (71, 31)
    over = history.and_then(happened(InvestigationDiscontinued(), "2024-08-06T10:00:00Z")).state.inquiry
    assert (over.gross(now).days, over.net(now).days) == (66, 31)
    assert all(pause.until is not None for pause in over.suspensions)


def test_an_ended_investigation_can_begin_again() -> None:
    stopped = complaint(STARTED).when(DiscontinueInvestigation(because="No.")).goes_through()
    again = stopped.when(StartMisconductInvestigation(investigator="psd-2"), at="2024-09-01T10:00:00Z").goes_through()
    assert len(again.state.inquiry.spans) == 2
    assert again.state.inquiry.status is InquiryStatus.UNDER_WAY


UPDATES = ["2024-10-26T23:30:00Z", "2024-11-24T00:30:00Z", "2025-02-01T10:00:00Z"]


def test_an_update_is_due_within_four_weeks_of_the_start_and_of_the_last() -> None:
    told = [happened(MisconductUpdateSent(to=Informed.COMPLAINANT), at) for at in UPDATES]
    history = given(received(), *COMPLAINT).and_then(happened(STARTED, "2024-10-01T10:00:00Z"), *told)
    now = datetime(2025, 3, 5, tzinfo=UTC)
    owed = [each for each in clocked(history.state, rule_book(), now) if each.kind is OwedKind.INVESTIGATION_UPDATE]
    # The London day of the second is the 27th; summer time ends that night.
    assert [london_day(each.due).isoformat() for each in owed] == [
        "2024-10-29",
        "2024-11-24",
        "2024-12-22",
        "2025-03-01",
    ]
    assert [each.status(now) for each in owed] == [
        DutyStatus.MET,
        DutyStatus.MET,
        DutyStatus.MET_LATE,
        DutyStatus.OVERDUE,
    ]
    assert owed[0].opened_by == fact(len(COMPLAINT) + 2)
    ended = history.and_then(happened(REPORTED, "2025-02-20T10:00:00Z")).state
    last = [each for each in clocked(ended, rule_book(), now) if each.kind is OwedKind.INVESTIGATION_UPDATE][-1]
    assert last.status(now) is DutyStatus.LIFTED
    assert not last.was_missed(now)


def test_the_update_clock_is_noticed_when_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "end_of_day", lambda day: clocks.instant(last_instant(day, 1)).earliest)
    with pytest.raises(AssertionError):
        test_an_update_is_due_within_four_weeks_of_the_start_and_of_the_last()


def test_a_suspension_that_is_not_taken_off_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Inquiry, "net", Inquiry.gross)
    with pytest.raises(AssertionError):
        test_suspension_is_a_pair_and_both_times_can_be_told()


@pytest.mark.parametrize(
    ("rule", "module", "test"),
    [
        ("opinion_on_each_subject", investigation, test_opinion_on_each_subject),
        ("only_a_complaint_is_withdrawn", withdrawal, test_only_a_complaint_is_withdrawn),
    ],
)
def test_a_rule_that_nobody_looks_at_is_noticed(rule, module, test, monkeypatch: pytest.MonkeyPatch) -> None:
    real = module.broken
    monkeypatch.setattr(
        module, "broken", lambda looked_at, *, when: () if looked_at.id == rule else real(looked_at, when=when)
    )
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test()


def test_months_are_those_of_the_calendar() -> None:
    day = Moment.of("2024-02-29").london_date
    assert [months_after(day, months).isoformat() for months in (12, 18, 24, 48)] == [
        "2025-02-28",
        "2025-08-29",
        "2026-02-28",
        "2028-02-29",
    ]
    assert timedelta(days=1) + months_after(day, 12) == Moment.of("2025-03-01").london_date
