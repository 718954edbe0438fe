"""Testimony: what a published file shows about a crime that others recorded, and takes back."""

from dataclasses import dataclass
from uuid import UUID

from domain.event import Event
from domain.replacing import replace
from domain.values import Category, Moment, Place


class CrimeRecordEvidenced(Event, name="crime_record_evidenced.v1"):
    """A source shows that the force has this crime in its register: recorded in a month, or no later than `before`."""

    recorded: Moment | None = None
    before: Moment | None = None
    category: Category | None = None
    place: Place | None = None
    last_outcome: Category | None = None


class SourceRowWithdrawn(Event, name="source_row_withdrawn.v1"):
    """A row is gone from a later release of its source, so what it testified to no longer stands."""

    withdraws: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The testimony track: the narrowest that the sources together show, whatever their order."""

    recorded: Moment | None = None
    before: Moment | None = None
    category: str | None = None
    place: Place | None = None
    last_outcome: str | None = None
    placed: Moment | None = None

    def evolve(self, event: CrimeRecordEvidenced) -> "Evidence":
        """`before` is the earliest seen; the rest is from the source that states the latest month of recording.

        `placed` is the month that the source of the place states. Among equals the order is arbitrary but fixed,
        so that files may be read in any order.
        """
        after = replace(self, before=min((m for m in (self.before, event.before) if m), default=None))
        if event.recorded is not None and _statement(event) > _statement(self):
            after = replace(after, recorded=event.recorded, category=event.category, last_outcome=event.last_outcome)
        if event.place is not None and _placing(event.place, event.recorded) > _placing(self.place, self.placed):
            after = replace(after, place=event.place, placed=event.recorded)
        return after


def _statement(source: CrimeRecordEvidenced | Evidence) -> tuple[str, str, str]:
    return _month(source.recorded), source.category or "", source.last_outcome or ""


def _placing(place: Place | None, recorded: Moment | None) -> tuple[bool, str, str]:
    return place is not None, _month(recorded), place.model_dump_json() if place is not None else ""


def _month(recorded: Moment | None) -> str:
    return "" if recorded is None else f"{recorded.earliest.isoformat()} {recorded}"
