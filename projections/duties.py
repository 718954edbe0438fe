"""Duties: one row for each thing that a force owes in a case, or has owed, with its deadline and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from domain.case.attestation import FactAttested
from domain.case.classification import CrimeReclassified
from domain.case.recording import IncidentRegistered
from domain.case.reference import ReferenceAdded
from domain.case.state import Case, replay
from domain.case.testimony import CrimeRecordEvidenced
from domain.event import RecordedEvent
from domain.values import Moment
from projections.projection import Fan

_ABOUT_NOTHING_OWED = (IncidentRegistered, CrimeReclassified, ReferenceAdded, FactAttested, CrimeRecordEvidenced)
_MAY_BE_MISSED = "stopped_at IS NULL OR stopped_at > due"


class DutyOwed(NamedTuple):
    """A duty of a case. `duty_id` is the stream of its miss; `due` the last instant in time; `owner` is the case's.

    `stopped_at`: the earliest instant at which its clock may have stopped (met, lifted, paused); none: it runs.
    """

    duty_id: str
    case_id: str
    force: str
    kind: str
    about: str | None
    opened_by: str
    opened_at: Moment
    due: datetime
    rule_set: str
    escalate_to: str | None
    met_at: Moment | None
    lifted: bool
    paused: bool
    stopped_at: datetime | None
    is_open: bool
    owner: str | None
    unit: str | None


def _owed(stream: str, case: Case) -> Sequence[DutyOwed]:
    owner = case.ownership
    return [
        DutyOwed(
            duty_id=duty.stream(stream),
            case_id=stream,
            force=case.force or "",
            kind=duty.kind.value,
            about=duty.about and duty.about.value,
            opened_by=str(duty.opened_by),
            opened_at=duty.opened_at,
            due=duty.due,
            rule_set=duty.rule_set,
            escalate_to=duty.escalate_to and duty.escalate_to.value,
            met_at=duty.met_at,
            lifted=duty.lifted_by is not None,
            paused=duty.paused_at is not None,
            stopped_at=duty.stopped_at,
            is_open=duty.is_open,
            owner=owner.owner,
            unit=owner.unit,
        )
        for duty in case.duties
    ]


def _wants(entry: RecordedEvent) -> bool:
    return not isinstance(entry.event, _ABOUT_NOTHING_OWED)


duties = Fan(
    "duties",
    row=DutyOwed,
    version=1,
    of="case-",
    replay=replay,
    evolve=Case.evolve,
    rows=_owed,
    wants=_wants,
    indexes=(
        "(is_open, due)",
        "(owner, due) WHERE is_open",
        "(case_id)",
        f"(due, duty_id) WHERE {_MAY_BE_MISSED}",
        f"(from_position, duty_id) WHERE {_MAY_BE_MISSED}",
    ),
)
