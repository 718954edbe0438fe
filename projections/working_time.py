"""Working days between two London days, counted and not walked."""

from datetime import date, timedelta
from functools import cache, lru_cache

from domain.rules.working_days import is_working_day
from domain.values import Moment

DAY = timedelta(days=1)


def working_days_between(start: date, end: date) -> int:
    """Working days in England and Wales after `start` up to and with `end`; 0 if `end` is not later."""
    return max(_upto(end) - _upto(start), 0)


def working_days(start: Moment, end: Moment) -> int:
    """The same between two moments known at least to the day."""
    return working_days_between(start.london_date, end.london_date)


@lru_cache(maxsize=65536)
def _upto(day: date) -> int:
    """Working days since the beginning of the calendar; the first year is as good as any to begin with."""
    return _before(day.year) + _in_year(day.year)[day.timetuple().tm_yday]


@cache
def _before(year: int) -> int:
    return 0 if year <= 1900 else _before(year - 1) + _in_year(year - 1)[-1]


@cache
def _in_year(year: int) -> tuple[int, ...]:
    """Working days of the year up to its nth day, by n; 0 on day 0."""
    counts = [0]
    day = date(year, 1, 1)
    while day.year == year and day < date.max:
        counts.append(counts[-1] + is_working_day(day))
        day += DAY
    return tuple(counts) if len(counts) > 365 else (*counts, counts[-1])
