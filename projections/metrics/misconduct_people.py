"""Proceedings: what they find on each person, and what follows (unit of count: the person)."""

from domain.misconduct.barred_list import BARRING
from domain.misconduct.proceedings import Finding
from projections.metrics.kinds import Count, Mix, Share
from projections.metrics.misconduct_rows import CLOCKS, HOME_OFFICE, PERSON_DIMENSIONS, nothing
from projections.subject_facts import SubjectFacts

OVER = "subject_facts"
FORMS = ("meeting", "hearing", "accelerated_hearing")
FINDING_UNKNOWN = "the finding is not stated"
NO_SANCTION_YET = "no sanction has been imposed so far"
STANDS = (
    "By the day on which the proceedings ended, as they stand: what an appeal has set aside is not proven, and "
    "proceedings that were sent back count once they are held again."
)


def _held(row: SubjectFacts) -> bool:
    return row.held_at is not None


proceedings_mix = Mix(
    name="proceedings_mix",
    question="Of the people whose proceedings ended in the period, how many had which?",
    unit="person",
    cohort="held_at",
    of=_held,
    excluded_because=nothing,
    parts=lambda row: (row.form,),
    known=lambda: FORMS,
    dimensions=PERSON_DIMENSIONS,
    rule_sets=CLOCKS,
    source=HOME_OFFICE,
    over=OVER,
)


def _no_finding(row: SubjectFacts) -> str | None:
    return FINDING_UNKNOWN if _held(row) and row.finding is None else None


def _proven_rate(name: str, form: str, words: str) -> Share:
    return Share(
        name=name,
        question=f"Of the people whose {words} ended in the period, against how many was misconduct proven?",
        unit="person",
        cohort="held_at",
        of=lambda row: _held(row) and row.form == form,
        counts=lambda row: row.proven,
        excluded_because=lambda row: _no_finding(row) if row.form == form else None,
        dimensions=("force", "person_kind", "month"),
        rule_sets=CLOCKS,
        source=HOME_OFFICE,
        note=STANDS,
        over=OVER,
    )


proven_rate_meeting = _proven_rate("proven_rate_meeting", "meeting", "misconduct meeting")
proven_rate_hearing = _proven_rate("proven_rate_hearing", "hearing", "misconduct hearing")
proven_rate_accelerated = _proven_rate("proven_rate_accelerated", "accelerated_hearing", "accelerated hearing")


def _gross(row: SubjectFacts) -> bool:
    return _held(row) and row.proven and row.finding == Finding.GROSS_MISCONDUCT


dismissal_rate_of_gross = Share(
    name="dismissal_rate_of_gross",
    question="Of the people against whom gross misconduct was proven in the period, how many were dismissed, or would "
    "have been?",
    unit="person",
    cohort="held_at",
    of=_gross,
    counts=lambda row: row.sanction in BARRING,
    excluded_because=lambda row: NO_SANCTION_YET if _gross(row) and row.sanction is None else None,
    dimensions=PERSON_DIMENSIONS,
    rule_sets=CLOCKS,
    source=HOME_OFFICE,
    note=f"{STANDS} The sanction that stands counts.",
    over=OVER,
)

barred_list_notifications = Count(
    name="barred_list_notifications",
    question="Of how many people was the College of Policing told in the period that they belong on the barred list?",
    unit="person",
    cohort="barred_at",
    of=lambda row: row.barred_at is not None,
    excluded_because=nothing,
    dimensions=PERSON_DIMENSIONS,
    rule_sets=CLOCKS,
    source="College of Policing, police barred list",
    note="Each person once, by the first notification. What an appeal changed since is not taken back here.",
    over=OVER,
)
