"""Which deadlines were missed does not depend on when, or how often, somebody looks."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from duty_histories import FACTS
from hypothesis import given
from hypothesis import strategies as st
from scenario import entry, reported

from domain.case.duties import Duty
from domain.case.state import replay
from domain.event import Event, RecordedEvent
from domain.owing import DutyStatus
from domain.values import MICROSECOND, instant

BEGIN = datetime(2024, 3, 28, 16, tzinfo=UTC)  # before Easter, and before the clocks change
STEPS = [timedelta(minutes=1), timedelta(hours=23), timedelta(days=1), timedelta(days=3), timedelta(days=12)]
acts = st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from(FACTS)), max_size=10)
Acts = list[tuple[timedelta, Event]]
Decides = Callable[[Duty, datetime], bool]


def history(told: Acts) -> list[RecordedEvent]:
    entries = [entry(1, reported(str(instant(BEGIN))), instant(BEGIN))]
    at = BEGIN
    for number, (after, event) in enumerate(told, start=2):
        at += after
        entries.append(entry(number, event, instant(at)))
    return entries


def by_one_that_never_sleeps(entries: list[RecordedEvent], end: datetime) -> set[str]:
    """Every duty that was overdue at some moment, as the case was known at that moment."""
    found: set[str] = set()
    for number in range(1, len(entries) + 1):
        until = entries[number].at.earliest - MICROSECOND if number < len(entries) else end
        duties = replay(entries[:number]).duties
        found |= {duty.stream("case-1") for duty in duties if duty.status(until) is DutyStatus.OVERDUE}
    return found


def by_one_that_looks_at_last(entries: list[RecordedEvent], end: datetime, missed: Decides) -> set[str]:
    return {duty.stream("case-1") for duty in replay(entries).duties if missed(duty, end)}


def must_be_the_same(told: Acts, rest: timedelta, missed: Decides) -> None:
    entries = history(told)
    end = entries[-1].at.earliest + rest
    assert by_one_that_looks_at_last(entries, end, missed) == by_one_that_never_sleeps(entries, end)


@given(acts, st.sampled_from(STEPS))
def test_a_late_look_finds_what_one_that_never_slept_has_found(told: Acts, rest: timedelta) -> None:
    must_be_the_same(told, rest, Duty.was_missed)


def test_a_look_that_forgets_what_was_met_too_late_is_noticed() -> None:
    """Negative control: one that goes by what is overdue at that moment only."""

    @given(acts, st.sampled_from(STEPS))
    def forgets(told: Acts, rest: timedelta) -> None:
        must_be_the_same(told, rest, lambda duty, now: duty.status(now) is DutyStatus.OVERDUE)

    with pytest.raises(AssertionError):
        forgets()


def test_a_duty_has_one_stream_for_ever() -> None:
    [duty] = replay(history([])).duties
    assert duty.stream("case-1") == duty._replace(due=duty.due + timedelta(days=1)).stream("case-1")
    others = [duty.stream("case-2"), duty._replace(opened_by=UUID(int=9)).stream("case-1")]
    assert len({duty.stream("case-1"), *others}) == 3
