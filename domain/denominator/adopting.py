"""Adopting published figures of a force, each with its source and the days it is for; a later one corrects it."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from domain.event import Act, Command, Decision, Event, Purpose, Rule, broken
from domain.reference_figure import FigureKind, ReferenceFigureAdopted, Source, year_before
from domain.values import ForceCode

if TYPE_CHECKING:
    from domain.denominator.state import Denominator

OVERSIGHT_BODY = "inspectorate"
"""The force of the envelope: no force writes its own denominators."""


class DenominatorOpened(Event, name="denominator_opened.v1"):
    """The denominators of a force are kept here."""

    of: ForceCode


_KEPT = "Policy of this system: a rate stands on a published figure with its source"

DENOMINATOR_IS_KEPT_OUTSIDE = Rule(
    "denominator_is_kept_outside",
    "Denominators are kept by the inspectorate; it takes an oversight token (force `*`), not one of a force.",
    _KEPT,
)
DENOMINATOR_FORCE_IS_LISTED = Rule(
    "denominator_force_is_listed",
    "Name in `of` a force of the list (/v1/reference/forces).",
    _KEPT,
)
DENOMINATOR_MOVE_IS_OPEN = Rule(
    "denominator_move_is_open",
    "This cannot be done in the present state of the denominator; `allowed` lists what can.",
    _KEPT,
)
FIGURE_FITS_ITS_KIND = Rule(
    "figure_fits_its_kind",
    "Recorded crime is that of 12 months: `since` is the same day a year before `until`. A headcount holds from "
    "`since` to the day before `until`: since < until.",
    f"{_KEPT}; HMICFRS, crime data integrity inspections: explanatory notes",
)


class OpenDenominator(Command["Denominator"]):
    """Begin to keep the denominators of a force."""

    purpose: ClassVar[Purpose] = Purpose.OVERSIGHT
    aggregate: ClassVar[str] = "denominator"
    opens: ClassVar[bool] = True
    on_behalf: ClassVar[str | None] = OVERSIGHT_BODY
    example: ClassVar[Mapping[str, Any]] = {"of": "kent"}

    of: ForceCode

    def decide(self, state: "Denominator", act: Act) -> Decision:
        """Figures are adopted into it; of several for one force, whatever was adopted last counts."""
        yield from state.allows(self, act)
        yield from broken(DENOMINATOR_FORCE_IS_LISTED, when=self.of not in act.rules.forces, there_are=act.rules.forces)
        yield DenominatorOpened(of=self.of)


class AdoptForceFigure(Command["Denominator"]):
    """Adopt a published figure of the force, with its source; a later one for the same days corrects it."""

    purpose: ClassVar[Purpose] = Purpose.OVERSIGHT
    aggregate: ClassVar[str] = "denominator"
    on_behalf: ClassVar[str | None] = OVERSIGHT_BODY
    example: ClassVar[Mapping[str, Any]] = {
        "kind": "headcount",
        "value": 6_800,
        "since": "2026-03-31",
        "until": "2027-03-31",
        "source": "Home Office, police workforce, 31 March 2026",
    }

    kind: FigureKind
    value: Annotated[int, Field(ge=1, le=10**9)]
    since: date
    until: date
    source: Source

    def decide(self, state: "Denominator", act: Act) -> Decision:
        """Both stay on the record: a figure is read as it was known at any moment."""
        yield from state.allows(self, act)
        year = self.since == year_before(self.until)
        fits = year if self.kind is FigureKind.RECORDED_CRIME_12_MONTHS else self.since < self.until
        yield from broken(FIGURE_FITS_ITS_KIND, when=not fits)
        yield ReferenceFigureAdopted(
            kind=self.kind, value=self.value, since=self.since, until=self.until, source=self.source
        )
