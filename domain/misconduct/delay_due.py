"""When the statement on a long investigation is due: after 12 months and every 6 from then on, to the London day."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from typing import NamedTuple

from domain.misconduct.calendar import months_after
from domain.misconduct.delay import Delay
from domain.misconduct.investigation import Inquiry, Told
from domain.rules.clock import Clock

CLOCK = "delay_statement"


def due_days(attention: date, clock: Clock) -> Iterator[date]:
    """The London days by whose end a statement is due, without end: each counted from the first day, so none drifts."""
    return (months_after(attention, clock.months + number * clock.then_months) for number in count())


class Statement(NamedTuple):
    """A statement that is owed: the day by whose end, and the one sent that answers it."""

    due: date
    sent: Told | None


def owed_statements(delay: Delay, inquiry: Inquiry, clock: Clock, until: date) -> Iterator[Statement]:
    """The statements owed by the day `until`, and the one after: while the investigation, once begun, had not ended."""
    if delay.attention is None or not inquiry.spans:
        return
    for due in due_days(delay.attention.at.london_date, clock):
        if not _over_on(inquiry, due):
            yield Statement(due, next((told for told in delay.sent if _covers(told, clock) >= due), None))
        if due > until:
            return


def _over_on(inquiry: Inquiry, day: date) -> bool:
    """Whether on that day one investigation had ended and no other begun."""
    before = [span for span in inquiry.spans if span.until is not None and span.until.london_date <= day]
    return bool(before) and not any(
        span.since.london_date <= day and (span.until is None or span.until.london_date > day) for span in inquiry.spans
    )


def _covers(told: Told, clock: Clock) -> date:
    """The last due day that a statement answers."""
    return told.at.london_date + timedelta(days=clock.lead_days)


def next_due(delay: Delay, clock: Clock) -> date | None:
    """The first day by whose end a statement is due that no statement answers."""
    if delay.attention is None:
        return None
    answered = max((_covers(told, clock) for told in delay.sent), default=date.min)
    return next(due for due in due_days(delay.attention.at.london_date, clock) if due > answered)
