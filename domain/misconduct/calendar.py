"""Calendar days and months of London, as the clocks of a misconduct investigation count them."""

from calendar import monthrange
from datetime import date, datetime, timedelta

from domain.values import LAST, MICROSECOND, Moment, london_midnight

DAY = timedelta(days=1)


def months_after(day: date, months: int) -> date:
    """The same day so many calendar months later; the last of the month where it has no such day (29 Feb: 28 Feb)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def end_of_day(day: date) -> datetime:
    """The last instant (UTC) of a London day."""
    return min(london_midnight(day + DAY) - MICROSECOND, LAST) if day < LAST.date() else LAST


def on_day(day: date) -> Moment:
    """The London day as a moment."""
    return Moment.of(day.isoformat())
