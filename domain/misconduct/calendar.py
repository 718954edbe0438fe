"""Calendar days and months of London, as the clocks of a misconduct investigation count them."""

from calendar import monthrange
from datetime import date

from domain.event import Act
from domain.values import Moment, Precision


def months_after(day: date, months: int) -> date:
    """The same day so many calendar months later; the last of the month where it has no such day (29 Feb: 28 Feb)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def can_start_a_clock(moment: Moment, act: Act) -> bool:
    """Whether it has come; at the live door its day must be known, for a month would give a clock of days weeks."""
    return moment.earliest <= act.at and not (act.at_the_live_door and moment.precision is Precision.MONTH)


def on_day(day: date) -> Moment:
    """The London day as a moment."""
    return Moment.of(day.isoformat())
