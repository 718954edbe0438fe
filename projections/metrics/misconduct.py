"""The metrics of complaints and misconduct: all over facts about reports, all with their unit of count."""

from projections.metrics.kinds import Metric
from projections.metrics.misconduct_complaints import (
    allegations_per_complaint,
    complaints_logged,
    days_to_finalise_outside,
    days_to_finalise_sch3_excl,
    days_to_finalise_sch3_incl,
    days_to_first_contact,
    finalisation_wait,
    first_contact_wait,
    sch3_share,
)
from projections.metrics.misconduct_people import (
    barred_list_notifications,
    dismissal_rate_of_gross,
    proceedings_mix,
    proven_rate_accelerated,
    proven_rate_hearing,
    proven_rate_meeting,
)
from projections.metrics.misconduct_reports import (
    allegation_mix,
    corruption_intelligence,
    corruption_reports,
    corruption_reports_anonymous,
    mode_mix,
    triage_mix,
    triage_time,
)
from projections.metrics.misconduct_staff import cases_per_1000_staff
from projections.metrics.misconduct_steps import (
    case_to_answer_rate,
    delay_report_sent,
    over_12_months,
    referral_on_time,
    review_acknowledged_5wd,
    review_days,
    review_upheld_rate,
    review_wait,
    update_28d_compliance,
)

MISCONDUCT: tuple[Metric, ...] = (
    complaints_logged,
    allegations_per_complaint,
    allegation_mix,
    sch3_share,
    days_to_first_contact,
    first_contact_wait,
    days_to_finalise_outside,
    days_to_finalise_sch3_incl,
    days_to_finalise_sch3_excl,
    finalisation_wait,
    update_28d_compliance,
    referral_on_time,
    mode_mix,
    over_12_months,
    delay_report_sent,
    case_to_answer_rate,
    proceedings_mix,
    proven_rate_meeting,
    proven_rate_hearing,
    proven_rate_accelerated,
    dismissal_rate_of_gross,
    review_upheld_rate,
    review_acknowledged_5wd,
    review_days,
    review_wait,
    corruption_reports,
    corruption_reports_anonymous,
    corruption_intelligence,
    triage_time,
    triage_mix,
    barred_list_notifications,
    cases_per_1000_staff,
)
TABLES = frozenset({"report_facts", "allegation_facts", "subject_facts", "report_steps"})


def is_misconduct(metric: Metric) -> bool:
    """Whether it counts over reports of misconduct: live for oversight only, published for members of a force."""
    return metric.over in TABLES
