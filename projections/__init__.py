"""What can be known from the events: pure folds. No I/O, no SQL."""

from typing import Any

from projections.case_register import case_register
from projections.duties import duties
from projections.fact_tables import TABLES
from projections.metrics import ALL as METRICS
from projections.missed_deadlines import missed_deadlines
from projections.projection import Keyed
from projections.report_duties import report_duties
from projections.report_misses import report_misses
from projections.report_register import report_register
from projections.support_contacts import support_contacts

for _metric in METRICS:
    TABLES[_metric.over].projection.derived.extend(_metric.derived())

ALL: tuple[Keyed[Any], ...] = (
    *(table.projection for table in TABLES.values()),
    case_register,
    duties,
    missed_deadlines,
    report_duties,
    report_misses,
    report_register,
    support_contacts,
)
