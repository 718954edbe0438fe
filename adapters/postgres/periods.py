"""Periods of London days, and what they are called."""

from collections.abc import Callable
from datetime import date, timedelta

PERIODS = ("day", "week", "month", "quarter", "year", "financial_year")

APRIL = 4


def _financial_year(day: date) -> str:
    first = day.year if day.month >= APRIL else day.year - 1
    return f"{first}/{(first + 1) % 100:02}"


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


NAMES: dict[str, Callable[[date], str]] = {
    "day": date.isoformat,
    "week": _week,
    "month": lambda day: f"{day.year:04}-{day.month:02}",
    "quarter": lambda day: f"{day.year:04}-Q{(day.month + 2) // 3}",
    "year": lambda day: f"{day.year:04}",
    "financial_year": _financial_year,
}


def name_of(period: str, day: date) -> str:
    """What the period of a day is called: 2026-03-01, 2026-W09, 2026-03, 2026-Q1, 2026, 2025/26."""
    return NAMES[period](day)


def last_days(period: str, first: date, last: date) -> list[date]:
    """The last day of each period from that of `first` on that is over by `last`."""
    found: list[date] = []
    day = first
    while day < last:
        after = day + timedelta(days=1)
        if NAMES[period](after) != NAMES[period](day):
            found.append(day)
        day = after
    return found
