"""Testimony: what a published file shows about a crime that others recorded, and takes back."""

from dataclasses import dataclass, replace
from uuid import UUID

from domain.event import Event
from domain.values import Category, Moment, Place


class CrimeRecordEvidenced(Event, name="crime_record_evidenced.v1"):
    """A source shows that the force has this crime in its register: recorded in a month, or before one."""

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

    def evolve(self, event: CrimeRecordEvidenced) -> "Evidence":
        """Months of recording are taken from the source that states one; `before` is the earliest seen."""
        before = min((m for m in (self.before, event.before) if m), default=None)
        if event.recorded is None:
            return replace(self, before=before, place=self.place or event.place)
        if self.recorded is not None and event.recorded < self.recorded:
            return replace(self, before=before)
        return Evidence(event.recorded, before, event.category, event.place or self.place, event.last_outcome)
