"""Values that the facts are made of: moments with a precision, forces, codes, sealed text."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, core_schema

LONDON = ZoneInfo("Europe/London")
CANONICAL = len("2026-03-02T09:14:00.000000Z")
MICROSECOND = timedelta(microseconds=1)
# The calendar has a year more at either end, so that a zone or a limit never leads out of it.
FIRST, LAST = datetime(2, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC) - MICROSECOND

_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?P<second>:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)


class Precision(StrEnum):
    """How exactly a moment is known."""

    INSTANT = "instant"
    MINUTE = "minute"
    DAY = "day"
    MONTH = "month"


_INSTANT, _MINUTE, _DAY_LONG = Precision.INSTANT, Precision.MINUTE, Precision.DAY
_REST_OF_A_MINUTE = timedelta(minutes=1) - MICROSECOND
_UTC = "+00:00"


def london_midnight(day: date) -> datetime:
    """The instant (UTC) at which the London day begins."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The last instant (UTC) of a London day."""
    return min(london_midnight(day + timedelta(days=1)) - MICROSECOND, LAST) if day < LAST.date() else LAST


def next_month(day: date) -> date:
    """The first day of the month after `day`."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """A time with its precision. `earliest` and `latest` bound the instants (UTC) it can mean.

    Written as ISO 8601, shortened to what is known: `2022-01`, `2022-01-15`, `2022-01-15T10:32Z`,
    `2022-01-15T10:32:05.120000Z`. Days and months are those of London.
    """

    earliest: datetime
    precision: Precision = Precision.INSTANT

    @classmethod
    def of(cls, text: str) -> "Moment":
        """Read a moment; `ValueError` says what is missing."""
        if len(text) == CANONICAL and text[-1] == "Z" and text[10] == "T":
            try:
                at = datetime.fromisoformat(text)
            except ValueError:
                return _parse_moment(text)
            if FIRST <= at <= LAST:
                return Moment(at, _INSTANT)
        return _parse_moment(text)

    @property
    def latest(self) -> datetime:
        """The last instant that the precision allows."""
        if self.precision is _INSTANT:
            return self.earliest
        if self.precision is _MINUTE:
            return self.earliest + _REST_OF_A_MINUTE
        day = self.london_date
        after = day + timedelta(days=1) if self.precision is _DAY_LONG else next_month(day)
        return london_midnight(after) - MICROSECOND

    @property
    def london_date(self) -> date:
        """The London day on which it begins."""
        return _london_date(self.earliest)

    @property
    def latest_london_date(self) -> date:
        """The London day of the last instant that the precision allows."""
        return _london_date(self.latest)

    def __str__(self) -> str:
        precision = self.precision
        if precision is _DAY_LONG:
            return _london_date(self.earliest).isoformat()
        if precision is not _MINUTE and precision is not _INSTANT:
            return _london_month(self.earliest)
        text = self.earliest.isoformat()  # in full, and cut: with `timespec` it takes twice as long
        if text[-6:] != _UTC:
            return self.earliest.isoformat(timespec="minutes" if precision is _MINUTE else "microseconds")
        if precision is _MINUTE:
            return f"{text[:16]}Z"
        return f"{text[:26]}Z" if len(text) == 32 else f"{text[:19]}.000000Z"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _validate_moment,
            serialization=core_schema.plain_serializer_function_ser_schema(str, return_schema=core_schema.str_schema()),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "type": "string",
            "title": "Moment",
            "description": "A time as exactly as it is known: 2022-01, 2022-01-15, 2022-01-15T10:32Z or to the second.",
            "examples": ["2026-03-02T09:14:00Z", "2026-03-02"],
        }


def instant(at: datetime) -> Moment:
    """The moment of an aware datetime, exact."""
    return Moment(at if at.tzinfo is UTC else at.astimezone(UTC))


@lru_cache(maxsize=4096)
def _london_date(at: datetime) -> date:
    return at.astimezone(LONDON).date()


@lru_cache(maxsize=4096)
def _london_month(at: datetime) -> str:
    return _london_date(at).isoformat()[:7]


@lru_cache(maxsize=4096)
def _parse_moment(text: str) -> Moment:
    try:
        at, precision = _read(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time; write 2026-03-02T09:14:00Z, 2026-03-02 or 2026-03") from error
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; end it with Z, or with an offset such as +01:00")
    return _kept(at, precision)


def _read(text: str) -> tuple[datetime, Precision]:
    if _MONTH.fullmatch(text):
        return london_midnight(date.fromisoformat(text + "-01")), Precision.MONTH
    if _DAY.fullmatch(text):
        return london_midnight(date.fromisoformat(text)), Precision.DAY
    written = _TIME.fullmatch(text)
    if written is None:
        raise ValueError(text)
    return datetime.fromisoformat(text), Precision.INSTANT if written["second"] else Precision.MINUTE


def _kept(at: datetime, precision: Precision) -> Moment:
    if not FIRST <= at <= LAST:
        raise ValueError(f"the year {at.year} is outside the years that can be kept, 2 to 9998")
    return Moment(at.astimezone(UTC), precision)


def _validate_moment(value: object) -> Moment:
    if isinstance(value, Moment):
        return value
    if isinstance(value, str):
        return Moment.of(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return _kept(value, Precision.INSTANT)
    raise ValueError("a time is written as text, such as 2026-03-02T09:14:00Z, 2026-03-02 or 2026-03")


def within(start: Moment, end: Moment, limit: timedelta) -> bool | None:
    """Whether `end` is at most `limit` after `start`; None where the precision cannot decide it."""
    if end.latest - start.earliest <= limit:
        return True
    if end.earliest - start.latest > limit:
        return False
    return None


class Sealed:
    """Marks text that is stored encrypted, under the key of its case or of its data subject."""


SealedText = Annotated[str, Sealed()]
FreeText = Annotated[str, Sealed(), StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


class Erased(str):
    """What a sealed text reads as once its key has been destroyed."""

    def __new__(cls) -> Self:
        """The one text that erased data reads as."""
        return super().__new__(cls, "[erased]")


ActorId = Annotated[str, StringConstraints(pattern=r"^[\w][\w.:@-]{0,63}$")]
PersonId = Annotated[str, StringConstraints(pattern=r"^person-[0-9a-f]{8,32}$")]
CaseId = Annotated[str, StringConstraints(pattern=r"^case-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
ForceCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{2,40}$")]
OffenceCode = Annotated[str, StringConstraints(pattern=r"^\d{1,3}[A-Z]?(/\d{1,2}[A-Z]?)?$")]
Reference = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[\w][\w /.:-]{0,63}$")]
Category = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


def normal(reference: str) -> str:
    """A reference as it is compared: case and blanks do not matter."""
    return "".join(reference.split()).casefold()


class PersonalData(BaseModel):
    """A personal detail, sealed under the key of the person it is about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: PersonId
    value: Annotated[str, Sealed(), StringConstraints(min_length=1)]


class Place(BaseModel):
    """A published, anonymised place: map point, description and census area as printed by the source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    longitude: str | None = None
    latitude: str | None = None
    location: str | None = None
    lsoa_code: str | None = None
    lsoa_name: str | None = None


class ExternalReference(BaseModel):
    """A reference of another system, such as a command-and-control log or a helpline."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: Reference
    reference: Reference
