"""Figures from outside that an estimate needs: adopted with their source, never assumed."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from domain.event import Act, Command, Decision, Purpose, Rule, broken
from domain.inspection.scope import INSPECTORATE
from domain.reference_figure import FigureKind, ReferenceFigureAdopted, Source, year_before

if TYPE_CHECKING:
    from domain.inspection.state import Inspection

REFERENCE_FITS_THE_AUDIT = Rule(
    "reference_fits_the_audit",
    "Recorded crime is that of the 12 months that end with the audit period: `until` is the inspection's own, `since` "
    "the same day a year before. A headcount needs since < until.",
    "HMICFRS, crime data integrity inspections: explanatory notes",
)


class AdoptReferenceFigure(Command["Inspection"]):
    """Adopt a published figure as denominator, with its source; the latest of a kind counts."""

    purpose: ClassVar[Purpose] = Purpose.OVERSIGHT
    aggregate: ClassVar[str] = "inspection"
    on_behalf: ClassVar[str | None] = INSPECTORATE
    example: ClassVar[Mapping[str, Any]] = {
        "kind": "recorded_crime_12_months",
        "value": 279_093,
        "since": "2025-07-01",
        "until": "2026-07-01",
        "source": "Home Office police recorded crime, year to June 2026, fraud excluded",
    }

    kind: FigureKind
    value: Annotated[int, Field(ge=1, le=10**9)]
    since: date
    until: date
    source: Source

    def decide(self, state: "Inspection", act: Act) -> Decision:
        """Without recorded crime of 12 months there is a rate and no estimate of what is missing."""
        yield from state.allows(self, act)
        year = self.until == state.scope.until and self.since == year_before(self.until)
        fits = year if self.kind is FigureKind.RECORDED_CRIME_12_MONTHS else self.since < self.until
        yield from broken(REFERENCE_FITS_THE_AUDIT, when=not fits)
        yield ReferenceFigureAdopted(
            kind=self.kind, value=self.value, since=self.since, until=self.until, source=self.source
        )
