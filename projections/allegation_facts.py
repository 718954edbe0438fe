"""Allegation facts: one row per allegation of a misconduct report."""

from collections.abc import Sequence
from typing import NamedTuple

from domain.values import Moment
from projections.projection import Fan
from projections.report_facts import is_complaint
from projections.report_life import Life, replay


class AllegationFacts(NamedTuple):
    """An allegation. `alleged_at`: when it was put down; `complaint`: its report is dealt with as one."""

    allegation_id: str
    report_id: str
    force: str
    category: str
    alleged_at: Moment | None
    complaint: bool
    withdrawn: bool
    subjects: int


def _facts(stream: str, life: Life) -> Sequence[AllegationFacts]:
    alleged = dict(reversed(life.alleged))  # a file may give the same number twice
    return [
        AllegationFacts(
            allegation_id=f"{stream}/{each.number}",
            report_id=stream,
            force=life.report.held_by or "",
            category=each.category,
            alleged_at=alleged.get(each.number),
            complaint=is_complaint(life),
            withdrawn=each.withdrawn,
            subjects=len(each.subjects),
        )
        for each in {each.number: each for each in life.report.allegations}.values()
    ]


allegation_facts = Fan(
    "allegation_facts", row=AllegationFacts, version=2, of="report-", replay=replay, evolve=Life.evolve, rows=_facts
)
