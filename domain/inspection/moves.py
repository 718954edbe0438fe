"""The moves of an inspection: in which states each command is open."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from domain.event import Command
from domain.inspection.concerns import (
    CloseCauseOfConcern,
    CloseRecommendation,
    MakeRecommendation,
    RaiseCauseOfConcern,
)
from domain.inspection.conclusion import AbandonInspection, ConcludeInspection
from domain.inspection.denominator import AdoptReferenceFigure
from domain.inspection.judging import JudgeItem, ResolveDisagreement
from domain.inspection.sampling import DrawSample
from domain.inspection.scope import InspectionStatus, OpenInspection
from domain.inspection.seeding import RevealNonce

S = InspectionStatus
UNDER_WAY = frozenset({S.OPENED, S.SEEDED, S.DRAWN, S.REVIEWED})
FOUND = frozenset({S.DRAWN, S.REVIEWED, S.CONCLUDED})


@dataclass(frozen=True, slots=True)
class Where:
    """The states in which a command is open. `needs`: something of that kind must be open too."""

    status: frozenset[InspectionStatus]
    needs: str | None = None


def _in(*statuses: InspectionStatus) -> Where:
    return Where(frozenset(statuses))


MOVES: Mapping[type[Command[Any]], Where] = MappingProxyType(
    {
        OpenInspection: _in(S.NONE),
        RevealNonce: _in(S.OPENED),
        DrawSample: _in(S.SEEDED),
        AdoptReferenceFigure: Where(UNDER_WAY),
        JudgeItem: _in(S.DRAWN),
        ResolveDisagreement: Where(frozenset({S.REVIEWED}), "disagreement"),
        ConcludeInspection: _in(S.REVIEWED),
        AbandonInspection: Where(UNDER_WAY),
        RaiseCauseOfConcern: Where(FOUND),
        CloseCauseOfConcern: Where(FOUND, "concern"),
        MakeRecommendation: Where(FOUND),
        CloseRecommendation: Where(FOUND, "recommendation"),
    }
)
