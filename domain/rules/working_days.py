"""Working days in England and Wales: not a Saturday, a Sunday, Christmas Day, Good Friday or a bank holiday."""

from collections.abc import Container
from datetime import date, datetime, timedelta
from functools import cache, lru_cache

from domain.values import LAST, LONDON, end_of_day

SATURDAY = 5
DAY = timedelta(days=1)


@cache
def _bank_holidays() -> Container[date]:
    import holidays  # here, because it takes its time and most commands need no working day

    return holidays.country_holidays("GB", subdiv="ENG")


def is_working_day(day: date) -> bool:
    """Whether the London day is a working day (SI 2018/748; assumed the same elsewhere)."""
    return day.weekday() < SATURDAY and day not in _bank_holidays()


def end_of_the_day(at: datetime) -> datetime:
    """The last instant (UTC) of the London day of `at`, or of the first working day after it if it is none."""
    day = min(at, LAST).astimezone(LONDON).date()
    return end_of_working_day(day - DAY, 1)


@lru_cache(maxsize=65536)
def end_of_working_day(start: date, count: int) -> datetime:
    """The last instant (UTC) of the `count`th working day after the London day `start`."""
    day, left = start, count
    while left > 0 and day < LAST.date():
        day += DAY
        left -= is_working_day(day)
    return end_of_day(day)
