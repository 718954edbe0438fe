"""Columns as arrays that grow at their end: texts by their codes, times in microseconds, numbers, and London days."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from domain.values import LONDON

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Days = NDArray[np.int32]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

NEVER = np.int64(np.iinfo(np.int64).min)
"""A time that is not known."""
NO_DAY = np.int32(np.iinfo(np.int32).min)
OPEN_END = np.int64(np.iinfo(np.int64).max)
"""Where a version ends that has not ended."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_DAY = date(1970, 1, 1).toordinal()
A_DAY = 86_400_000_000
FIRST_YEAR, LAST_YEAR = 1848, 2200  # from when London has kept whole hours of Greenwich, to when nobody knows


class Growing:
    """An array that grows at its end; whoever holds an earlier view of it keeps what they saw."""

    def __init__(self, dtype: Any) -> None:
        self._array: NDArray[Any] = np.empty(0, dtype)
        self._size = 0

    def extend(self, more: "NDArray[Any]") -> None:
        """Add at the end."""
        size = self._size + len(more)
        if size > len(self._array):
            larger = np.empty(max(size, self._size * 5 // 4), self._array.dtype)
            larger[: self._size] = self._array[: self._size]
            self._array = larger
        self._array[self._size : size] = more
        self._size = size

    def view(self) -> "NDArray[Any]":
        """What there is."""
        return self._array[: self._size]


class Texts:
    """The texts of a column and their codes, in order of appearance; code 0 is no text."""

    def __init__(self) -> None:
        self.values: list[str | None] = [None]
        self._codes: dict[str | None, int] = {None: 0}

    def code(self, text: str | None) -> int:
        """The code of a text, which gets one if it has none."""
        found = self._codes.get(text)
        if found is None:
            found = self._codes[text] = len(self.values)
            self.values.append(text)
        return found

    def find(self, text: str | None) -> int:
        """The code of a text; -1 if no row has it."""
        return self._codes.get(text, -1)


class Column(Protocol):
    """How one column is read from a page of CSV and kept."""

    select: str
    arrow: Any

    def take(self, page: Any, order: "NDArray[Any]") -> None:
        """Add the values of a page, in that order."""
        ...


def micros(at: datetime) -> int:
    """Microseconds since 1970, of a time in UTC."""
    return (at - EPOCH) // timedelta(microseconds=1)


def london_days(times: Ints) -> Days:
    """The London day of each time, as days since 1970; `NO_DAY` where it is not known."""
    changes, shifts = _shifts()
    shifted = times + shifts[np.searchsorted(changes, times, side="right")]
    return np.where(times == NEVER, NO_DAY, shifted // A_DAY).astype(np.int32)


@cache
def _shifts() -> tuple[Ints, Ints]:
    """When London's clocks are changed, and by how much they are ahead before the first change and after each."""
    day = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    ahead = _ahead(day)
    changes: list[int] = []
    shifts = [ahead]
    while day.year < LAST_YEAR:
        after = day + timedelta(days=1)
        if _ahead(after) != ahead:
            hour = next(at for n in range(1, 25) if _ahead(at := day + timedelta(hours=n)) != ahead)
            ahead = _ahead(after)
            changes.append(micros(hour))
            shifts.append(ahead)
        day = after
    return np.array(changes, np.int64), np.array(shifts, np.int64)


def _ahead(at: datetime) -> int:
    offset = at.astimezone(LONDON).utcoffset()
    assert offset is not None
    return offset // timedelta(microseconds=1)


def day_number(day: date) -> int:
    """Days since 1970."""
    return day.toordinal() - FIRST_DAY


def day_of(number: int) -> date:
    """The day of that number."""
    return date.fromordinal(number + FIRST_DAY)


def by_day(days: Days, of: Callable[[date], Any], dtype: Any, missing: Any) -> "NDArray[Any]":
    """A value for each day, worked out once for each day that there is."""
    found = np.full(len(days), missing, dtype)
    known = days != NO_DAY
    there, places = np.unique(days[known], return_inverse=True)
    found[known] = np.array([of(day_of(int(number))) for number in there], dtype)[places] if len(there) else 0
    return found
