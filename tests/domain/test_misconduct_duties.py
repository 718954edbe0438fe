"""What is owed in a misconduct report and by when, against an oracle with a calendar of its own."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as each
from hypothesis import strategies as st
from report_scenario import COMPLAINT, FORCE, PASSED, Given, given, happened, received

from domain.event import Event
from domain.misconduct import duties
from domain.misconduct.closure import MatterClosed, MatterOutcome, OutcomeSent
from domain.misconduct.duties import Owed, OwedKind
from domain.misconduct.mailbox import PlainStatus, StatusTold
from domain.misconduct.passing import ForceUnit, NotOurs, ReportAcknowledged, ReportPassed, ReportSignposted
from domain.misconduct.referral import (
    CalledInByIopc,
    MandatoryCriterionIdentified,
    ReferralKind,
    ReferralNotMade,
    ReferredToIopc,
)
from domain.misconduct.review import (
    ComplaintReviewDecided,
    ReviewAcknowledged,
    ReviewApplied,
    ReviewBody,
    ReviewFinding,
)
from domain.misconduct.schedule3 import LocalHandlingStarted
from domain.owing import DutyStatus
from domain.rules import clock, rule_book
from domain.values import Moment, Precision, instant

LONDON = ZoneInfo("Europe/London")
# Bank holidays of England and Wales, as gov.uk prints them.
HOLIDAYS = {
    date.fromisoformat(f"{year}-{day}")
    for year, days in {
        2023: "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26",
        2024: "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26",
        2025: "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26",
    }.items()
    for day in days.split(" ")
}
TIMES = st.datetimes(datetime(2023, 1, 1), datetime(2025, 12, 1), timezones=st.just(UTC))
COARSE = st.sampled_from([Precision.INSTANT, Precision.MINUTE, Precision.DAY])


def last_instant(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), LONDON).astimezone(UTC) - timedelta(microseconds=1)


def working_days_after(day: date, count: int) -> date:
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5 and day not in HOLIDAYS
    return day


def london(at: datetime) -> date:
    return at.astimezone(LONDON).date()


def only(history: Given, kind: OwedKind) -> Owed:
    (found,) = (owed for owed in history.state.owed if owed.kind is kind)
    return found


@each(at=TIMES)
def test_an_acknowledgement_is_due_after_five_working_days(at: datetime) -> None:
    found = only(given(received(), happened(PASSED, str(instant(at)))), OwedKind.ACKNOWLEDGEMENT)
    assert found.due == last_instant(working_days_after(london(at), 5))
    assert (found.about, found.clock) == (FORCE, "acknowledgement-2020-02-01")


@each(at=TIMES, precision=COARSE, called=st.booleans())
def test_a_referral_is_due_by_the_end_of_the_next_london_day(at: datetime, precision: Precision, called: bool) -> None:
    clear = Moment.of(at.strftime("%Y-%m-%dT%H:%MZ")) if precision is Precision.MINUTE else instant(at)
    if precision is Precision.DAY:
        clear = Moment.of(london(at).isoformat())
    found = only(given(received(), *COMPLAINT, waits(clear, called)), OwedKind.REFERRAL)
    assert found.due == last_instant(london(at) + timedelta(days=1))


def waits(clear: Moment, called: bool) -> Event:
    if called:
        return CalledInByIopc(notified_at=clear)
    return MandatoryCriterionIdentified(criterion="serious_corruption", clear_at=clear)


def test_the_day_of_a_referral_is_not_a_day_of_24_hours() -> None:
    clear = Moment.of("2024-03-30T00:30:00Z")
    found = only(given(received(), *COMPLAINT, waits(clear, called=False)), OwedKind.REFERRAL)
    assert found.due == datetime(2024, 3, 31, 22, 59, 59, 999999, tzinfo=UTC), "the clocks went forward that day"


@each(at=TIMES)
def test_an_outcome_is_sent_within_five_working_days(at: datetime) -> None:
    closed = happened(MatterClosed(outcome=MatterOutcome.RESOLVED), str(instant(at)))
    found = only(given(received(), *COMPLAINT, LocalHandlingStarted(), closed), OwedKind.OUTCOME_SENT)
    assert found.due == last_instant(working_days_after(london(at), 5))


@each(day=st.dates(date(2024, 6, 1), date(2030, 1, 1)))
def test_a_promised_day_is_kept_by_its_end(day: date) -> None:
    told = StatusTold(status=PlainStatus.BEING_LOOKED_AT, next_by=day)
    assert only(given(received(), told), OwedKind.PROMISED_STATUS).due == last_instant(day)


SERIOUS = MandatoryCriterionIdentified(criterion="serious_corruption", clear_at=Moment.of("2024-05-01"))
CLOSED = (LocalHandlingStarted(), MatterClosed(outcome=MatterOutcome.RESOLVED))
ASKED_FOR = ReviewApplied(on=Moment.of("2024-05-01"), body=ReviewBody.LOCAL_POLICING_BODY)
PROMISED = StatusTold(status=PlainStatus.RECEIVED, next_by=date(2024, 6, 1))
ELSEWHERE = ReportPassed(force="essex", unit=ForceUnit.PSD, fields=("summary",))
OUT = ReportSignposted(to="101", because=NotOurs.NOT_POLICE)


@pytest.mark.parametrize(
    ("kind", "before", "event", "then"),
    [
        (OwedKind.ACKNOWLEDGEMENT, (PASSED,), ReportAcknowledged(), DutyStatus.MET),
        (OwedKind.ACKNOWLEDGEMENT, (PASSED,), ELSEWHERE, DutyStatus.LIFTED),
        (OwedKind.ACKNOWLEDGEMENT, (PASSED,), OUT, DutyStatus.LIFTED),
        (OwedKind.REFERRAL, (*COMPLAINT, SERIOUS), ReferredToIopc(kind=ReferralKind.MANDATORY), DutyStatus.MET),
        (OwedKind.REFERRAL, (*COMPLAINT, SERIOUS), ReferralNotMade(), DutyStatus.LIFTED),
        (OwedKind.OUTCOME_SENT, (*COMPLAINT, *CLOSED), OutcomeSent(), DutyStatus.MET),
        (
            OwedKind.COMPLAINT_REVIEW,
            (*COMPLAINT, *CLOSED, OutcomeSent(), ASKED_FOR),
            ComplaintReviewDecided(finding=ReviewFinding.NOT_UPHELD),
            DutyStatus.MET,
        ),
        (
            OwedKind.REVIEW_ACKNOWLEDGEMENT,
            (*COMPLAINT, *CLOSED, OutcomeSent(), ASKED_FOR),
            ReviewAcknowledged(),
            DutyStatus.MET,
        ),
        (
            OwedKind.REVIEW_ACKNOWLEDGEMENT,
            (*COMPLAINT, *CLOSED, OutcomeSent(), ASKED_FOR),
            ComplaintReviewDecided(finding=ReviewFinding.NOT_UPHELD),
            DutyStatus.LIFTED,
        ),
        (OwedKind.PROMISED_STATUS, (PROMISED,), StatusTold(status=PlainStatus.CLOSED), DutyStatus.MET),
    ],
)
def test_a_duty_ends_with_what_it_asks_for(
    kind: OwedKind, before: tuple[Event, ...], event: Event, then: DutyStatus
) -> None:
    now = datetime(2024, 5, 1, 12, tzinfo=UTC)
    open_ones = [owed for owed in given(received(), *before).state.owed if owed.kind is kind]
    assert [owed.status(now) for owed in open_ones] == [DutyStatus.OPEN]
    after = [owed for owed in given(received(), *before, event).state.owed if owed.kind is kind]
    assert after[0].status(now) is then
    assert not after[0].is_open
    late = happened(event, "2024-09-01T12:00:00Z")
    (missed, *_) = (owed for owed in given(received(), *before, late).state.owed if owed.kind is kind)
    assert missed.was_missed(datetime(2024, 9, 2, tzinfo=UTC))
    assert missed.status(now) is (DutyStatus.MET_LATE if then is DutyStatus.MET else then)


def test_an_overdue_acknowledgement_goes_to_somebody() -> None:
    found = only(given(received(), PASSED), OwedKind.ACKNOWLEDGEMENT)
    assert found.status(found.due) is DutyStatus.OPEN
    assert found.status(found.due + timedelta(microseconds=1)) is DutyStatus.OVERDUE
    assert found.escalate_to is not None
    assert found.stream("report-1") == found.stream("report-1") != found.stream("report-2")


def test_passing_it_on_again_starts_another_clock() -> None:
    first, second = given(received(), PASSED, ELSEWHERE).state.owed
    assert (first.about, first.is_open) == (FORCE, False)
    assert (second.about, second.is_open) == ("essex", True)


@each(day=st.dates(date(2023, 1, 1), date(2025, 12, 1)), body=st.sampled_from(ReviewBody))
def test_a_review_is_acknowledged_within_five_working_days_by_a_local_policing_body(
    day: date, body: ReviewBody
) -> None:
    asked = ReviewApplied(on=Moment.of(day.isoformat()), body=body)
    owed = given(received(), *COMPLAINT, *CLOSED, OutcomeSent(), asked).state.owed
    due = [each.due for each in owed if each.kind is OwedKind.REVIEW_ACKNOWLEDGEMENT]
    local = body is ReviewBody.LOCAL_POLICING_BODY
    assert due == ([last_instant(working_days_after(day, 5))] if local else [])


def test_every_kind_has_its_clock() -> None:
    kinds = {clock.kind for clock in rule_book().misconduct.clocks}
    own = {"acknowledgement", "referral", "outcome_sent", "promised_status", "complaint_review"}
    own |= {"review_acknowledgement"}
    assert kinds - {"review_application"} == own
    assert own | rule_book().proceedings[0].clocks.keys() == set(OwedKind)


def a_day_early(day: date, count: int) -> datetime:
    return last_instant(working_days_after(day, count - 1))


@pytest.mark.parametrize(
    ("where", "name", "wrong", "test"),
    [
        (clock, "end_of_working_day", a_day_early, test_an_acknowledgement_is_due_after_five_working_days),
        (clock, "end_of_working_day", a_day_early, test_an_outcome_is_sent_within_five_working_days),
        (
            clock,
            "end_of_working_day",
            a_day_early,
            test_a_review_is_acknowledged_within_five_working_days_by_a_local_policing_body,
        ),
        (
            clock,
            "end_of_day",
            lambda day: last_instant(day - timedelta(days=1)),
            test_a_referral_is_due_by_the_end_of_the_next_london_day,
        ),
        (
            duties,
            "end_of_day",
            lambda day: last_instant(day) - timedelta(hours=1),
            test_a_promised_day_is_kept_by_its_end,
        ),
    ],
)
def test_the_oracle_catches(
    where: ModuleType, name: str, wrong: object, test: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, name, wrong)
    with pytest.raises(AssertionError):
        test()
