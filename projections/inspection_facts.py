"""Inspection facts: one row per concluded inspection, with the numbers of crimes that it estimated."""

from collections.abc import Sequence
from typing import NamedTuple

from domain.inspection.scope import WEIGHED
from domain.inspection.state import Inspection, replay
from domain.values import Moment
from projections.inspection_items import audit_ended, concludes
from projections.projection import Fan


class InspectionFacts(NamedTuple):
    """A concluded inspection. `force` was inspected; `k` of `n` audited reports that should be recorded were.

    `recorded_crime`: that of 12 months, without fraud, as adopted. Of each estimate: the number with the interval that
    the printed one of the rate gives, or the reason why there is none.
    """

    inspection_id: str
    force: str
    audit_ended: Moment
    printed: str
    level: float
    k: int
    n: int
    recorded_crime: int | None
    unrecorded: int | None
    unrecorded_low: int | None
    unrecorded_high: int | None
    unrecorded_reason: str | None
    additional: int | None
    additional_low: int | None
    additional_high: int | None
    additional_reason: str | None


def _facts(stream: str, state: Inspection) -> Sequence[InspectionFacts]:
    found = state.findings
    if found is None:
        return ()
    rates = [each.recorded for each in found.strata if each.stratum in WEIGHED]
    return [
        InspectionFacts(
            inspection_id=stream,
            force=state.scope.inspected or "",
            audit_ended=audit_ended(state.scope),
            printed=found.printed.value,
            level=found.level,
            k=sum(rate.k for rate in rates),
            n=sum(rate.n for rate in rates),
            recorded_crime=found.unrecorded.recorded_crime,
            unrecorded=found.unrecorded.value,
            unrecorded_low=found.unrecorded.low,
            unrecorded_high=found.unrecorded.high,
            unrecorded_reason=found.unrecorded.reason,
            additional=found.additional.value,
            additional_low=found.additional.low,
            additional_high=found.additional.high,
            additional_reason=found.additional.reason,
        )
    ]


inspection_facts = Fan(
    "inspection_facts",
    row=InspectionFacts,
    version=1,
    of="inspection-",
    replay=replay,
    evolve=Inspection.evolve,
    rows=_facts,
    wants=concludes,
)
