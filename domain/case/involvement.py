"""Involvement: who had to do with a case, as it was written, whatever was corrected or passed on since."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from domain.case.investigation import (
    FileSubmitted,
    InvestigationAllocated,
    InvestigationFinished,
    InvestigationResumed,
    InvestigationStarted,
    InvestigationSuspended,
    InvestigationUpdated,
)
from domain.case.ownership import OwnerAssigned
from domain.case.recording import CrimeRecorded

if TYPE_CHECKING:
    from domain.case.state import Case

INVESTIGATES = (
    InvestigationStarted | InvestigationUpdated | InvestigationResumed | FileSubmitted | InvestigationFinished
)


def is_involved(actor: str, state: "Case") -> bool:
    """Whether they recorded the crime, investigated it, or were ever given the case or its investigation."""
    return actor.casefold() in {each.casefold() for each in _involved(state)}


def _involved(state: "Case") -> Iterator[str]:
    yield from filter(None, (state.investigation.officer,))  # as it was corrected, too
    for entry in state.facts.values():
        match entry.event:
            case CrimeRecorded() | InvestigationSuspended():
                yield entry.actor
            case InvestigationAllocated(officer=officer):
                yield officer
            case OwnerAssigned(owner=owner):
                yield owner
            case event if isinstance(event, INVESTIGATES):
                yield entry.actor
            case _:
                pass
