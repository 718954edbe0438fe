"""The fact tables that metrics are counted over, by name."""

from typing import Any, NamedTuple

from projections.allegation_facts import allegation_facts
from projections.case_facts import case_facts
from projections.case_steps import case_steps
from projections.escalation_facts import escalation_facts
from projections.inspection_facts import inspection_facts
from projections.inspection_items import inspection_items
from projections.projection import Keyed
from projections.report_facts import report_facts
from projections.report_steps import report_steps
from projections.subject_facts import subject_facts


class FactTable(NamedTuple):
    """A projection whose rows are counted. A row without its cohort's date goes by the `nearest` that it has.

    `before`: the moment by the end of whose month it happened, where no date is known at all.
    """

    projection: Keyed[Any]
    nearest: tuple[str, ...] = ()
    before: str | None = None


TABLES = {
    table.projection.name: table
    for table in (
        FactTable(case_facts, ("registered_at", "recorded_at"), "recorded_before"),
        FactTable(case_steps),
        FactTable(escalation_facts),
        FactTable(report_facts),
        FactTable(allegation_facts),
        FactTable(subject_facts),
        FactTable(report_steps),
        FactTable(inspection_items),
        FactTable(inspection_facts),
    )
}
