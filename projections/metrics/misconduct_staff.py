"""Cases for the size of a force: per 1,000 staff, with the limits within which chance alone would put a force."""

from projections.metrics.kinds import PerStaff
from projections.metrics.misconduct_rows import HOME_OFFICE, RULES, nothing
from projections.report_facts import ReportFacts


def _is_case(row: ReportFacts) -> bool:
    return row.logged_at is not None and (row.complaint or row.matter is not None)


cases_per_1000_staff = PerStaff(
    name="cases_per_1000_staff",
    question="How many complaints and recorded matters came to the attention of the appropriate authority in the "
    "period, for each 1,000 staff of the force?",
    unit="report",
    cohort="logged_at",
    of=_is_case,
    excluded_because=nothing,
    dimensions=("force", "month"),
    rule_sets=RULES,
    source=HOME_OFFICE,
    note="The staff is the headcount that was adopted for the force (`GET /v1/denominators`): of those that hold on a "
    "day of the period, the one that begins last, as known at known_at. A force without one is excluded. By force, "
    "the limits p ± 1.96 and 3.09 √(p(1-p)/n) are around the rate p of all forces shown (Spiegelhalter 2005). It is "
    "not a rate for a year unless the period is one.",
    over="report_facts",
)
