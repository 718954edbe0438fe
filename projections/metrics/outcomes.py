"""Outcomes: what becomes of recorded crimes, and how long that takes. Two bases that must not be mixed.

By the date of recording (`charge_rate`): crimes recorded in the period. By the date of the outcome (the shares of
outcomes): outcomes assigned in the period, whenever the crime was recorded.
"""

from collections.abc import Callable

from domain.case.recording import RecordingStatus
from domain.values import Moment
from projections.case_row import ENTERED, CaseFacts
from projections.metrics.kinds import (
    COMPETING,
    DATE_UNKNOWN,
    EXCLUDED,
    OPEN,
    OUT,
    RECORDED,
    RECORDED_ONLY,
    Course,
    Delay,
    Share,
    known_to_the_day,
)

CHARGED, VICTIM_DOES_NOT_SUPPORT = 1, 16
TYPE_UNKNOWN = "type of the outcome not published"
CANCELLED = "cancelled since (C2 to C5): no longer a recorded crime"
TRANSFERRED = "transferred to another force (C1)"
OUTCOMES = ("outcomes-2019",)
GUIDE = "Home Office user guide to crime outcomes"
STANDS = "The outcome that stands counts, by the date on which it was assigned. "


def _gone(row: CaseFacts) -> str | None:
    """Why it is no crime of this force any more."""
    if row.status == RecordingStatus.CANCELLED:
        return CANCELLED
    return TRANSFERRED if row.status == RecordingStatus.TRANSFERRED else None


def left_at(row: CaseFacts) -> Moment | None:
    """When it left the register of this force, if it is not in there any more."""
    return row.cancelled_at if _gone(row) is not None else None


def _has_outcome(row: CaseFacts) -> bool:
    return row.outcome_at is not None


def _outcome_not_judged(row: CaseFacts) -> str | None:
    if row.outcome_at is None:
        return None
    return _gone(row) or (TYPE_UNKNOWN if row.outcome is None else None)


def _share_of_outcomes(name: str, question: str, number: int, *, source: str, note: str) -> Share:
    return Share(
        name=name,
        question=question,
        unit="outcome",
        cohort="outcome_at",
        of=_has_outcome,
        counts=lambda row: row.outcome == number,
        excluded_because=_outcome_not_judged,
        rule_sets=OUTCOMES,
        source=source,
        note=note,
    )


outcome16_share = _share_of_outcomes(
    "outcome16_share",
    "Of the outcomes assigned in the period, how many are type 16 (suspect identified, victim does not "
    "support action)?",
    VICTIM_DOES_NOT_SUPPORT,
    source=f"HMICFRS, Greater Manchester 2020; {GUIDE}",
    note=f"{STANDS}Basis: outcomes assigned in the period, whenever the crime was recorded. A published category that "
    "may mean several types is excluded, and so is what was cancelled or transferred since.",
)


def _abuse(judge: Callable[[CaseFacts], str | None]) -> Callable[[CaseFacts], str | None]:
    return lambda row: judge(row) if row.domestic_abuse == "yes" else None


outcome16_share_domestic_abuse = Share(
    name="outcome16_share_domestic_abuse",
    question="Of the outcomes assigned in the period to crimes flagged as domestic abuse, how many are type 16?",
    unit="outcome",
    cohort="outcome_at",
    of=lambda row: _has_outcome(row) and row.domestic_abuse == "yes",
    counts=lambda row: row.outcome == VICTIM_DOES_NOT_SUPPORT,
    excluded_because=_abuse(_outcome_not_judged),
    beside="outcome16_share",
    rule_sets=OUTCOMES,
    source="HMICFRS, Greater Manchester 2020: 7 in 10 of domestic abuse",
    note=f"{STANDS}Only crimes that carry the flag, as it stands: where nobody flagged a crime nor ruled that out, it "
    "is not known whether it is domestic abuse, and it is not part of this.",
)


def _recorded_not_judged(row: CaseFacts) -> str | None:
    if row.recorded_at is None:
        return DATE_UNKNOWN if row.status in ENTERED else None
    if not row.own_record and row.coverage != "full":
        return RECORDED_ONLY
    return _gone(row) or (TYPE_UNKNOWN if row.outcome_at is not None and row.outcome is None else None)


charge_rate = Share(
    name="charge_rate",
    question="Of the crimes recorded in the period, how many have led to a charge or summons (type 1, with 1A) so far?",
    unit="crime",
    cohort="recorded_at",
    of=lambda row: row.recorded_at is not None,
    counts=lambda row: row.outcome == CHARGED,
    excluded_because=_recorded_not_judged,
    rule_sets=OUTCOMES,
    source=GUIDE,
    note="Basis: crimes recorded in the period, whenever the outcome was assigned; charge_share_of_outcomes has the "
    "other one, and the two must not be mixed. A crime without an outcome counts as not charged so far, so later "
    "months have had less time. A charge for an alternate offence (1A) counts. Fraud is part of it. Crimes known only "
    "from a publication are excluded: that an outcome is missing there says nothing.",
)

charge_share_of_outcomes = _share_of_outcomes(
    "charge_share_of_outcomes",
    "Of the outcomes assigned in the period, how many are a charge or summons (type 1, with 1A)?",
    CHARGED,
    source=GUIDE,
    note=f"{STANDS}Basis: outcomes assigned in the period, whenever the crime was recorded; charge_rate has the other "
    "one, and the two must not be mixed. Crimes without an outcome are not part of it: read it beside days_to_outcome.",
)


def _days_since(row: CaseFacts) -> Course:
    if row.recorded_at is None:
        return Course(EXCLUDED + DATE_UNKNOWN if row.status in ENTERED else OUT)
    left = left_at(row)
    coarse = known_to_the_day(row.recorded_at, row.outcome_at, left)
    if coarse is not None:
        return Course(EXCLUDED + coarse)
    end = row.outcome_at or left
    if end is None:
        return Course(OPEN)
    days = max((end.london_date - row.recorded_at.london_date).days, 0)
    return Course(RECORDED if row.outcome_at is not None else COMPETING, days)


days_to_outcome = Delay(
    name="days_to_outcome",
    question="How long do crimes recorded in the period wait for an outcome (calendar days; median and 90th percentile "
    "of all)?",
    unit="crime",
    cohort="recorded_at",
    course=_days_since,
    measured_in="days",
    beside="charge_rate",
    rule_sets=OUTCOMES,
    source=f"{GUIDE}: median days from recording to outcome",
    note="To the outcome that stands. Crimes without one are censored at known_at, never counted as zero; one that was "
    "cancelled or transferred before it had any is a competing event. A quantile not reached is null.",
)
