"""Inspection items: one row per item of the sample of a concluded inspection, with the verdict that counts."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from domain.case.correction import restates
from domain.event import RecordedEvent
from domain.inspection.conclusion import InspectionConcluded
from domain.inspection.scope import Scope
from domain.inspection.state import Inspection, replay
from domain.values import Moment
from projections.inspection_design import Design
from projections.projection import Fan

ONE_DAY = timedelta(days=1)


class InspectionItem(NamedTuple):
    """An item of the sample. `force` was inspected; `audit_ended`: the last London day of the audit period.

    The verdict is the one that both reviewers gave, or that resolved their difference. `sample`: the stratum of the
    item, and the design of the inspection.
    """

    item_id: str
    inspection_id: str
    force: str
    stratum: str
    audit_ended: Moment
    should_be_recorded: bool
    recorded: bool
    right_class: bool | None
    in_time: bool | None
    cancelled_rightly: bool | None
    victim_told: bool | None
    crime: str | None
    domestic_abuse: bool | None
    n100_correct: bool | None
    sample: str


def audit_ended(scope: Scope) -> Moment:
    """The last London day of the audit period."""
    assert scope.until is not None
    return Moment.of((scope.until - ONE_DAY).isoformat())


def _items(stream: str, state: Inspection) -> Sequence[InspectionItem]:
    if state.findings is None:
        return ()
    design, ended, items = str(Design.of(state)), audit_ended(state.scope), list[InspectionItem]()
    for drawn in state.sample.strata:
        for case in drawn.cases:
            verdict = state.judgements.final(case)
            if verdict is None:
                continue
            items.append(
                InspectionItem(
                    item_id=f"{stream}/{case}",
                    inspection_id=stream,
                    force=state.scope.inspected or "",
                    stratum=drawn.stratum.value,
                    audit_ended=ended,
                    should_be_recorded=verdict.should_be_recorded,
                    recorded=verdict.recorded,
                    right_class=verdict.right_class,
                    in_time=verdict.in_time,
                    cancelled_rightly=verdict.cancelled_rightly,
                    victim_told=verdict.victim_told,
                    crime=verdict.crime and verdict.crime.value,
                    domestic_abuse=verdict.domestic_abuse,
                    n100_correct=verdict.n100_correct,
                    sample=f"{drawn.stratum.value} {design}",
                )
            )
    return items


def concludes(entry: RecordedEvent) -> bool:
    """Whether the event can change what a concluded inspection shows: nothing shows before."""
    return isinstance(entry.event, InspectionConcluded) or restates(entry.event)


inspection_items = Fan(
    "inspection_items",
    row=InspectionItem,
    version=1,
    of="inspection-",
    replay=replay,
    evolve=Inspection.evolve,
    rows=_items,
    wants=concludes,
)
