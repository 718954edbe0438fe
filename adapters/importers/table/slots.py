"""What stands in a stream by the testimony of a series: its rows, and the facts that they amount to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast
from uuid import UUID

from domain.case.correction import FactCorrected
from domain.case.testimony import SourceRowWithdrawn
from domain.event import Event, RecordedEvent, SourceRow
from domain.values import Moment

Facts = tuple[tuple[Event, Moment], ...]
"""The facts of one row, each with the time it took place."""


class StandingRow(NamedTuple):
    """A row that an earlier edition stated and none took back: its content, and its facts."""

    content: str
    facts: Facts


class Corrected(NamedTuple):
    """A correction that stands: the fact it corrects, and what it changes."""

    target: UUID
    changes: dict[str, Any]
    key: str


@dataclass(slots=True)
class Slot:
    """Rows of one case that speak of the same facts.

    The first row states the facts, every later one corrects them, so that the last one that stands is what they are.
    """

    stated: dict[UUID, tuple[Event, Moment]] = field(default_factory=dict[UUID, tuple[Event, Moment]])
    corrections: dict[UUID, Corrected] = field(default_factory=dict[UUID, Corrected])
    rows: dict[str, StandingRow] = field(default_factory=dict[str, StandingRow])

    def current(self) -> Facts:
        """The facts as they are now."""
        return tuple(
            amended(fact, [c.changes for c in self.corrections.values() if c.target == event_id])
            for event_id, fact in self.stated.items()
        )

    def add(self, event_id: UUID, event: Event, at: Moment, source: SourceRow) -> None:
        """Take in one more event."""
        if isinstance(event, SourceRowWithdrawn):
            self.rows.pop(source.key, None)
            for gone in event.withdraws:
                self.stated.pop(gone, None)
                self.corrections.pop(gone, None)
            if not self.stated:
                self.rows.clear()
            return
        if isinstance(event, FactCorrected):
            changes = {name: getattr(event.facts, name) for name in event.facts.model_fields_set}
            self.corrections[event_id] = Corrected(event.corrects, changes, source.key)
        else:
            self.stated[event_id] = (event, at)
        self.rows[source.key] = StandingRow(source.content, self.current())


def standing(entries: Iterable[RecordedEvent], slot_of: Callable[[str], str | None]) -> dict[str, Slot]:
    """The slots of a stream; `slot_of` names that of a row, or None where the row is not one of these files."""
    slots: dict[str, Slot] = {}
    for entry in entries:
        if entry.source is not None and (name := slot_of(entry.source.key)) is not None:
            slot = slots.setdefault(name, Slot())
            slot.add(entry.event_id, entry.event, entry.at, entry.source)
    return slots


def amended(fact: tuple[Event, Moment], changes: Iterable[dict[str, Any]]) -> tuple[Event, Moment]:
    """A fact with corrections applied, in their order."""
    event, at = fact
    for change in changes:
        at = cast(Moment, change.get("at", at))
        event = event.model_copy(update={name: value for name, value in change.items() if name != "at"})
    return event, at


def difference(before: tuple[Event, Moment], after: tuple[Event, Moment]) -> dict[str, Any]:
    """What has to be corrected so that the one fact reads as the other."""
    changes = {
        name: getattr(after[0], name)
        for name in type(after[0]).model_fields
        if getattr(after[0], name) != getattr(before[0], name)
    }
    return changes | {"at": after[1]} if after[1] != before[1] else changes
