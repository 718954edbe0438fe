"""Reports of corruption and abuse: what they are about, how fast they are looked at, what they lead to, referrals."""

from projections.allegation_facts import AllegationFacts
from projections.metrics.kinds import (
    COMPETING,
    EXCLUDED,
    OPEN,
    OUT,
    RECORDED,
    Course,
    Delay,
    Mix,
    Share,
    known_to_the_day,
)
from projections.metrics.misconduct_rows import IOPC, REPORT_DIMENSIONS, RULES, listed, nothing
from projections.report_facts import ReportFacts

OVER = "report_facts"
EXTENSION = "Natural extension: Police Anti-Corruption and Abuse Reporting Service"
MODES = ("independent", "directed", "local", "no_investigation")
LED_TO = ("investigation", "safeguarding", "intelligence", "none_of_these")


def _categorised(row: ReportFacts) -> bool:
    return bool(row.categories)


corruption_reports = Mix(
    name="corruption_reports",
    question="How many reports in one of the public categories were received in the period, by category?",
    unit="report (it may be in several categories)",
    cohort="received_at",
    of=_categorised,
    excluded_because=nothing,
    parts=lambda row: tuple(row.categories.split()),
    known=lambda: listed("report_category"),
    beside="corruption_reports_anonymous",
    dimensions=REPORT_DIMENSIONS,
    rule_sets=RULES,
    source=EXTENSION,
    over=OVER,
)

corruption_reports_anonymous = Share(
    name="corruption_reports_anonymous",
    question="Of the reports in one of the public categories received in the period, how many are anonymous?",
    unit="report",
    cohort="received_at",
    of=_categorised,
    counts=lambda row: row.anonymity == "anonymous",
    excluded_because=nothing,
    dimensions=REPORT_DIMENSIONS,
    rule_sets=RULES,
    source=EXTENSION,
    over=OVER,
)

corruption_intelligence = Mix(
    name="corruption_intelligence",
    question="Of the reports first assessed in the period, how many are in each counter-corruption category?",
    unit="report",
    cohort="assessed_at",
    of=lambda row: row.assessed_at is not None and row.cci_category is not None,
    excluded_because=nothing,
    parts=lambda row: (row.cci_category,),
    known=lambda: listed("counter_corruption"),
    dimensions=REPORT_DIMENSIONS,
    rule_sets=RULES,
    source="Natural extension; the categories as HMICFRS lists them",
    over=OVER,
)


def _assessment(row: ReportFacts) -> Course:
    if row.passed_at is None:
        return Course(OUT)
    coarse = known_to_the_day(row.passed_at, row.assessed_at, row.signposted_at)
    if coarse is not None:
        return Course(EXCLUDED + coarse)
    passed = row.passed_at.london_date
    if row.assessed_at is not None:
        return Course(RECORDED, max((row.assessed_at.london_date - passed).days, 0))
    if row.signposted_at is not None:
        return Course(COMPETING, max((row.signposted_at.london_date - passed).days, 0))
    return Course(OPEN)


triage_time = Delay(
    name="triage_time",
    question="How long do reports passed to a force in the period wait until they are assessed (calendar days; median "
    "and 90th percentile of all)?",
    unit="report",
    cohort="passed_at",
    course=_assessment,
    measured_in="days",
    dimensions=REPORT_DIMENSIONS,
    rule_sets=RULES,
    source=EXTENSION,
    note="From the last time it was passed on to the first assessment. Reports not assessed are censored at known_at; "
    "one that is signposted out is a competing event.",
    over=OVER,
)

triage_mix = Mix(
    name="triage_mix",
    question="What did the reports first assessed in the period lead to?",
    unit="report (it may have led to several)",
    cohort="assessed_at",
    of=lambda row: row.assessed_at is not None,
    excluded_because=nothing,
    parts=lambda row: tuple(row.triage.split()),
    known=lambda: LED_TO,
    dimensions=REPORT_DIMENSIONS,
    rule_sets=RULES,
    source=EXTENSION,
    note="Investigation: one was begun. Intelligence: a record was made, or the assessment came to that alone.",
    over=OVER,
)

mode_mix = Mix(
    name="mode_mix",
    question="Of the referrals decided in the period, how does the IOPC say that they are investigated?",
    unit="report",
    cohort="mode_decided_at",
    of=lambda row: row.mode_decided_at is not None,
    excluded_because=nothing,
    parts=lambda row: (row.mode,),
    known=lambda: MODES,
    dimensions=REPORT_DIMENSIONS,
    rule_sets=RULES,
    source=IOPC,
    note="The last decision on a report counts, by its date.",
    over=OVER,
)


def _complained(row: AllegationFacts) -> bool:
    return row.complaint


allegation_mix = Mix(
    name="allegation_mix",
    question="Of the allegations of complaints put down in the period, how many are in each category?",
    unit="allegation",
    cohort="alleged_at",
    of=_complained,
    excluded_because=nothing,
    parts=lambda row: (row.category,),
    known=lambda: listed("allegation"),
    dimensions=("force", "month"),
    rule_sets=RULES,
    source=IOPC,
    note="The letters are unconfirmed. An allegation against two people counts once.",
    over="allegation_facts",
)
