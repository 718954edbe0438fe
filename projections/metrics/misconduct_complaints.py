"""Complaints: how many are logged, how they are handled, and how long that takes (unit of count: the complaint)."""

from projections.metrics.kinds import (
    COMPETING,
    EXCLUDED,
    OPEN,
    OUT,
    RECORDED,
    Count,
    Course,
    Delay,
    Mean,
    Share,
    known_to_the_day,
)
from projections.metrics.misconduct_rows import (
    CASE_WEIGHTED,
    COMPLAINT_DIMENSIONS,
    IOPC,
    RULES,
    nothing,
)
from projections.report_facts import ReportFacts
from projections.working_time import working_days

OVER = "report_facts"
WHICH = (
    "A complaint is a report that is recorded as one, that is handled outside Schedule 3, or that somebody of the "
    "public made and that was not recorded as another matter, signposted out or kept as intelligence only."
)


def _logged(row: ReportFacts) -> bool:
    return row.complaint and row.logged_at is not None


complaints_logged = Count(
    name="complaints_logged",
    question="How many complaints came to the attention of the appropriate authority in the period?",
    unit="complaint",
    cohort="logged_at",
    of=_logged,
    excluded_because=nothing,
    dimensions=COMPLAINT_DIMENSIONS,
    rule_sets=RULES,
    source=IOPC,
    note=WHICH,
    over=OVER,
)

allegations_per_complaint = Mean(
    name="allegations_per_complaint",
    question="How many allegations does a complaint logged in the period hold?",
    unit="complaint (of allegations)",
    cohort="logged_at",
    of=_logged,
    excluded_because=nothing,
    measure=lambda row: row.allegations,
    dimensions=COMPLAINT_DIMENSIONS,
    rule_sets=RULES,
    source=IOPC,
    note="The numerator counts allegations, the denominator complaints; what was withdrawn was alleged all the same. "
    + CASE_WEIGHTED,
    over=OVER,
)

sch3_share = Share(
    name="sch3_share",
    question="Of the complaints logged in the period, how many are recorded under Schedule 3?",
    unit="complaint",
    cohort="logged_at",
    of=_logged,
    counts=lambda row: row.matter is not None,
    excluded_because=nothing,
    dimensions=COMPLAINT_DIMENSIONS,
    rule_sets=RULES,
    source=IOPC,
    note="One that has not been decided on yet counts as not recorded so far.",
    over=OVER,
)


def _contact_coarse(row: ReportFacts) -> str | None:
    return known_to_the_day(row.received_at, row.contacted_at) if row.complaint and row.contacted_at else None


def _days_to_contact(row: ReportFacts) -> int:
    assert row.received_at is not None
    assert row.contacted_at is not None
    return working_days(row.received_at, row.contacted_at)


days_to_first_contact = Mean(
    name="days_to_first_contact",
    question="How many working days after it was made did complainants first hear from the force (first contacts in "
    "the period)?",
    unit="complaint",
    cohort="contacted_at",
    of=lambda row: row.complaint and row.contacted_at is not None and row.received_at is not None,
    excluded_because=_contact_coarse,
    measure=_days_to_contact,
    beside="first_contact_wait",
    dimensions=COMPLAINT_DIMENSIONS,
    rule_sets=RULES,
    source=IOPC,
    note="A question, a status, an update or the outcome is a contact. Those not contacted yet are not in a mean of "
    f"contacts: read it beside first_contact_wait. {CASE_WEIGHTED}",
    over=OVER,
)


def _contact(row: ReportFacts) -> Course:
    if not row.complaint or row.received_at is None:
        return Course(OUT)
    coarse = known_to_the_day(row.received_at, row.contacted_at)
    if coarse is not None:
        return Course(EXCLUDED + coarse)
    return (
        Course(OPEN) if row.contacted_at is None else Course(RECORDED, working_days(row.received_at, row.contacted_at))
    )


first_contact_wait = Delay(
    name="first_contact_wait",
    question="How long do complaints made in the period wait for a first contact (working days; median and 90th "
    "percentile of all)?",
    unit="complaint",
    cohort="received_at",
    course=_contact,
    measured_in="working_days",
    dimensions=COMPLAINT_DIMENSIONS,
    rule_sets=RULES,
    source="Natural extension: keeps days_to_first_contact honest",
    note="Complaints without a contact are censored at known_at.",
    over=OVER,
)


def _finalised(row: ReportFacts) -> bool:
    return row.complaint and row.logged_at is not None and row.closed_at is not None


def _not_in_days(row: ReportFacts) -> str | None:
    return known_to_the_day(row.logged_at, row.closed_at) if _finalised(row) else None


def _not_in_net_days(row: ReportFacts) -> str | None:
    coarse = _not_in_days(row)
    return coarse or (known_to_the_day_of_suspensions(row) if _finalised(row) else None)


def known_to_the_day_of_suspensions(row: ReportFacts) -> str | None:
    """Why the days of its suspensions cannot be counted."""
    return "suspension known only to the month" if row.suspended_days is None else None


def _gross(row: ReportFacts) -> int:
    assert row.logged_at is not None
    assert row.closed_at is not None
    return working_days(row.logged_at, row.closed_at)


def _net(row: ReportFacts) -> int:
    return max(_gross(row) - (row.suspended_days or 0), 0)


def _outside(row: ReportFacts) -> bool:
    return row.matter is None


def _recorded(row: ReportFacts) -> bool:
    return row.matter is not None


_FINALISED = (
    "From the day it came to the attention of the appropriate authority to the day it was closed last; one that was "
    f"opened again is not finalised. {CASE_WEIGHTED}"
)

days_to_finalise_outside = Mean(
    name="days_to_finalise_outside",
    question="How many working days did complaints handled outside Schedule 3 take that were finalised in the period?",
    unit="complaint",
    cohort="closed_at",
    of=lambda row: _finalised(row) and _outside(row),
    excluded_because=lambda row: _not_in_days(row) if _outside(row) else None,
    measure=_gross,
    beside="finalisation_wait",
    dimensions=COMPLAINT_DIMENSIONS,
    rule_sets=RULES,
    source=IOPC,
    note=_FINALISED,
    over=OVER,
)

days_to_finalise_sch3_incl = Mean(
    name="days_to_finalise_sch3_incl",
    question="How many working days did complaints recorded under Schedule 3 take that were finalised in the period, "
    "suspensions included?",
    unit="complaint",
    cohort="closed_at",
    of=lambda row: _finalised(row) and _recorded(row),
    excluded_because=lambda row: _not_in_days(row) if _recorded(row) else None,
    measure=_gross,
    beside="finalisation_wait",
    dimensions=COMPLAINT_DIMENSIONS,
    rule_sets=RULES,
    source=IOPC,
    note=_FINALISED,
    over=OVER,
)

days_to_finalise_sch3_excl = Mean(
    name="days_to_finalise_sch3_excl",
    question="How many working days did complaints recorded under Schedule 3 take that were finalised in the period, "
    "without the time for which the investigation was suspended?",
    unit="complaint",
    cohort="closed_at",
    of=lambda row: _finalised(row) and _recorded(row),
    excluded_because=lambda row: _not_in_net_days(row) if _recorded(row) else None,
    measure=_net,
    beside="finalisation_wait",
    dimensions=COMPLAINT_DIMENSIONS,
    rule_sets=RULES,
    source=IOPC,
    note=f"{_FINALISED} Working days of suspensions (sub judice) are taken off.",
    over=OVER,
)


def _finalisation(row: ReportFacts) -> Course:
    if not _logged(row) or row.logged_at is None:
        return Course(OUT)
    coarse = known_to_the_day(row.logged_at, row.closed_at)
    if coarse is not None:
        return Course(EXCLUDED + coarse)
    if row.closed_at is None:
        return Course(OPEN)
    return Course(COMPETING if row.withdrawn else RECORDED, _gross(row))


finalisation_wait = Delay(
    name="finalisation_wait",
    question="How long do complaints logged in the period take until they are finalised (working days; median and 90th "
    "percentile of all)?",
    unit="complaint",
    cohort="logged_at",
    course=_finalisation,
    measured_in="working_days",
    dimensions=COMPLAINT_DIMENSIONS,
    rule_sets=RULES,
    source="Natural extension: keeps days_to_finalise honest, so that not closing never looks good",
    note="Open complaints are censored at known_at; a withdrawn one is a competing event. Suspensions are included.",
    over=OVER,
)
