"""What can be known from the events: pure folds. No I/O, no SQL."""

from typing import Any

from projections.case_register import case_register
from projections.duties import duties
from projections.fact_tables import TABLES
from projections.metrics import ALL as METRICS
from projections.missed_deadlines import missed_deadlines
from projections.projection import Keyed
from projections.support_contacts import support_contacts

for _metric in METRICS:
    TABLES[_metric.over].projection.derived.extend(_metric.derived())

ALL: tuple[Keyed[Any], ...] = (
    *(table.projection for table in TABLES.values()),
    case_register,
    duties,
    missed_deadlines,
    support_contacts,
)
