"""Due dates and where duties stand, against an oracle that reckons each of them anew from the rules as written."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duty_oracle
import pytest
from hypothesis import Phase, settings
from hypothesis import given as every
from hypothesis import strategies as st
from scenario import entry, reported

from domain.case import duties, linking
from domain.case.cancellation import (
    CancellationApproved,
    CancellationRequested,
    CancellationReversed,
    TransferAccepted,
    TransferRequested,
)
from domain.case.classification import ReceiptEstablished
from domain.case.closure import ReviewDecided, ReviewRequested
from domain.case.duties import DutyKind, DutyPaused, DutyResumed
from domain.case.investigation import InvestigationDeclined, InvestigationUpdated, KeyEvent
from domain.case.linking import CaseLinked, CaseUnlinked
from domain.case.notices import About
from domain.case.outcome import OutcomeAssigned
from domain.case.recording import CrimeRecorded, N100Recorded, Receipt, RecordingDeclined
from domain.case.state import replay
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
from domain.event import Event, RecordedEvent
from domain.rules import working_days
from domain.values import Moment, instant

OTHER = "case-00000000-0000-4000-8000-000000000002"
ENHANCED = NeedsAssessed(grounds=(EntitlementGround.VULNERABLE_OR_INTIMIDATED,))


@pytest.mark.parametrize("year", range(1996, 2041))
def test_the_library_closes_the_banks_on_the_days_that_the_law_names(year: int) -> None:
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    differ = [day for day in days if working_days.is_working_day(day) != duty_oracle.is_working_day(day)]
    assert differ == []


@pytest.mark.parametrize(
    ("start", "count", "last"),
    [
        ("2024-03-01", 5, "2024-03-08T23:59:59.999999Z"),  # a Friday
        ("2024-03-02", 1, "2024-03-04T23:59:59.999999Z"),  # a Saturday
        ("2024-03-27", 2, "2024-04-02T22:59:59.999999Z"),  # Good Friday, Easter Monday, summer time
        ("2024-03-28", 1, "2024-04-02T22:59:59.999999Z"),
        ("2024-10-25", 1, "2024-10-28T23:59:59.999999Z"),  # the clocks go back on the Sunday
        ("2021-12-24", 1, "2021-12-29T23:59:59.999999Z"),  # Christmas at the weekend: two substitute days
        ("2022-12-23", 1, "2022-12-28T23:59:59.999999Z"),
        ("2023-12-29", 1, "2024-01-02T23:59:59.999999Z"),
        ("2022-06-01", 1, "2022-06-06T22:59:59.999999Z"),  # the Jubilee: a moved holiday and one more
        ("2022-09-16", 1, "2022-09-20T22:59:59.999999Z"),  # the late Queen's funeral
        ("2023-05-05", 1, "2023-05-09T22:59:59.999999Z"),  # the coronation
        ("2020-05-04", 5, "2020-05-12T22:59:59.999999Z"),  # the early May holiday on a Friday that year
        ("2024-07-01", 0, "2024-07-01T22:59:59.999999Z"),
    ],
)
def test_working_days_end_at_midnight_in_london(start: str, count: int, last: str) -> None:
    expected = Moment.of(last).earliest
    assert working_days.end_of_working_day(date.fromisoformat(start), count) == expected
    assert duty_oracle.last_instant(date.fromisoformat(start), count) == expected


starts = st.one_of(
    st.datetimes(datetime(2010, 1, 1), datetime(2028, 12, 31)),
    st.sampled_from(
        [
            datetime(2015, 3, 30, 22, 30),  # around the change from 72 hours to 24, in summer time
            datetime(2015, 3, 31, 22, 59, 59),
            datetime(2015, 3, 31, 23),
            datetime(2021, 3, 31, 22, 59, 59),
            datetime(2024, 3, 30, 12),
            datetime(2024, 10, 26, 23, 30),
            datetime(2021, 12, 24, 23, 59, 59),
            datetime(2024, 3, 28, 12),
        ]
    ),
)
gaps = st.one_of(
    st.sampled_from([timedelta(), timedelta(seconds=1), timedelta(hours=24), timedelta(hours=24, seconds=1)]),
    st.timedeltas(timedelta(), timedelta(days=20)),
)
kinds = st.sampled_from([DutyKind.VICTIM_TOLD, DutyKind.UPDATE, DutyKind.SUPPORT_REFERRAL, DutyKind.OUTCOME_REVIEW])
events: st.SearchStrategy[Event] = st.one_of(
    st.sampled_from(
        [
            RecordingDeclined(reason="no_crime_in_law"),
            N100Recorded(sub_code=1),
            CancellationRequested(code="C4", error="e"),
            CancellationApproved(),
            CancellationReversed(),
            TransferRequested(to_force="kent"),
            TransferAccepted(their_reference="K/1"),
            InvestigationDeclined(),
            OutcomeAssigned(outcome=18),
            ReviewRequested(of="outcome"),
            ReviewDecided(result="upheld"),
            CaseLinked(under=OTHER, kind="duplicate"),
            CaseUnlinked(under=OTHER),
            NeedsAssessed(),
            ENHANCED,
            SupportReferralMade(),
            SupportReferralDeclined(reason=NoReferral.NOT_WANTED),
        ]
    ),
    st.builds(CrimeRecorded, offence=st.just("8N")),
    st.builds(InvestigationUpdated, what=st.sampled_from(KeyEvent)),
    st.builds(VictimInformed, about=st.sampled_from(About)),
    st.builds(VictimNoticeWaived, about=st.sampled_from(About), reason=st.sampled_from(NoNotice)),
    st.builds(DutyPaused, duty=kinds),
    st.builds(DutyResumed, duty=kinds),
)


@st.composite
def histories(draw: st.DrawFn) -> list[RecordedEvent]:
    """The life of a case from its report on, its times exact, to the minute or to the day, some of it from a file."""
    at = draw(starts).replace(tzinfo=UTC)
    received = draw(st.sampled_from([instant(at), Moment.of(at.isoformat(timespec="minutes")), _day(at)]))
    receipt = draw(st.sampled_from(Receipt))
    found = [entry(1, reported(str(received), receipt=receipt), instant(at), imported=draw(st.integers(0, 3)) == 0)]
    for number in range(2, draw(st.integers(2, 9))):
        at += draw(gaps)
        event = draw(events)
        if receipt is Receipt.CLAIMED and draw(st.integers(0, 5)) == 0:
            anew = reported(str(instant(at - draw(gaps))))
            event = ReceiptEstablished(received_at=anew.received_at, record_by=anew.record_by, rule_set=anew.rule_set)
        if isinstance(event, VictimInformed) and draw(st.booleans()):
            event = event.model_copy(update={"of_event": draw(st.sampled_from(found)).event_id})
        moment = draw(st.sampled_from([instant(at), instant(at), _day(at)]))
        told = entry(number, event, moment, imported=draw(st.integers(0, 5)) == 0)
        if told.source is not None:  # a file is read at once, or when all is long over
            told = told._replace(written_at=told.written_at - draw(st.sampled_from([0, 3650])) * timedelta(days=1))
        found.append(told)
    return found


def _day(at: datetime) -> Moment:
    return Moment.of(instant(at).london_date.isoformat())


def derived(history: Sequence[RecordedEvent], now: datetime) -> list[duty_oracle.Owed]:
    """What the domain derives, in the words of the oracle."""
    return [
        duty_oracle.Owed(
            str(duty.kind),
            None if duty.about is None else str(duty.about),
            duty.opened_by,
            duty.due,
            duty.rule_set,
            str(duty.status(now)),
        )
        for duty in replay(history).duties
    ]


def agree(example: tuple[list[RecordedEvent], timedelta]) -> None:
    history, later = example
    now = history[-1].at.latest + later
    assert derived(history, now) == duty_oracle.owed(history, now)


examples = st.tuples(histories(), st.timedeltas(timedelta(), timedelta(days=60)))


@every(examples)
@settings(max_examples=600, deadline=None)
def test_what_is_owed_and_by_when_is_what_the_rules_say(example: tuple[list[RecordedEvent], timedelta]) -> None:
    agree(example)


Plant = Callable[[pytest.MonkeyPatch], None]


def days_that_count_every_day(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(working_days, "is_working_day", lambda day: True)
    patch.setattr(duties, "end_of_working_day", working_days.end_of_working_day.__wrapped__)


def holidays_that_nobody_keeps(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(working_days, "is_working_day", lambda day: day.weekday() < 5)
    patch.setattr(duties, "end_of_working_day", working_days.end_of_working_day.__wrapped__)


def days_that_end_at_midnight_utc(patch: pytest.MonkeyPatch) -> None:
    def end(start: date, count: int) -> datetime:
        day = working_days.end_of_working_day(start, count).astimezone(duty_oracle.LONDON).date()
        return datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC) - timedelta(microseconds=1)

    patch.setattr(duties, "end_of_working_day", end)


def an_entitlement_that_comes_too_late(patch: pytest.MonkeyPatch) -> None:
    real = duties._counted
    patch.setattr(duties, "_counted", lambda *args, enhanced: real(*args, enhanced=False))


def a_pause_that_adds_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(duties, "_resumed", lambda duty, at: duty._replace(paused_at=None))


def a_link_that_lifts_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(duties, "CaseLinked", linking.UnlinkCase)


def history_that_opens_what_is_over(patch: pytest.MonkeyPatch) -> None:
    real = duties._opened
    patch.setattr(
        duties, "_opened", lambda told, case: (d._replace(due=max(d.due, told.written_at)) for d in real(told, case))
    )


def a_minute_of_grace(patch: pytest.MonkeyPatch) -> None:
    real = duties.Duty.status
    patch.setattr(
        duties.Duty, "status", lambda duty, now: real(duty._replace(due=duty.due + timedelta(minutes=1)), now)
    )


def a_receipt_that_starts_no_clock(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(duties, "ReceiptEstablished", linking.UnlinkCase)


def a_notice_of_one_event_that_ends_all(patch: pytest.MonkeyPatch) -> None:
    real = duties.evolve

    def evolve(found: Any, told: RecordedEvent, case: Any) -> Any:
        if isinstance(told.event, VictimInformed):
            told = told._replace(event=told.event.model_copy(update={"of_event": None}))
        return real(found, told, case)

    patch.setattr(duties, "evolve", evolve)


@pytest.mark.parametrize(
    "plant",
    [
        days_that_count_every_day,
        holidays_that_nobody_keeps,
        days_that_end_at_midnight_utc,
        an_entitlement_that_comes_too_late,
        a_pause_that_adds_nothing,
        a_link_that_lifts_nothing,
        history_that_opens_what_is_over,
        a_minute_of_grace,
        a_receipt_that_starts_no_clock,
        a_notice_of_one_event_that_ends_all,
    ],
)
def test_the_oracle_notices(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    quick = settings(max_examples=3000, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    with pytest.raises(AssertionError):
        quick(every(examples)(agree))()
