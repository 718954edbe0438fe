"""What a row changes about a fact that stands, and what of it can be said."""

from collections.abc import Iterator
from typing import Any

from adapters.importers.table.acting import UNSAID
from adapters.importers.table.histories import Row
from adapters.importers.table.meaning import CLOCK, DERIVED, as_corrected, correctable, sealed_of
from adapters.importers.table.standing import Fact
from adapters.importers.table.telling import Statement
from domain.case.attestation import FactAttested
from domain.case.correction import CorrectedFacts, FactCorrected
from domain.event import Event
from domain.values import Erased, PersonalData


def without_people(people: set[str], row: Row) -> Row:
    """The row without any detail of them."""
    kept: list[Statement] = []
    for statement in row.statements:
        told = statement.event.__dict__
        gone = [name for name, value in told.items() if isinstance(value, PersonalData) and value.subject in people]
        event = statement.event.model_copy(update=dict.fromkeys(gone)) if gone else statement.event
        kept.append(statement._replace(event=event))
    return row._replace(statements=tuple(kept))


def changed_by(fact: Fact, changes: dict[str, Any]) -> Iterator[Event]:
    """A correction; where someone else has corrected the fact, their word stands and this is kept beside it."""
    contested = changes.keys() & fact.others.keys()
    if contested & CLOCK:
        contested |= changes.keys() & CLOCK
    kind = type(fact.event) if fact.event is not None else Event
    sayable = {name: value for name, value in changes.items() if correctable(kind, name, value)}
    stated = {name: as_corrected(kind, name, value) for name, value in sayable.items()}
    if plain := {name: value for name, value in stated.items() if name not in contested}:
        yield FactCorrected(corrects=fact.event_id, facts=_facts(plain))
    if beside := {name: value for name, value in stated.items() if name in contested}:
        yield FactAttested(attests=fact.event_id, facts=_facts(beside))


def ignored(fact: Fact, statement: Statement) -> frozenset[str]:
    """Text that was erased stays erased: it differs from nothing."""
    return frozenset(name for name, value in fact.values.items() if is_erased(value))


def is_erased(value: object) -> bool:
    """Whether it is text, or a detail of a person, whose key was destroyed."""
    return isinstance(value, Erased) or (isinstance(value, PersonalData) and isinstance(value.value, Erased))


def completed(statement: Statement, fact: Fact) -> Statement:
    """What the row does not know stays as it was."""
    kept = {name: fact.values[name] for name in statement.unknown if name in fact.values}
    if UNSAID in statement.unknown:
        statement = statement._replace(who=fact.who)
    return statement._replace(event=statement.event.model_copy(update=kept)) if kept else statement


def attestable(event: Event, statement: Statement) -> CorrectedFacts:
    """What an attestation can say of the event."""
    kind = type(event)
    given = {
        name: as_corrected(kind, name, value)
        for name, value in event.__dict__.items()
        if name not in statement.unknown and name not in DERIVED and name != "place" and correctable(kind, name, value)
    }
    return _facts({**given, "at": statement.at})


def _facts(given: dict[str, Any]) -> CorrectedFacts:
    """The facts, which have the types that they need already."""
    return CorrectedFacts.model_construct(set(given), **given)


def without_text(event: Event) -> Event:
    """The event without what is sealed."""
    texts = {name: None for name in sealed_of(type(event)) if getattr(event, name) is not None}
    return event.model_copy(update=texts) if texts else event
