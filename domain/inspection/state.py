"""The state of an inspection: its parts joined, the moves that are open to it, and what of it may be shown when."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, assert_never
from uuid import UUID

from domain.aggregate import Aggregate, aggregate
from domain.case.attestation import FactAttested
from domain.case.correction import FactCorrected
from domain.case.testimony import SourceRowWithdrawn
from domain.event import Act, Broken, Command, RecordedEvent, Rule
from domain.inspection.concerns import ConcernEvent, Followed
from domain.inspection.conclusion import InspectionAbandoned, InspectionConcluded
from domain.inspection.judging import DisagreementResolved, ItemJudged, Judgements
from domain.inspection.moves import MOVES
from domain.inspection.sampling import Sample, SampleDrawn
from domain.inspection.scope import (
    INSPECTED_FROM_OUTSIDE,
    INSPECTORATE,
    InspectionOpened,
    InspectionStatus,
    Scope,
)
from domain.inspection.seeding import NonceRevealed, Seeding
from domain.reference_figure import FigureKind, ReferenceFigureAdopted
from domain.replacing import replace
from domain.replaying import replayed

InspectionEvent = (
    InspectionOpened
    | NonceRevealed
    | SampleDrawn
    | ReferenceFigureAdopted
    | ItemJudged
    | DisagreementResolved
    | InspectionConcluded
    | InspectionAbandoned
    | ConcernEvent
    | FactCorrected
    | FactAttested
    | SourceRowWithdrawn
)

INSPECTION_MOVE_IS_OPEN = Rule(
    "inspection_move_is_open",
    "This cannot be done in the present state of the inspection; `allowed` lists what can.",
    "HMICFRS crime data integrity programme: the course of an inspection (the order is a policy of this system)",
)
_TOLD = frozenset({InspectionStatus.REVIEWED, InspectionStatus.CONCLUDED})


@dataclass(frozen=True, slots=True)
class Inspection:
    """An inspection as its history has it. `force` is that of the envelope, `scope.inspected` the one inspected."""

    id: str | None = None
    force: str | None = None
    version: int = 0
    status: InspectionStatus = InspectionStatus.NONE
    scope: Scope = Scope()
    seeding: Seeding = Seeding()
    sample: Sample = Sample()
    figures: Mapping[FigureKind, ReferenceFigureAdopted] = field(default_factory=lambda: MappingProxyType({}))
    judgements: Judgements = Judgements()
    findings: InspectionConcluded | None = None
    followed: Followed = Followed()
    facts: Mapping[UUID, RecordedEvent] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def allowed(self) -> tuple[type[Command[Any]], ...]:
        """The commands that are open in this state."""
        return tuple(command for command in MOVES if self.is_open(command))

    def is_open(self, command: type[Command[Any]]) -> bool:
        """Whether the state lets the command through."""
        where = MOVES[command]
        return self.status in where.status and (where.needs is None or self._has(where.needs))

    def allows(self, command: Command["Inspection"], act: Act) -> Iterator[Broken]:
        """Broken if the command is not open in this state, or comes from a force."""
        if act.force != INSPECTORATE:
            yield Broken(INSPECTED_FROM_OUTSIDE)
        if not self.is_open(type(command)):
            yield Broken(INSPECTION_MOVE_IS_OPEN, tuple(move.__name__ for move in self.allowed))

    def evolve(self, entry: RecordedEvent) -> "Inspection":
        """The inspection after one more fact."""
        event: InspectionEvent = entry.event  # type: ignore[assignment]
        if isinstance(event, ConcernEvent):
            return replace(self, followed=self.followed.evolve(event))
        match event:
            case InspectionOpened():
                return replace(self, status=InspectionStatus.OPENED, scope=Scope.of(event, entry.position))
            case NonceRevealed():
                return replace(self, status=InspectionStatus.SEEDED, seeding=Seeding.of(event))
            case SampleDrawn():
                return replace(self, status=InspectionStatus.DRAWN, sample=Sample.of(event))
            case ReferenceFigureAdopted():
                return replace(self, figures=MappingProxyType({**self.figures, event.kind: event}))
            case ItemJudged() | DisagreementResolved():
                judged = self.judgements.evolve(entry, event)
                reviewed = judged.complete == self.sample.size
                status = InspectionStatus.REVIEWED if reviewed else self.status
                return replace(self, status=status, judgements=judged)
            case InspectionConcluded():
                return replace(self, status=InspectionStatus.CONCLUDED, findings=event)
            case InspectionAbandoned():
                return replace(self, status=InspectionStatus.ABANDONED)
            case FactCorrected() | FactAttested() | SourceRowWithdrawn():
                return self
            case _:
                assert_never(event)

    def _has(self, needed: str) -> bool:
        match needed:
            case "disagreement":
                return bool(self.judgements.disagreements)
            case "concern":
                return any(concern.open for concern in self.followed.concerns)
            case _:
                return any(each.closed_as is None for each in self.followed.recommendations)


def replay(entries: Iterable[RecordedEvent], as_of: datetime | None = None) -> Inspection:
    """The inspection as its events have it; with `as_of` (UTC), as it stood at that instant of its life."""
    return replayed(Inspection(), entries, as_of)


def _shown(inspection: Inspection, at: datetime) -> Mapping[str, object]:
    """What is shown: of the verdicts only who gave one, until every item has both."""
    judgements = inspection.judgements
    told = inspection.status in _TOLD
    drawn = [
        {
            "stratum": stratum.stratum,
            "reports": stratum.frame,
            "items": [{"case": case, "judged_by": judgements.reviewers(case)} for case in stratum.cases],
        }
        for stratum in inspection.sample.strata
    ]
    differences = [
        {"case": case, "verdicts": [{"reviewer": by, "verdict": verdict} for by, verdict in judgements.of(case)]}
        for case in judgements.disagreements
    ]
    return {
        "status": inspection.status,
        "scope": inspection.scope,
        "seeding": inspection.seeding,
        "sample": {
            "known_at": inspection.sample.known_at,
            "frame_digest": inspection.sample.frame_digest,
            "strata": drawn,
        },
        "figures": list(inspection.figures.values()),
        "disagreements": differences if told else None,
        "findings": inspection.findings,
        "concerns": inspection.followed.concerns,
        "recommendations": inspection.followed.recommendations,
        "breaks": [],
    }


INSPECTION = aggregate(Aggregate("inspection", "inspections", replay, _shown))
