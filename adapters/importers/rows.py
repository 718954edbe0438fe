"""What a row says: the facts it testifies to, or why it cannot be read or cannot be true."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from hashlib import sha1, sha256
from typing import NamedTuple
from uuid import UUID

from adapters.importers.categories import Categories
from adapters.importers.reading import Kind
from domain.case.outcome import OutcomeAssigned
from domain.case.recording import IncidentKind, IncidentRegistered
from domain.case.testimony import CrimeRecordEvidenced
from domain.event import Event
from domain.values import Moment, Place

NAMESPACE = UUID("8f6f2f8e-6c0c-5f0e-9a53-3c1d0f5f7a11")
LONGEST_CELL = 200
BETWEEN = "␟"  # printable, so that one look at the joined cells finds what is not

_ID = re.compile(r"[0-9a-f]{64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SEED = sha1(NAMESPACE.bytes, usedforsecurity=False)
_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))

Facts = tuple[tuple[Event, Moment], ...]
"""The facts of one row, each with the time it took place."""


class Row(NamedTuple):
    """A row that testifies. `part` is kind/month; `key` names the row in its part, its `content` what it says."""

    line: int
    stream: str
    force: str
    part: str
    key: str
    content: str
    facts: Facts


class Rejected(NamedTuple):
    """A row that does not, and why. `stream` is that of its crime where the id could be read."""

    line: int
    reason: str
    stream: str | None = None


class Unreadable(Exception):
    """Why a row is set aside."""


class RowReader:
    """Turns cells into facts. It numbers equal rows without an id, so it reads the rows of one file, in order."""

    def __init__(self, kind: Kind, categories: Categories, forces: Mapping[str, str], today: date) -> None:
        self.kind = kind
        self._categories = categories
        self._slugs = {name: slug for slug, name in forces.items()}
        self._this_month = f"{today:%Y-%m}"
        self._equals: Counter[tuple[str, str, str]] = Counter()
        self._months: dict[str, tuple[Moment, str]] = {}
        self._outcomes = {
            name: OutcomeAssigned(outcome=category.number, category=name)
            for name, category in categories.outcomes.items()
            if category.outcome
        }
        self._place = lru_cache(maxsize=20_000)(self._read_place)

    def read(self, line: int, cells: Sequence[str] | None) -> Row | Rejected:
        """The row, or the reason why it is set aside."""
        if cells is None:
            return Rejected(line, "the columns do not fit the header")
        stream = None
        try:
            month, force, crime = cells[1], self.force(cells[2]), cells[0].lower()
            text = BETWEEN.join(cells)
            if not text.isprintable() and _CONTROL.search(text):
                raise Unreadable("a cell holds a control character")
            if len(text) > LONGEST_CELL and max(map(len, cells)) > LONGEST_CELL:
                raise Unreadable(f"a cell is longer than {LONGEST_CELL} characters")
            if crime and not _ID.fullmatch(crime):
                raise Unreadable("the Crime ID is not 64 hexadecimal digits")
            if crime:
                stream = crime_stream(force, crime)
            at, part = self._months.get(month) or self.month(month)
            facts = self._facts(cells, at)
        except Unreadable as reason:
            return Rejected(line, str(reason), stream)
        content = sha256(text.encode()).hexdigest()[:32]
        if stream is None:
            self._equals[force, month, content] += 1
            name = f"{content}.{self._equals[force, month, content]}"
            stream = _stream(f"{force}|{month}|{self.kind}|{name}")
        elif isinstance(facts[0][0], IncidentRegistered):
            name = crime
            stream = _stream(f"{force}|incident|{crime}")
        else:
            name = crime
        return Row(line, stream, force, part, f"{part}/{name}", content, facts)

    def force(self, printed: str) -> str:
        """The slug of a printed force; raises `Unreadable`."""
        slug = self._slugs.get(printed)
        if slug is None:
            raise Unreadable("“Reported by” is not a force that is known here")
        return slug

    def month(self, printed: str) -> tuple[Moment, str]:
        """The moment of a printed month and its part of the source (kind/month); raises `Unreadable`."""
        try:
            at = Moment.of(printed) if len(printed) == 7 else None
        except ValueError:
            at = None
        if at is None:
            raise Unreadable("the month is not written YYYY-MM")
        if printed > self._this_month:
            raise Unreadable("the month lies in the future")
        if printed < self._categories.first_month:
            raise Unreadable("the month is before the first that data.police.uk publishes")
        return self._months.setdefault(printed, (at, f"{self.kind}/{printed}"))

    def _facts(self, cells: Sequence[str], at: Moment) -> Facts:
        place = self._place(*cells[4:9])
        if self.kind is Kind.STREET:
            return ((self._street(cells, at, place), at),)
        if not cells[0]:
            raise Unreadable("an outcome without a Crime ID belongs to no crime")
        outcome = self._outcomes.get(cells[9])
        if outcome is None and cells[9] in self._categories.outcomes:
            raise Unreadable("this is a status and not an outcome")
        if outcome is None:
            raise Unreadable("the outcome is not one that data.police.uk is known to publish")
        return (CrimeRecordEvidenced(before=at, place=place), at), (outcome, at)

    def _street(self, cells: Sequence[str], at: Moment, place: Place | None) -> Event:
        crime_type = self._categories.crime_types.get(cells[9])
        if crime_type is None:
            raise Unreadable("the crime type is not one that data.police.uk is known to publish")
        if crime_type.incident:
            return IncidentRegistered(kind=IncidentKind.ANTI_SOCIAL_BEHAVIOUR, place=place)
        if cells[10] and cells[10] not in self._categories.outcomes:
            raise Unreadable("the last outcome is not one that data.police.uk is known to publish")
        return CrimeRecordEvidenced(recorded=at, category=cells[9], place=place, last_outcome=cells[10] or None)

    def _read_place(self, longitude: str, latitude: str, location: str, code: str, name: str) -> Place | None:
        if longitude or latitude:
            try:
                east, north = float(longitude), float(latitude)
            except ValueError:
                raise Unreadable("the coordinates are not two numbers") from None
            (west, east_most), (south, north_most) = self._categories.longitude, self._categories.latitude
            if not (west <= east <= east_most and south <= north <= north_most):
                raise Unreadable("the coordinates lie outside the United Kingdom")
        if location.lower() in self._categories.no_location:
            location = ""
        if not (longitude or location or code or name):
            return None
        return Place(
            longitude=longitude or None,
            latitude=latitude or None,
            location=location or None,
            lsoa_code=code or None,
            lsoa_name=name or None,
        )


def crime_stream(force: str, crime: str) -> str:
    """The stream of a crime: derived from the force and its Crime ID, so that every file finds it."""
    return _stream(f"{force}|{crime}")


def _stream(name: str) -> str:
    """`case-` and the version 5 UUID of the name, written out here because it is made for every row."""
    digest = _SEED.copy()
    digest.update(name.encode())
    h = digest.hexdigest()
    return f"case-{h[:8]}-{h[8:12]}-5{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:32]}"
