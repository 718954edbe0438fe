"""The statement on a long investigation: whole or refused, and due to the day, against a calendar of its own."""

from calendar import isleap
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from duty_oracle import is_working_day, london_day
from long_investigations import HORIZON, Life, history_of, lives
from report_scenario import COMPLAINT, Given, given, received

from domain.event import Event
from domain.misconduct import clocks, delay_due
from domain.misconduct.clocks import clocked
from domain.misconduct.delay import DelayStatementSent, Item
from domain.misconduct.delay_facts import (
    DelayExplained,
    ExplainDelay,
    NoteProgress,
    PlanSteps,
    ProgressNoted,
    StepsPlanned,
)
from domain.misconduct.delay_statement import (
    COPY_OR_REASON,
    MISSING,
    STATEMENT_IS_DUE,
    STATES_ATTENTION,
    STATES_ESTIMATE,
    STATES_NOTICE,
    STATES_PROGRESS,
    STATES_REASONS,
    STATES_STEPS,
    SendDelayStatement,
    draft_delay_statement,
)
from domain.misconduct.duties import Owed, OwedKind
from domain.misconduct.estimate import ESTIMATE_LIES_AHEAD, EstimateGiven, GiveEstimate
from domain.misconduct.investigation import (
    Inquiry,
    MisconductInvestigationStarted,
)
from domain.misconduct.notice import LikelyForm, MisconductNoticeServed
from domain.misconduct.severity import Severity, SeverityAssessed
from domain.rules import rule_book
from domain.values import Moment

STARTED = MisconductInvestigationStarted(investigator="psd-1")
ASSESSED = SeverityAssessed(subject=1, severity=Severity.MISCONDUCT)
SERVED = MisconductNoticeServed(subject=1, likely=LikelyForm.MEETING)
PROGRESS = ProgressNoted(progress="Half of it.")
ESTIMATE = EstimateGiven(ends=Moment.of("2025-09-01"), reports=Moment.of("2025-10-01"))
REASONS = DelayExplained(because="Many witnesses.")
STEPS = StepsPlanned(steps="Ask them.")
SAID: tuple[Event, ...] = (PROGRESS, ESTIMATE, REASONS, STEPS)
A_YEAR_ON = "2025-04-20T10:00:00Z"
SEND = SendDelayStatement()


def investigated(*facts: Event) -> Given:
    return given(received(), *COMPLAINT, STARTED, ASSESSED, SERVED, *facts)


def without(*left_out: Event) -> Given:
    """All that the statement rests on, but for these; they came to attention when the report was passed on."""
    return given(
        received(),
        *(each for each in (*COMPLAINT, STARTED, ASSESSED, SERVED, *SAID) if each not in left_out),
    )


def test_a_statement_is_drafted_from_the_events_and_sent() -> None:
    history = investigated(*SAID)
    draft = draft_delay_statement(history.state)
    day = date(2024, 5, 1)
    assert (draft.attention, draft.notices, draft.estimate) == (day, ((1, day),), ESTIMATE)
    assert (draft.progress, draft.reasons, draft.steps) == ("Half of it.", "Many witnesses.", "Ask them.")
    assert draft.missing == ()
    by_id = {each.event_id: each.event for each in history.entries}
    stated = {each.item: [type(by_id[event]).__name__ for event in each.events] for each in draft.rests_on}
    assert stated == {
        Item.ATTENTION: ["ReportPassed"],
        Item.NOTICE: ["MisconductNoticeServed"],
        Item.PROGRESS: ["ProgressNoted"],
        Item.ESTIMATE: ["EstimateGiven"],
        Item.REASONS: ["DelayExplained"],
        Item.STEPS: ["StepsPlanned"],
    }
    sent = history.when(SEND, at=A_YEAR_ON).then(
        DelayStatementSent(due=Moment.of("2025-05-01"), rests_on=draft.rests_on, rule_set="proceedings-2020")
    )
    assert draft_delay_statement(sent.state).missing == (Item.PROGRESS, Item.ESTIMATE, Item.REASONS, Item.STEPS)


def refused_without(left_out: Event, rule: Any, item: Item) -> None:
    history = without(left_out)
    assert draft_delay_statement(history.state).missing == (item,)
    history.when(SEND, at=A_YEAR_ON).refused(rule)


def test_delay_statement_states_attention() -> None:
    # No report that is investigated lacks it; the rule guards a draft of one that does.
    history = without()
    nowhere = [each for each in history.entries if type(each.event).__name__ != "ReportPassed"]
    assert draft_delay_statement(Given(tuple(nowhere)).state).missing == (Item.ATTENTION,)
    assert MISSING.get(Item.ATTENTION) is STATES_ATTENTION


def test_delay_statement_states_notice() -> None:
    refused_without(SERVED, STATES_NOTICE, Item.NOTICE)
    second = SeverityAssessed(subject=2, severity=Severity.GROSS_MISCONDUCT)
    investigated(second, *SAID).when(SEND, at=A_YEAR_ON).refused(STATES_NOTICE)
    neither = SeverityAssessed(subject=2, severity=Severity.NEITHER)
    investigated(neither, *SAID).when(SEND, at=A_YEAR_ON).goes_through()


def test_delay_statement_states_progress() -> None:
    refused_without(PROGRESS, STATES_PROGRESS, Item.PROGRESS)


def test_delay_statement_states_estimate() -> None:
    refused_without(ESTIMATE, STATES_ESTIMATE, Item.ESTIMATE)


def test_delay_statement_states_reasons() -> None:
    refused_without(REASONS, STATES_REASONS, Item.REASONS)


def test_delay_statement_states_steps() -> None:
    refused_without(STEPS, STATES_STEPS, Item.STEPS)


def test_what_was_stated_before_is_stated_anew() -> None:
    once = investigated(*SAID).when(SEND, at=A_YEAR_ON).goes_through()
    later = "2025-10-20T10:00:00Z"
    once.when(SEND, at=later).refused(STATES_PROGRESS)
    said: Given = once
    for command in (
        NoteProgress(progress="More."),
        GiveEstimate(ends=Moment.of("2026-01"), reports=Moment.of("2026-02")),
        ExplainDelay(because="Still."),
        PlanSteps(steps="The last ones."),
    ):
        said = said.when(command, at=later).goes_through()
    assert said.when(SEND, at=later).goes_through().entries[-1].event.due == Moment.of("2025-11-01")


def test_delay_statement_is_due() -> None:
    whole = investigated(*SAID)
    whole.when(SEND, at="2025-04-02T22:59:00Z").refused(STATEMENT_IS_DUE)
    whole.when(SEND, at="2025-04-02T23:00:00Z").goes_through()


def test_statement_is_copied_or_withheld() -> None:
    whole = investigated(*SAID)
    whole.when(SendDelayStatement(copied=False), at=A_YEAR_ON).refused(COPY_OR_REASON)
    whole.when(SendDelayStatement(withheld_because="Harm."), at=A_YEAR_ON).refused(COPY_OR_REASON)
    whole.when(SendDelayStatement(copied=False, withheld_because="Harm."), at=A_YEAR_ON).goes_through()


def test_estimate_lies_ahead() -> None:
    for ends, reports in (("2025-04-19", "2025-06-01"), ("2025-06-02", "2025-06-01")):
        guess = GiveEstimate(ends=Moment.of(ends), reports=Moment.of(reports))
        investigated().when(guess, at=A_YEAR_ON).refused(ESTIMATE_LIES_AHEAD)
    investigated().when(GiveEstimate(ends=Moment.of("2025-04-20"), reports=Moment.of("2025-04-20")), at=A_YEAR_ON)


def naive_due(first: date, months: int) -> date:
    """Month by month on the wall calendar; a day that the last month does not have is its last."""
    year, month = first.year, first.month
    for _ in range(months):
        month += 1
        if month == 13:
            year, month = year + 1, 1
    lengths = [31, 29 if isleap(year) else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return date(year, month, min(first.day, lengths[month - 1]))


def naive(life: Life, now: datetime) -> list[tuple[date, date | None]]:
    """Each day by whose end a statement was due until now, and the day on which the one that answers it was sent."""
    first = london_day(life.attention) if isinstance(life.attention, datetime) else life.attention
    found: list[tuple[date, date | None]] = []
    for months in range(12, 12 * 20, 6):
        due = naive_due(first, months)
        if due > london_day(now):
            break
        begun = [(london_day(a), london_day(b) if b else date.max) for a, b in life.spans]
        complete = all(until <= due or since > due for since, until in begun) and any(b <= due for _, b in begun)
        if complete:
            continue
        in_time = [london_day(at) for at in life.sent if (due - london_day(at)).days <= 28]
        found.append((due, in_time[0] if in_time else None))
    return found


def reckoned(life: Life, now: datetime) -> list[tuple[date, date | None]]:
    """The same as the system has it."""
    owed = [each for each in clocked(history_of(life).state, rule_book(), now) if each.kind is OwedKind.DELAY_STATEMENT]
    assert all(each.due == end_of(london_day(each.due)) for each in owed), "not the last instant of a London day"
    return [(london_day(each.due), _day_met(each)) for each in owed if london_day(each.due) <= london_day(now)]


def end_of(day: date) -> datetime:
    """The last instant of the London day, found by stepping back from well after it."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1, hours=2)
    while london_day(at) != day:
        at -= timedelta(minutes=30)
    return at + timedelta(minutes=30) - timedelta(microseconds=1)


def _day_met(owed: Owed) -> date | None:
    return london_day(owed.met_at.earliest) if owed.met_at is not None else None


def all_agree(count: int) -> int:
    found = 0
    for life in lives(count):
        expected = naive(life, HORIZON)
        assert reckoned(life, HORIZON) == expected, life
        found += len(expected)
    return found


def test_every_due_date_of_500_investigations_is_right_to_the_day() -> None:
    found = all_agree(500)
    assert found > 1500
    dues = [due for life in lives(500) for due, _ in naive(life, HORIZON)]
    met = [sent for life in lives(500) for _, sent in naive(life, HORIZON)]
    assert date(2025, 2, 28) in dues
    assert date(2028, 2, 29) in dues
    assert sum(not is_working_day(due) for due in dues) > 100, "weekends and bank holidays are among them"
    assert 0 < sum(sent is None for sent in met) < len(met)


Plant = Callable[[pytest.MonkeyPatch], None]


def months_of_thirty_days(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(delay_due, "months_after", lambda day, months: day + timedelta(days=round(months * 30.44)))


def days_that_drift(patch: pytest.MonkeyPatch) -> None:
    real = delay_due.months_after

    def dues(first: date, clock: Any) -> Iterator[date]:
        due = real(first, clock.months)
        while True:
            yield due
            due = real(due, clock.then_months)

    patch.setattr(delay_due, "due_days", dues)


def days_that_wait_for_a_working_day(patch: pytest.MonkeyPatch) -> None:
    real = delay_due.months_after

    def after(day: date, months: int) -> date:
        due = real(day, months)
        while not is_working_day(due):
            due += timedelta(days=1)
        return due

    patch.setattr(delay_due, "months_after", after)


def days_of_greenwich(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Moment, "london_date", property(lambda moment: moment.earliest.date()))


def a_clock_that_stands_with_the_investigation(patch: pytest.MonkeyPatch) -> None:
    real = delay_due.owed_statements

    def owed(delay: Any, inquiry: Inquiry, *rest: Any) -> Iterator[Any]:
        stood = sum(((pause.until.earliest - pause.since.earliest).days for pause in inquiry.suspensions), 0)
        return (each._replace(due=each.due + timedelta(days=stood)) for each in real(delay, inquiry, *rest))

    patch.setattr(clocks, "owed_statements", owed)


def ended_is_owed_all_the_same(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(delay_due, "_over_on", lambda inquiry, day: False)


def any_statement_will_do(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(delay_due, "_covers", lambda told, clock: date.max)


@pytest.mark.parametrize(
    "plant",
    [
        months_of_thirty_days,
        days_that_drift,
        days_that_wait_for_a_working_day,
        days_of_greenwich,
        a_clock_that_stands_with_the_investigation,
        ended_is_owed_all_the_same,
        any_statement_will_do,
    ],
)
def test_the_calendar_of_its_own_catches(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        all_agree(60)
