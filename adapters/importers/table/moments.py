"""Times as a source writes them: formats, zone, and the hours that a change of the clocks leaves out or repeats."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from adapters.importers.table.values import Unreadable
from domain.values import FIRST, LAST, Moment, Precision, instant, london_midnight

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTH_NUMBER = {name[:length]: n for n, name in enumerate(_MONTHS, 1) for length in (3, len(name))} | {"sept": 9}
_DIRECTIVES = {
    "Y": r"(?P<Y>[0-9]{4})",
    "y": r"(?P<y>[0-9]{2})",
    "m": r"(?P<m>[0-9]{1,2})",
    "d": r"(?P<d>[0-9]{1,2})",
    "H": r"(?P<H>[0-9]{1,2})",
    "I": r"(?P<I>[0-9]{1,2})",
    "M": r"(?P<M>[0-9]{2})",
    "S": r"(?P<S>[0-9]{2})",
    "f": r"(?P<f>[0-9]{1,6})",
    "p": r"(?P<p>[AaPp])\.?[Mm]\.?",
    "b": r"(?P<b>[A-Za-z]{3,9})\.?",
    "B": r"(?P<b>[A-Za-z]{3,9})\.?",
    "a": r"[A-Za-z]{3,9}",
    "A": r"[A-Za-z]{3,9}",
    "z": r"(?P<z>Z|[+-][0-9]{2}:?[0-9]{2})",
}
_ISO = re.compile(
    r"(?P<Y>[0-9]{4})-(?P<m>[0-9]{2})"
    r"(?:-(?P<d>[0-9]{2})(?:[T ](?P<H>[0-9]{2}):(?P<M>[0-9]{2})(?::(?P<S>[0-9]{2})(?:\.(?P<f>[0-9]{1,6})[0-9]*)?)?"
    r" ?(?P<z>Z|[+-][0-9]{2}:?[0-9]{2})?)?)?"
)
_SERIAL = re.compile(r"[0-9]{1,6}(?:\.[0-9]+)?")
_FIRST_SERIAL = datetime(1899, 12, 30)
_ONE_DAY = 86_400
COARSENESS = [Precision.INSTANT, Precision.MINUTE, Precision.DAY, Precision.MONTH]


class Written(NamedTuple):
    """A time as it is written: naive or with an offset, and how much of it is there."""

    at: datetime
    precision: Precision


def format_pattern(text: str) -> re.Pattern[str]:
    """The pattern of a format such as `%d/%m/%Y %H:%M`; `ValueError` says what is wrong with it."""
    if text in ("iso", "excel"):
        return _ISO if text == "iso" else _SERIAL
    parts, seen = list[str](), set[str]()
    for literal, directive in re.findall(r"([^%]+)|%(.?)", text):
        if literal:
            parts.append(re.sub(r"(?:\\ )+", r"\\s+", re.escape(literal)))
        elif directive not in _DIRECTIVES:
            raise ValueError(f"%{directive} is not known; use {' '.join(f'%{name}' for name in _DIRECTIVES)}")
        else:
            seen.add(directive)
            parts.append(_DIRECTIVES[directive])
    if not seen & {"Y", "y"} or not seen & {"m", "b", "B"}:
        raise ValueError("a time needs at least a year and a month")
    if seen & {"H", "I", "M", "S"} and "d" not in seen:
        raise ValueError("a time of day needs a day")
    if "M" in seen and not seen & {"H", "I"}:
        raise ValueError("minutes need an hour")
    if ("I" in seen) != ("p" in seen):
        raise ValueError("%I and %p belong together")
    try:
        return re.compile("".join(parts), re.IGNORECASE)
    except re.error as error:
        raise ValueError("a part of the time is there twice") from error


_CLOCKS = {
    f"{hour:02}:{minute:02}": timedelta(hours=hour, minutes=minute) for hour in range(24) for minute in range(60)
}
_CLOCK = len("00:00")
_DAYS_KEPT = 20_000


def ends_with_a_clock(text: str) -> bool:
    """Whether the text may be a minute of a day."""
    return text[-_CLOCK:] in _CLOCKS


_DAY_AND_CLOCK = re.compile(r"(?:%[YymdbB][^ %T]?)+ %H:%M")
_DAY_ONLY = re.compile(r"(?:%[YymdbB][^ %T]?)+|excel")


class MomentReader:
    """Reads the times of one column. All formats that fit must agree, or the time is ambiguous."""

    def __init__(
        self, column: str, formats: Iterable[str], zone: ZoneInfo, fold: str, coarsest: str | None = None
    ) -> None:
        names = list(dict.fromkeys(formats))
        self._column, self._zone, self._fold = column, zone, fold
        self._patterns = [(name == "excel", format_pattern(name)) for name in names]
        self._least = COARSENESS.index(Precision(coarsest)) if coarsest else 0
        # What comes before the time of day then means the same whatever the time of day is.
        apart = all(name == "iso" or _DAY_AND_CLOCK.fullmatch(name) or _DAY_ONLY.fullmatch(name) for name in names)
        self._in_two_parts = apart and self._least <= COARSENESS.index(Precision.MINUTE)
        self._days: dict[str, datetime] = {}
        self.read = lru_cache(maxsize=10_000)(self._read)

    def __call__(self, text: str) -> Moment:
        """The moment that the text means; `Unreadable` says why it means none.

        Most times of most files are minutes of a day without a change of the clocks: such a day is read once.
        """
        begins = self._days.get(text[:-_CLOCK])
        if begins is not None and (clock := _CLOCKS.get(text[-_CLOCK:])) is not None:
            return Moment(begins + clock, Precision.MINUTE)
        found = self.read(text)
        if isinstance(found, str):
            raise Unreadable(f"“{self._column}” {found}")
        if self._in_two_parts and found.precision is Precision.MINUTE:
            self._remember(text, found)
        return found

    def soon(self, raw: str) -> Moment | None:
        """The moment that a raw cell means if it is a minute of a day that was read before; None: read it as others."""
        begins = self._days.get(raw[:-_CLOCK])
        if begins is None or (clock := _CLOCKS.get(raw[-_CLOCK:])) is None:
            return None
        return Moment(begins + clock, Precision.MINUTE)

    def _remember(self, text: str, found: Moment) -> None:
        """Keep when the day of the text begins, so to speak: what its times of day are counted from."""
        day, clock = text[:-_CLOCK], _CLOCKS.get(text[-_CLOCK:])
        if clock is None or day[-1:] not in (" ", "T") or not self._is_even(found.earliest):
            return
        if len(self._days) >= _DAYS_KEPT:
            self._days.clear()
        self._days[day] = found.earliest - clock

    def _is_even(self, at: datetime) -> bool:
        """Whether the zone keeps its offset from a day before to a day after."""
        if not FIRST.year < at.year < LAST.year - 1:
            return False
        hours = range(-26, 27, 2)
        return len({(at + timedelta(hours=hour)).astimezone(self._zone).utcoffset() for hour in hours}) == 1

    def _read(self, text: str) -> Moment | str:
        read: set[Written] = set()
        for serial, pattern in self._patterns:
            if match := pattern.fullmatch(text):
                written = _serial(match) if serial else _written(match)
                if written is not None:
                    read.add(written)
        if not read:
            return "holds no time in a format that the mapping names"
        if len(read) > 1:
            return "holds an ambiguous time: several formats of the mapping fit and disagree"
        (written,) = read
        place = max(self._least, COARSENESS.index(written.precision))
        return self._moment(written.at, COARSENESS[place])

    def _moment(self, at: datetime, precision: Precision) -> Moment | str:
        if not FIRST.year < at.year < LAST.year:
            return "lies outside the years that can be kept"
        if precision in (Precision.DAY, Precision.MONTH) and at.tzinfo is None:
            return _of_day(at.date(), precision)
        if at.tzinfo is not None:
            exact = at.astimezone(UTC)
        else:
            before, after = self._zone.utcoffset(at), self._zone.utcoffset(at.replace(fold=1))
            assert before is not None, "a zone has an offset at every time"
            assert after is not None, "a zone has an offset at every time"
            if before < after:
                return "holds a local time that the change of the clocks left out"
            exact = (at - before).replace(tzinfo=UTC)
            if before > after:
                if self._fold == "quarantine":
                    return "holds a local time that the change of the clocks repeated"
                # Either of the two instants may be meant: only the day is certain.
                exact, precision = (exact if self._fold == "earlier" else exact + (before - after)), Precision.DAY
        if precision is Precision.INSTANT:
            return instant(exact)
        if precision is Precision.MINUTE:
            return Moment(exact.replace(second=0, microsecond=0), precision)
        return _of_day(instant(exact).london_date, precision)


def _of_day(day: date, precision: Precision) -> Moment:
    return Moment(london_midnight(day.replace(day=1) if precision is Precision.MONTH else day), precision)


def _written(match: re.Match[str]) -> Written | None:
    """None if there is no such day or time."""
    part = match.groupdict()
    year = int(part["Y"]) if part.get("Y") else 0
    if part.get("y"):
        year = int(part["y"]) + (2000 if int(part["y"]) < 69 else 1900)
    month = _MONTH_NUMBER.get(part["b"].lower(), 0) if part.get("b") else int(part["m"])
    hour = int(part.get("H") or part.get("I") or 0)
    if part.get("p"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if part["p"] in "pP" else 0)
    fraction = (part.get("f") or "").ljust(6, "0")
    offset = part.get("z")
    zone = None
    if offset:
        minutes = 0 if offset in "Zz" else int(offset[1:3]) * 60 + int(offset[-2:])
        if minutes >= 24 * 60:
            return None
        zone = timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
    try:
        at = datetime(
            year, month, int(part.get("d") or 1), hour, int(part.get("M") or 0), int(part.get("S") or 0),
            int(fraction), zone,
        )  # fmt: skip
    except ValueError:
        return None
    return Written(at, _precision(part))


def _precision(part: dict[str, str | None]) -> Precision:
    if part.get("S"):
        return Precision.INSTANT
    if part.get("M"):
        return Precision.MINUTE
    return Precision.DAY if part.get("d") else Precision.MONTH


def _serial(match: re.Match[str]) -> Written | None:
    """A spreadsheet's day number; its fraction is the time of day, exact to the second."""
    days, _, fraction = match[0].partition(".")
    if not 1 <= int(days) <= 2_900_000:
        return None
    at = _FIRST_SERIAL + timedelta(days=int(days), seconds=round(float(f"0.{fraction or 0}") * _ONE_DAY))
    return Written(at, Precision.INSTANT if fraction.strip("0") else Precision.DAY)
