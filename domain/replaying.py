"""Reading a state from a history, the same for every aggregate; and what a correction would do to it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Protocol, Self, TypeVar
from uuid import UUID

from domain.case.correction import FactCorrected, restate
from domain.event import Broken, RecordedEvent, Rule
from domain.replacing import replace

_DRAFT = UUID(int=0)  # a correction that is tried has no event id yet


class Folded(Protocol):
    """A state that follows from facts, one after the other."""

    def evolve(self, entry: RecordedEvent) -> Self:
        """The state after one more fact."""
        ...


class Judged(Protocol):
    """A state that says which rules it breaks."""

    @property
    def version(self) -> int:
        """How many events it has."""
        ...

    @property
    def facts(self) -> Mapping[UUID, RecordedEvent]:
        """Its events as written, by id."""
        ...

    def flaws(self) -> Iterable[Rule]:
        """The rules that it breaks as it stands."""
        ...


F = TypeVar("F", bound=Folded)
J = TypeVar("J", bound=Judged)


def replayed(nothing: F, entries: Iterable[RecordedEvent], as_of: datetime | None) -> F:
    """The state as its events have it, restated; with `as_of` (UTC), as it stood at that instant of its life."""
    history = list(entries)
    if not history:
        return nothing
    state = replace(
        nothing,
        id=history[0].stream,
        force=history[0].force,
        version=history[-1].version,
        facts=MappingProxyType({entry.event_id: entry for entry in history}),
    )
    for entry in restate(history):
        if as_of is None or entry.at.earliest <= as_of:
            state = state.evolve(entry)
    return state


def newly_broken(state: J, correction: FactCorrected, replay: Callable[[list[RecordedEvent]], J]) -> Iterator[Broken]:
    """Broken for each rule that the state would break with the correction, and does not break without."""
    history = list(state.facts.values())
    if not history:
        return
    draft = history[-1]._replace(event=correction, event_id=_DRAFT, version=state.version + 1)
    before = set(state.flaws())
    yield from (Broken(rule) for rule in replay([*history, draft]).flaws() if rule not in before)
