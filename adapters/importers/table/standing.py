"""What stands in the stream of a case: the facts, who states them, and what they are after corrections."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from adapters.importers.table.acting import Who, who_acted
from adapters.importers.table.life import of_different_things
from adapters.importers.table.meaning import GIVEN_BY_CANDOUR, as_stated
from adapters.importers.table.telling import Statement
from domain.case.attestation import FactAttested
from domain.case.correction import FactCorrected
from domain.case.testimony import SourceRowWithdrawn
from domain.event import Event, RecordedEvent, SourceRow
from domain.values import Moment

LIVE = ""
"""The owner of facts that no file states."""


@dataclass(slots=True)
class Fact:
    """A fact that stands. `values` are its fields and `at` as its owner has them, corrections of the owner included.

    An attested fact changes nothing; `event` is then None. `others`: what anyone else corrected; `who` acted, if known.
    """

    event_id: UUID
    owner: str
    label: str
    values: dict[str, Any]
    event: Event | None
    source: SourceRow | None = None
    others: dict[str, Any] = field(default_factory=dict[str, Any])
    attests: UUID | None = None
    who: Who | None = None

    @property
    def current(self) -> dict[str, Any]:
        """The values with everyone's corrections."""
        return self.values | self.others

    def restated(self) -> tuple[Event, Moment]:
        """The fact as it is now, as an event of its own."""
        assert self.event is not None
        given = {name: value for name, value in self.current.items() if name != "at"}
        return self.event.model_copy(update=given), self.current["at"]


def values_of(event: Event, at: Moment) -> dict[str, Any]:
    """The fields of an event, and `at`."""
    return {**{name: getattr(event, name) for name in type(event).model_fields}, "at": at}


def owner_of(source: SourceRow | None) -> str:
    """The row that speaks, whatever event it speaks of; `LIVE` if no file does."""
    return source.key.partition("␟")[0] if source is not None else LIVE


def label_of(event: Event, source: SourceRow | None) -> str:
    """The name under which the mapping has the event."""
    label = source.key.partition("␟")[2] if source is not None else ""
    return label or type(event).__name__


def key_of(owner: str, label: str, event: Event) -> str:
    """The key that an event names: the row's, and the label of the event where it is not its own name."""
    return owner if label == type(event).__name__ else f"{owner}␟{label}"


def standing(entries: Iterable[RecordedEvent]) -> dict[UUID, Fact]:
    """The facts that stand, by event id, in their order."""
    facts: dict[UUID, Fact] = {}
    for entry in entries:
        event, owner = entry.event, owner_of(entry.source)
        if isinstance(event, SourceRowWithdrawn):
            for gone in event.withdraws:
                facts.pop(gone, None)
        elif isinstance(event, FactCorrected):
            fact = facts.get(event.corrects)
            if fact is not None:
                changes = _facts_of(event, fact)
                if fact.owner == owner:
                    fact.values.update(changes)
                    fact.others = {name: value for name, value in fact.others.items() if name not in changes}
                else:
                    fact.others.update(changes)
        elif isinstance(event, FactAttested):
            about = facts.get(event.attests)
            said = _facts_of(event, about)
            if about is not None and about.owner == owner:
                about.values.update(said)  # kept beside someone else's correction, which stands
            else:
                label = entry.source.key.partition("␟")[2] if entry.source is not None else ""
                facts[entry.event_id] = Fact(
                    entry.event_id, owner, label, said, None, entry.source, attests=event.attests
                )
        else:
            label = label_of(event, entry.source)
            values = values_of(event, entry.at)
            facts[entry.event_id] = Fact(
                entry.event_id, owner, label, values, event, entry.source, who=who_acted(entry)
            )  # fmt: skip
    return facts


def _facts_of(event: FactCorrected | FactAttested, fact: Fact | None) -> dict[str, Any]:
    """What is said of the fact, as its event would hold it."""
    kind = type(fact.event) if fact is not None and fact.event is not None else Event
    return {name: as_stated(kind, name, getattr(event.facts, name)) for name in event.facts.model_fields_set}


def said_by(statement: Statement) -> dict[str, Any]:
    """The fields that a row says something about, and `at`."""
    return {
        name: value
        for name, value in values_of(statement.event, statement.at).items()
        if name not in statement.unknown and name not in GIVEN_BY_CANDOUR
    }


def difference(fact: Fact, wanted: dict[str, Any], ignored: frozenset[str]) -> dict[str, Any]:
    """What has to change so that the fact reads as wanted."""
    return {
        name: value
        for name, value in wanted.items()
        if name not in ignored and name in fact.values and fact.values[name] != value
    }


def alike(facts: Sequence[Fact], statement: Statement) -> list[Fact]:
    """The facts of that label, stated or attested; where several are stated, those of the same time."""
    said = statement.event
    found = [
        fact
        for fact in facts
        if fact.label == statement.label and (fact.event is None or not of_different_things(fact.event, said))
    ]
    if sum(fact.event is not None for fact in found) > 1:
        return [fact for fact in found if fact.current.get("at") == statement.at]
    return found


def counterpart(facts: Sequence[Fact], statement: Statement) -> Fact | None:
    """What others have stated of the same, if they have."""
    return next((fact for fact in alike(facts, statement) if fact.event is not None), None)
