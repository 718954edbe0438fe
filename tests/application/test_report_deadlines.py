"""Which deadlines of a report were missed does not depend on when, or how often, somebody looks."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from report_scenario import COMPLAINT, entry, received

from domain.event import Event, RecordedEvent
from domain.misconduct import clocks, duties
from domain.misconduct.clocks import clocked
from domain.misconduct.closure import MatterClosed, MatterOutcome, OutcomeSent
from domain.misconduct.delay import DelayStatementSent, Item, Rests
from domain.misconduct.determination import DealtWith, MisconductCaseDetermined
from domain.misconduct.duties import Owed, OwedTo
from domain.misconduct.investigation import (
    Informed,
    InvestigationDiscontinued,
    InvestigationReported,
    MisconductInvestigationStarted,
    MisconductUpdateSent,
)
from domain.misconduct.mailbox import PlainStatus, StatusTold
from domain.misconduct.passing import ForceUnit, ReportAcknowledged, ReportPassed
from domain.misconduct.proceedings import (
    Chair,
    ProceedingsHeld,
    ProceedingsNotified,
    ProceedingsRemitted,
    ProceedingsReported,
)
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
from domain.misconduct.state import replay
from domain.owing import DutyStatus
from domain.rules import rule_book
from domain.values import MICROSECOND, Moment, instant

BEGIN = datetime(2024, 3, 28, 16, tzinfo=UTC)  # before Easter, and before the clocks change
STEPS = [timedelta(hours=23), timedelta(days=1), timedelta(days=12), timedelta(days=90), timedelta(days=400)]
REPORT = "report-1"
SET = "proceedings-2020"
FACTS: list[Event] = [
    ReportAcknowledged(),
    MandatoryCriterionIdentified(criterion="serious_corruption", clear_at=Moment.of("2024-05-01")),
    CalledInByIopc(notified_at=Moment.of("2024-06-01")),
    ReferredToIopc(kind=ReferralKind.MANDATORY),
    ReferralNotMade(),
    LocalHandlingStarted(),
    MatterClosed(outcome=MatterOutcome.RESOLVED),
    OutcomeSent(),
    ReviewApplied(on=Moment.of("2024-07-01"), body=ReviewBody.IOPC),
    ComplaintReviewDecided(finding=ReviewFinding.NOT_UPHELD),
    StatusTold(status=PlainStatus.BEING_LOOKED_AT, next_by=date(2024, 8, 1)),
    MisconductInvestigationStarted(investigator="psd-1"),
    MisconductUpdateSent(to=Informed.COMPLAINANT),
    DelayStatementSent(due=Moment.of("2025-01-01"), rests_on=(Rests(item=Item.ATTENTION, events=()),), rule_set=SET),
    InvestigationReported(opinions=()),
    InvestigationDiscontinued(),
    *(MisconductCaseDetermined(subject=1, by=by, rule_set=SET) for by in (DealtWith.MEETING, DealtWith.NO_CASE)),
    ProceedingsNotified(subject=1, form=DealtWith.MEETING),
    ProceedingsNotified(subject=1, form=DealtWith.ACCELERATED_HEARING),
    ProceedingsHeld(subject=1, form=DealtWith.MEETING, chair=Chair.MANAGER, findings=(), rule_set=SET),
    ProceedingsReported(subject=1),
    ProceedingsRemitted(subject=1),
    ReviewApplied(on=Moment.of("2024-07-01"), body=ReviewBody.LOCAL_POLICING_BODY),
    ReviewAcknowledged(),
]
PASSED = ReportPassed(force="kent", unit=ForceUnit.PSD, fields=())
acts = st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from(FACTS)), max_size=12)
Acts = list[tuple[timedelta, Event]]
Decides = Callable[[Owed, datetime], bool]


def history(told: Acts) -> list[RecordedEvent]:
    begun = (received(), *COMPLAINT)
    at, entries = BEGIN, [entry(number, event, instant(BEGIN)) for number, event in enumerate(begun, start=1)]
    for number, (after, event) in enumerate(told, start=len(begun) + 1):
        at += after
        entries.append(entry(number, event, instant(at)))
    return entries


def by_one_that_never_sleeps(entries: list[RecordedEvent], end: datetime) -> set[str]:
    """Every duty that was overdue at some moment, as the report was known at that moment."""
    found: set[str] = set()
    for number in range(1, len(entries) + 1):
        until = entries[number].at.earliest - MICROSECOND if number < len(entries) else end
        owed = clocked(replay(entries[:number]), rule_book(), until)
        found |= {each.stream(REPORT) for each in owed if each.status(until) is DutyStatus.OVERDUE}
    return found


def by_one_that_looks_at_last(entries: list[RecordedEvent], end: datetime, missed: Decides) -> set[str]:
    return {each.stream(REPORT) for each in clocks.all_owed(replay(entries), rule_book()) if missed(each, end)}


def must_be_the_same(told: Acts, rest: timedelta, missed: Decides) -> None:
    entries = history(told)
    end = entries[-1].at.earliest + rest
    assert by_one_that_looks_at_last(entries, end, missed) == by_one_that_never_sleeps(entries, end)


@given(acts, st.sampled_from(STEPS))
def test_a_late_look_finds_what_one_that_never_slept_has_found(told: Acts, rest: timedelta) -> None:
    kinds = [type(event) for _, event in told]
    begun = kinds.index(MisconductInvestigationStarted) if MisconductInvestigationStarted in kinds else len(kinds)
    assume(DelayStatementSent not in kinds[:begun])  # no statement is sent of what has not begun
    must_be_the_same(told, rest, Owed.was_missed)


def test_a_look_that_forgets_what_was_met_too_late_is_noticed() -> None:
    """Negative control: one that goes by what is overdue at that moment only."""

    @given(acts, st.sampled_from(STEPS))
    def forgets(told: Acts, rest: timedelta) -> None:
        must_be_the_same(told, rest, lambda owed, now: owed.status(now) is DutyStatus.OVERDUE)

    with pytest.raises(AssertionError):
        forgets()


def test_a_state_that_drops_what_is_over_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: what is no longer owed has been owed."""
    sound = duties.evolve

    def drops(owed: OwedTo, *rest: Any) -> OwedTo:
        return tuple(each for each in sound(owed, *rest) if each.lifted_by is None)

    monkeypatch.setattr(duties, "evolve", drops)
    with pytest.raises(AssertionError):
        test_a_late_look_finds_what_one_that_never_slept_has_found()


def test_a_remitted_hearing_is_owed_anew_and_was_not_missed_for_it() -> None:
    day = timedelta(days=1)
    notified, held = FACTS[18], FACTS[20]
    entries = history([(day, notified), (day, held), (day, FACTS[21]), (60 * day, FACTS[22])])
    meetings = [each for each in replay(entries).owed if each.kind.value == "meeting"]
    now = entries[-1].at.earliest
    assert [each.status(now) for each in meetings] == [DutyStatus.MET, DutyStatus.OPEN]
    assert not any(each.was_missed(now) for each in meetings)
