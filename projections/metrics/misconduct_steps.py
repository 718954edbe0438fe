"""Clocks of misconduct: investigations that last, updates, referrals, delay statements, reviews."""

from domain.values import Moment
from projections import report_steps as steps
from projections.metrics.kinds import (
    EXCLUDED,
    OPEN,
    OUT,
    RECORDED,
    Course,
    Delay,
    Mean,
    Share,
    StockShare,
    known_to_the_day,
)
from projections.metrics.misconduct_rows import (
    CASE_WEIGHTED,
    CLOCKS,
    IOPC,
    REVIEW_DIMENSIONS,
    RULES,
    STEP_DIMENSIONS,
    nothing,
)
from projections.report_steps import StepFacts
from projections.working_time import working_days

OVER = "report_steps"
ENDED_BEFORE_DUE = "no longer owed when the time had run"
NO_ATTENTION = "when it came to attention is not known"
NO_OPINION = "the report states no opinion"


def _late_or_not(row: StepFacts) -> bool | str | None:
    """Whether it was done in time; why that is not judged; None where the precision cannot decide."""
    if row.due is None or row.until is None:
        return False
    if row.result == steps.LIFTED:
        return _after(row.until, row, False, ENDED_BEFORE_DUE)
    return _after(row.until, row, False, True)


def _after(at: Moment, row: StepFacts, if_after: bool, if_not: bool | str) -> bool | str | None:
    assert row.due is not None
    if at.earliest > row.due:
        return if_after
    return if_not if at.latest <= row.due else None


def _in_time(kind: str, row: StepFacts) -> bool | None:
    found = _late_or_not(row) if row.kind == kind else None
    return found if isinstance(found, bool) else None


def _not_owed(kind: str, row: StepFacts) -> str | None:
    if row.kind != kind:
        return None
    found = _late_or_not(row)
    return found if isinstance(found, str) else known_to_the_day(row.since)


def _clock(
    name: str,
    kind: str,
    question: str,
    unit: str,
    cohort: str,
    source: str,
    note: str,
    rule_sets: tuple[str, ...] = CLOCKS,
) -> Share:
    return Share(
        name=name,
        question=question,
        unit=unit,
        cohort=cohort,
        of=lambda row: row.kind == kind,
        counts=lambda row: _in_time(kind, row),
        excluded_because=lambda row: _not_owed(kind, row),
        due="due",
        only_due=True,
        dimensions=STEP_DIMENSIONS,
        rule_sets=rule_sets,
        source=source,
        note=note,
        over=OVER,
    )


update_28d_compliance = _clock(
    "update_28d_compliance",
    steps.UPDATE,
    "Of the updates on investigations that were due in the period, how many were sent within 28 days?",
    "update due (several in a report)",
    "due",
    "Natural extension: SI 2020/2, regulation 34",
    "From the start of the investigation, then from the last update. An investigation that ended before the 28 days "
    "were over owed none; suspensions do not stop the clock.",
)

referral_on_time = _clock(
    "referral_on_time",
    steps.REFERRAL,
    "Of the criteria of mandatory referral identified in the period, how many were referred by the day after?",
    "criterion identified (several in a report)",
    "since",
    "Natural extension: SI 2020/2, regulations 4 and 7 (wording unconfirmed)",
    "By the day on which it became clear. One for which it was recorded in time why it is not referred is excluded; "
    "recorded too late, it counts as missed.",
)

delay_report_sent = _clock(
    "delay_report_sent",
    steps.STATEMENT,
    "Of the statements on long investigations that were due in the period, how many were sent in time?",
    "statement due (several in a report)",
    "due",
    "Natural extension: SI 2020/4, regulation 19; SI 2020/2, regulation 13",
    "Due 12 months after the allegation came to attention and every 6 months from then on. Not followed for longer "
    "than ten years.",
)

over_12_months = StockShare(
    name="over_12_months",
    question="Of the investigations open at the moment, how many were so more than 12 months after the allegation came "
    "to attention?",
    unit="investigation",
    cohort="since",
    ends="until",
    limit="due",
    of=lambda row: row.kind == steps.INVESTIGATION,
    excluded_because=lambda row: NO_ATTENTION if row.kind == steps.INVESTIGATION and row.due is None else None,
    beside="delay_report_sent",
    dimensions=("force",),
    rule_sets=CLOCKS,
    source=IOPC,
    note="From the end of the London day 12 months after. One begun anew after a review counts from the same day.",
    over=OVER,
)


def _reported(row: StepFacts) -> bool:
    return row.kind == steps.INVESTIGATION and row.result in (steps.CASE, steps.NO_CASE, steps.NO_OPINION)


case_to_answer_rate = Share(
    name="case_to_answer_rate",
    question="Of the investigations reported on in the period, how many find a case to answer?",
    unit="investigation",
    cohort="until",
    of=_reported,
    counts=lambda row: row.result == steps.CASE,
    excluded_because=lambda row: NO_OPINION if _reported(row) and row.result == steps.NO_OPINION else None,
    dimensions=STEP_DIMENSIONS,
    rule_sets=CLOCKS,
    source=IOPC,
    note="For one of its subjects at least, for misconduct or gross misconduct.",
    over=OVER,
)


def _review(row: StepFacts) -> bool:
    return row.kind == steps.REVIEW


def _decided(row: StepFacts) -> bool:
    return _review(row) and row.until is not None


review_upheld_rate = Share(
    name="review_upheld_rate",
    question="Of the reviews decided in the period, how many were upheld?",
    unit="review",
    cohort="until",
    of=_decided,
    counts=lambda row: row.result == "upheld",
    excluded_because=nothing,
    dimensions=REVIEW_DIMENSIONS,
    rule_sets=RULES,
    source=IOPC,
    note="A complaint can be reviewed again once it was closed again. Broken down by body, it keeps apart the IOPC and "
    "local policing bodies.",
    over=OVER,
)


review_acknowledged_5wd = _clock(
    "review_acknowledged_5wd",
    steps.ACKNOWLEDGEMENT,
    "Of the reviews asked of a local policing body in the period, how many did it acknowledge within 5 working days?",
    "review",
    "since",
    "Local policing bodies, annual reports on complaint reviews (that it is owed is a policy of this system)",
    "Counted from the day of the application. A review decided before the time had run owed none; the IOPC's are not "
    "counted.",
    RULES,
)


def _days(row: StepFacts) -> int:
    assert row.until is not None
    return working_days(row.since, row.until)


review_days = Mean(
    name="review_days",
    question="How many working days after they were asked for were reviews decided (decisions in the period)?",
    unit="review",
    cohort="until",
    of=_decided,
    excluded_because=lambda row: known_to_the_day(row.since, row.until) if _decided(row) else None,
    measure=_days,
    beside="review_wait",
    dimensions=REVIEW_DIMENSIONS,
    rule_sets=RULES,
    source=IOPC,
    note=CASE_WEIGHTED,
    over=OVER,
)


def _waiting(row: StepFacts) -> Course:
    if not _review(row):
        return Course(OUT)
    coarse = known_to_the_day(row.since, row.until)
    if coarse is not None:
        return Course(EXCLUDED + coarse)
    return Course(OPEN) if row.until is None else Course(RECORDED, _days(row))


review_wait = Delay(
    name="review_wait",
    question="How long do reviews asked for in the period wait for a decision (working days; median and 90th "
    "percentile of all)?",
    unit="review",
    cohort="since",
    course=_waiting,
    measured_in="working_days",
    dimensions=REVIEW_DIMENSIONS,
    rule_sets=RULES,
    source="Natural extension: keeps review_days honest",
    note="Reviews not decided are censored at known_at.",
    over=OVER,
)
