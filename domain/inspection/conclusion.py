"""Concluding: what was found is fixed, with the interval that is printed; or the inspection is abandoned."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from domain.event import Act, Command, Decision, Event, Purpose, Rule, broken
from domain.inspection import estimate
from domain.inspection.findings import Agreement, EstimatedCrimes, OverallFindings, StratumFindings
from domain.inspection.scope import INSPECTORATE, InspectionId, InspectionStatus
from domain.inspection.statistics.proportion import Method
from domain.reference_figure import FigureKind
from domain.values import FreeText, SealedText

if TYPE_CHECKING:
    from domain.inspection.state import Inspection


class InspectionConcluded(Event, name="inspection_concluded.v1"):
    """What the inspection found. `printed`: the interval that stands beside each figure; the other is kept too."""

    printed: Method
    level: float
    strata: tuple[StratumFindings, ...]
    overall: OverallFindings
    unrecorded: EstimatedCrimes
    additional: EstimatedCrimes
    agreement: tuple[Agreement, ...]
    previous: InspectionId | None = None


class InspectionAbandoned(Event, name="inspection_abandoned.v1"):
    """The inspection ended without a result; it stays on the record."""

    because: SealedText | None = None


DISAGREEMENTS_ARE_RESOLVED = Rule(
    "disagreements_are_resolved",
    "The reviewers still differ on items that `disagreements` lists; resolve each first.",
    "HMICFRS crime data integrity programme: peer review of audit decisions (its form is a policy of this system)",
)
PREVIOUS_IS_COMPARABLE = Rule(
    "previous_is_comparable",
    "Name in `previous` an inspection of the same force that is concluded and whose audit period ended before this one "
    "began.",
    "HMICFRS, crime data integrity inspections: explanatory notes (re-inspections)",
)


class ConcludeInspection(Command["Inspection"]):
    """Conclude: fix the estimates, and say which interval is printed."""

    purpose: ClassVar[Purpose] = Purpose.OVERSIGHT
    aggregate: ClassVar[str] = "inspection"
    on_behalf: ClassVar[str | None] = INSPECTORATE
    example: ClassVar[Mapping[str, Any]] = {"printed": "wilson", "previous": None}

    printed: Method = Method.WILSON
    previous: InspectionId | None = None

    def concerns(self, state: "Inspection") -> tuple[str, ...]:
        """The inspection before, if one is named."""
        return () if self.previous is None else (self.previous,)

    def decide(self, state: "Inspection", act: Act) -> Decision:
        """Every item was judged by two, every difference resolved.

        There is no overall rate where a stratum was not audited, and no estimate of what is missing without a rate and
        the recorded crime of 12 months.
        """
        yield from state.allows(self, act)
        yield from broken(DISAGREEMENTS_ARE_RESOLVED, when=bool(state.judgements.disagreements))
        before: Inspection | None = act.others.get(self.previous or "")
        yield from broken(PREVIOUS_IS_COMPARABLE, when=self.previous is not None and not _comparable(before, state))
        level = act.rules.inspection.level
        z = estimate.deviate(level)
        strata = tuple(estimate.of_stratum(drawn, state.judgements, z) for drawn in state.sample.strata)
        overall = estimate.overall(state.sample, strata, z)
        figure = state.figures.get(FigureKind.RECORDED_CRIME_12_MONTHS)
        crime, source = (figure.value, figure.source) if figure is not None else (None, None)
        earlier = before.findings.overall if before is not None and before.findings is not None else None
        yield InspectionConcluded(
            printed=self.printed,
            level=level,
            strata=strata,
            overall=overall,
            unrecorded=estimate.unrecorded(overall, self.printed, crime, source),
            additional=estimate.additional(overall, earlier, self.printed, crime, source),
            agreement=estimate.agreement(state.judgements),
            previous=self.previous,
        )


def _comparable(before: "Inspection | None", state: "Inspection") -> bool:
    if before is None or before.status is not InspectionStatus.CONCLUDED:
        return False
    ended, began = before.scope.until, state.scope.since
    same = before.scope.inspected == state.scope.inspected
    return same and ended is not None and began is not None and ended <= began


class AbandonInspection(Command["Inspection"]):
    """End the inspection without a result, and say why."""

    purpose: ClassVar[Purpose] = Purpose.OVERSIGHT
    aggregate: ClassVar[str] = "inspection"
    on_behalf: ClassVar[str | None] = INSPECTORATE

    because: FreeText

    def decide(self, state: "Inspection", act: Act) -> Decision:
        """Its opening, and its sample if one was drawn, stay on the record."""
        yield from state.allows(self, act)
        yield InspectionAbandoned(because=self.because)
