"""What was known when: `known_at` names a position of the log or an instant, and reads what was written by then."""

import re
from dataclasses import dataclass
from datetime import datetime

from domain.event import RecordedEvent
from domain.values import Moment, Precision

_POSITION = re.compile(r"\d{1,18}", re.ASCII)
AS_OF = "write an instant with its zone (2026-03-02T09:14:00Z) or a day that is over (2026-03-01)"
KNOWN_AT = f"write a position of the log (1042); or {AS_OF}"


class NotKnowable(ValueError):
    """The text names no moment whose knowledge is settled; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class KnownAt:
    """All that was written up to a position, or up to an instant (UTC); without either, all that there is."""

    position: int | None = None
    instant: datetime | None = None

    def covers(self, entry: RecordedEvent) -> bool:
        """Whether the event was written by then."""
        if self.position is not None:
            return entry.position <= self.position
        return self.instant is None or entry.written_at <= self.instant

    def __str__(self) -> str:
        return str(self.position) if self.position is not None else _iso(self.instant)


def parse(text: str, now: datetime, *, last: int | None = None, positions: bool = True) -> KnownAt:
    """A position, an instant with its zone, or a bare date (the end of that London day).

    What lies after `now`, or after position `last`, is not known yet. `positions`: whether whoever asks may name one;
    members of a force name the `written_at` of an event, which grows from event to event. Raises `NotKnowable`.
    """
    if not positions and _POSITION.fullmatch(text):
        raise NotKnowable(f"positions of the log are for oversight; {AS_OF}")
    if _POSITION.fullmatch(text):
        position = int(text)
        if last is not None and position > last:
            raise NotKnowable(f"the log ends at position {last}; a later one cannot be known yet")
        return KnownAt(position=position)
    return KnownAt(instant=_settled(text, now, KNOWN_AT if positions else AS_OF))


def parse_as_of(text: str, now: datetime) -> datetime:
    """The instant (UTC) of `as_of`: an instant with its zone, or the end of a London day. Raises `NotKnowable`."""
    return _settled(text, now, AS_OF)


def _settled(text: str, now: datetime, how: str) -> datetime:
    try:
        moment = Moment.of(text)
    except ValueError as error:
        zone = "a time without a zone is ambiguous" if "time zone" in str(error) else "this is not a time"
        raise NotKnowable(f"{zone}; {how}") from error
    if moment.precision is Precision.MONTH:
        raise NotKnowable(f"a month is too wide; {how}")
    at = moment.latest if moment.precision is Precision.DAY else moment.earliest
    if at > now:
        over = "that day is not over yet" if moment.precision is Precision.DAY else "that lies in the future"
        raise NotKnowable(f"{over}, so the answer could still change; {how}")
    return at


def _iso(at: datetime | None) -> str:
    return "" if at is None else at.isoformat().replace("+00:00", "Z")
