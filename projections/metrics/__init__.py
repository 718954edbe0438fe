"""The metric catalogue: the one explicit list."""

from projections.metrics.cancellation import cancellation_rate, unauthorised_cancellation
from projections.metrics.inspection import INSPECTION
from projections.metrics.kinds import Metric
from projections.metrics.misconduct import MISCONDUCT
from projections.metrics.notices import (
    transfer_acceptance_delay,
    transfer_confirmed_rate,
    update_in_time,
    victim_told_of_cancellation,
)
from projections.metrics.outcomes import (
    charge_rate,
    charge_share_of_outcomes,
    days_to_outcome,
    outcome16_share,
    outcome16_share_domestic_abuse,
)
from projections.metrics.recording import back_dating, incident_to_crime_conversion, unrecorded_backlog
from projections.metrics.support_line import (
    late_recorded_after_escalation,
    support_line_contacts,
    support_line_contacts_anonymous,
    support_line_recorded_late,
)
from projections.metrics.testimony import testimony_breaking_rules
from projections.metrics.timeliness import (
    decided_within_24h,
    declined_decision_delay,
    recorded_within_24h,
    recording_delay,
)
from projections.metrics.victims import evidence_of_victim_wish, support_referral_within_2wd, victim_told_not_recorded

ALL: tuple[Metric, ...] = (
    recorded_within_24h,
    decided_within_24h,
    recording_delay,
    declined_decision_delay,
    incident_to_crime_conversion,
    late_recorded_after_escalation,
    unrecorded_backlog,
    back_dating,
    cancellation_rate,
    unauthorised_cancellation,
    victim_told_of_cancellation,
    transfer_confirmed_rate,
    transfer_acceptance_delay,
    victim_told_not_recorded,
    evidence_of_victim_wish,
    support_referral_within_2wd,
    update_in_time,
    outcome16_share,
    outcome16_share_domestic_abuse,
    charge_rate,
    charge_share_of_outcomes,
    days_to_outcome,
    support_line_contacts,
    support_line_contacts_anonymous,
    support_line_recorded_late,
    testimony_breaking_rules,
    *MISCONDUCT,
    *INSPECTION,
)

CATALOGUE = {metric.name: metric for metric in ALL}
