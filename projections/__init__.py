"""What can be known from the events: pure folds. No I/O, no SQL."""

from typing import Any

from projections.case_facts import case_facts
from projections.case_register import case_register
from projections.duties import duties
from projections.metrics import ALL as METRICS
from projections.missed_deadlines import missed_deadlines
from projections.projection import Keyed
from projections.support_contacts import support_contacts

case_facts.derived.extend(column for metric in METRICS for column in metric.derived())

ALL: tuple[Keyed[Any], ...] = (case_facts, case_register, duties, missed_deadlines, support_contacts)
