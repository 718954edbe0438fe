"""The state of the denominators of a force, and which figure is for a period."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, assert_never
from uuid import UUID

from domain.aggregate import Aggregate, aggregate
from domain.case.attestation import FactAttested
from domain.case.correction import FactCorrected
from domain.case.testimony import SourceRowWithdrawn
from domain.denominator.adopting import (
    DENOMINATOR_IS_KEPT_OUTSIDE,
    DENOMINATOR_MOVE_IS_OPEN,
    OVERSIGHT_BODY,
    AdoptForceFigure,
    DenominatorOpened,
    OpenDenominator,
)
from domain.event import Act, Broken, Command, RecordedEvent
from domain.reference_figure import FigureKind, ReferenceFigureAdopted
from domain.replacing import replace
from domain.replaying import replayed

DenominatorEvent = DenominatorOpened | ReferenceFigureAdopted | FactCorrected | FactAttested | SourceRowWithdrawn


@dataclass(frozen=True, slots=True)
class Denominator:
    """The figures of a force in the order of their adoption. `force` is that of the envelope, `of` theirs."""

    id: str | None = None
    force: str | None = None
    version: int = 0
    of: str | None = None
    figures: tuple[ReferenceFigureAdopted, ...] = ()
    facts: Mapping[UUID, RecordedEvent] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def allowed(self) -> tuple[type[Command[Any]], ...]:
        """The commands that are open in this state."""
        return (OpenDenominator,) if self.of is None else (AdoptForceFigure,)

    def allows(self, command: Command["Denominator"], act: Act) -> Iterator[Broken]:
        """Broken if the command is not open in this state, or comes from a force."""
        if act.force != OVERSIGHT_BODY:
            yield Broken(DENOMINATOR_IS_KEPT_OUTSIDE)
        if type(command) not in self.allowed:
            yield Broken(DENOMINATOR_MOVE_IS_OPEN, tuple(move.__name__ for move in self.allowed))

    def evolve(self, entry: RecordedEvent) -> "Denominator":
        """The denominators after one more fact."""
        event: DenominatorEvent = entry.event  # type: ignore[assignment]
        match event:
            case DenominatorOpened():
                return replace(self, of=event.of)
            case ReferenceFigureAdopted():
                return replace(self, figures=(*self.figures, event))
            case FactCorrected() | FactAttested() | SourceRowWithdrawn():
                return self
            case _:
                assert_never(event)


def replay(entries: Iterable[RecordedEvent], as_of: datetime | None = None) -> Denominator:
    """The denominators as their events have them; with `as_of` (UTC), as they stood at that instant."""
    return replayed(Denominator(), entries, as_of)


def figure_for(
    figures: Iterable[ReferenceFigureAdopted], kind: FigureKind, since: date | None, until: date | None
) -> ReferenceFigureAdopted | None:
    """The figure for the days from `since` to before `until` (None: without end), of those in order of adoption.

    Of those that hold on one of the days, the one that begins last; of the same days, the one adopted last.
    """
    fitting = [
        (each.since, number, each)
        for number, each in enumerate(figures)
        if each.kind is kind and (until is None or each.since < until) and (since is None or each.until > since)
    ]
    return max(fitting, key=lambda found: found[:2])[2] if fitting else None


def _shown(state: Denominator, at: datetime) -> Mapping[str, object]:
    return {"of": state.of, "figures": state.figures, "breaks": []}


DENOMINATOR = aggregate(Aggregate("denominator", "denominators", replay, _shown))
