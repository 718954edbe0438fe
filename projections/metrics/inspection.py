"""What inspections found: recording rates and what follows from them. The names that an inspectorate publishes."""

from collections.abc import Callable

from domain.inspection.judging import CrimeOf
from domain.inspection.scope import WEIGHED, Stratum
from domain.inspection.statistics import unrecorded
from projections.inspection_facts import InspectionFacts
from projections.inspection_items import InspectionItem
from projections.metrics.kinds import Bounded, Estimate, Extrapolation, Metric

HMICFRS = "HMICFRS, crime data integrity programme"
RULES = ("inspection-1", "inspection-2")
BY_INSPECTION = ("force", "inspection_id", "month")
BY_STRATUM = ("force", "inspection_id", "stratum", "month")
ALL_CRIME = tuple(stratum.value for stratum in WEIGHED)
CRIME_NOT_TOLD = "the reviewers did not say what was reported"
ABUSE_NOT_TOLD = "the reviewers did not say whether it was domestic abuse"
VIOLENT = frozenset({CrimeOf.VIOLENT, CrimeOf.CONDUCT})

WHICH = (
    "From the samples of concluded inspections, each in the period in which its audit period ended. Over several the "
    "strata of all are weighted together; by inspection_id each is as it concluded."
)
BY_SHARE = "Strata weigh by their share of the reports; fraud is in none, public protection apart."
BY_PART = (
    "Over the strata that were audited, each weighed by its share of such items as the sample has it, taken as exact."
)
Holds = Callable[[InspectionItem], bool | None]
Excluded = Callable[[InspectionItem], str | None]


def _nothing(row: InspectionItem) -> None:
    return None


def _estimate(
    name: str,
    question: str,
    of: Holds,
    counts: Holds,
    note: str,
    *,
    strata: tuple[str, ...] = ALL_CRIME,
    every: bool = False,
    by_reports: bool = False,
    excluded: Excluded = _nothing,
    source: str = HMICFRS,
) -> Estimate:
    return Estimate(
        name=name,
        question=question,
        unit="report (audited)",
        cohort="audit_ended",
        of=lambda row: row.stratum in strata and bool(of(row)),
        counts=counts,
        excluded_because=lambda row: excluded(row) if row.stratum in strata else None,
        strata=strata,
        every=every,
        by_reports=by_reports,
        dimensions=BY_INSPECTION if every or len(strata) == 1 else BY_STRATUM,
        rule_sets=RULES,
        source=source,
        note=f"{WHICH} {note}",
        over="inspection_items",
    )


def _due(row: InspectionItem) -> bool:
    return row.should_be_recorded


def _was_recorded(row: InspectionItem) -> bool:
    return row.recorded


def _untold(of: Holds) -> Excluded:
    """Excluded where the question might arise, and the reviewers did not say what was reported."""
    return lambda row: CRIME_NOT_TOLD if of(row) and row.crime is None else None


recording_rate_all = _estimate(
    "recording_rate_all",
    "Of the crimes that should have been recorded, what share was, in audits of what was reported?",
    _due,
    _was_recorded,
    f"{BY_SHARE} There is none where a stratum with reports was not audited.",
    every=True,
    by_reports=True,
)


def _rate_of(stratum: Stratum, words: str, note: str) -> Estimate:
    return _estimate(
        f"recording_rate_{stratum.value}",
        f"Of the {words} that should have been recorded, what share was, in audits of what was reported?",
        _due,
        _was_recorded,
        note,
        strata=(stratum.value,),
        by_reports=True,
    )


recording_rate_violent = _rate_of(Stratum.VIOLENT, "violent crimes", "The stratum is that of the report.")
recording_rate_sexual = _rate_of(Stratum.SEXUAL, "sexual offences", "The stratum is that of the report.")
recording_rate_other = _rate_of(Stratum.OTHER, "other crimes (fraud excluded)", "The stratum is that of the report.")
recording_rate_public_protection = _rate_of(
    Stratum.PUBLIC_PROTECTION,
    "crimes reported to a specialist department directly",
    "A small audit of its own, and no part of the rate over all crime. It is one since inspection-2.",
)

recording_rate_rape = _estimate(
    "recording_rate_rape",
    "Of the reports that should have been recorded as rape, what share was recorded as that?",
    lambda row: row.should_be_recorded and row.crime == CrimeOf.RAPE,
    lambda row: row.recorded and bool(row.right_class),
    f"Recorded in another class does not count. {BY_PART}",
    excluded=_untold(_due),
)

recording_rate_domestic_abuse = _estimate(
    "recording_rate_domestic_abuse",
    "Of the crimes of domestic abuse that should have been recorded, what share was?",
    lambda row: row.should_be_recorded and row.domestic_abuse,
    _was_recorded,
    f"There is none where a stratum with reports shows no such item. {BY_PART}",
    every=True,
    excluded=lambda row: ABUSE_NOT_TOLD if row.should_be_recorded and row.domestic_abuse is None else None,
)

n100_correct_rate = _estimate(
    "n100_correct_rate",
    "Of the reports of rape for which N100 or a crime was due, in what share was N100 used where it should be, and "
    "only there?",
    lambda row: row.n100_correct is not None,
    lambda row: row.n100_correct,
    f"As the reviewers answered; where they did, the report is one of rape. {BY_PART}",
    excluded=_untold(lambda row: row.stratum == Stratum.SEXUAL),
)

conduct_crime_share_of_unrecorded = _estimate(
    "conduct_crime_share_of_unrecorded",
    "Of the violent crimes that were not recorded and should have been, what share is harassment, stalking or coercive "
    "behaviour?",
    lambda row: row.should_be_recorded and not row.recorded and row.crime in VIOLENT,
    lambda row: row.crime == CrimeOf.CONDUCT,
    f"By what was reported, as the reviewers found it. {BY_PART}",
    excluded=_untold(lambda row: row.should_be_recorded and not row.recorded),
)

classification_accuracy = _estimate(
    "classification_accuracy",
    "Of what was recorded and audited, what share is in the right class?",
    lambda row: row.right_class is not None,
    lambda row: row.right_class,
    f"Of what should not have been recorded, only where a reviewer judged the class. {BY_PART}",
    source="HMIC, Crime recording: a matter of fact (2014), glossary: accuracy",
)

over_recording_rate = _estimate(
    "over_recording_rate",
    "Of what was recorded and audited, what share should not have been recorded?",
    _was_recorded,
    lambda row: not row.should_be_recorded,
    BY_PART,
)


def _cancelled(row: InspectionItem) -> bool:
    return row.cancelled_rightly is not None


def _cancellation_error(name: str, words: str, crimes: frozenset[CrimeOf]) -> Estimate:
    return _estimate(
        f"cancellation_error_rate_{name}",
        f"Of the audited cancellations of {words}, what share was wrong?",
        lambda row: _cancelled(row) and row.crime in crimes,
        lambda row: not row.cancelled_rightly,
        f"Of the cancelled records in the sample of reports; they are few, so read the interval. {BY_PART}",
        excluded=_untold(_cancelled),
    )


cancellation_error_rate_rape = _cancellation_error("rape", "records of rape", frozenset({CrimeOf.RAPE}))
cancellation_error_rate_sexual = _cancellation_error(
    "sexual", "records of other sexual offences", frozenset({CrimeOf.SEXUAL})
)
cancellation_error_rate_violent = _cancellation_error("violent", "records of violent crime", VIOLENT)
cancellation_error_rate_robbery = _cancellation_error("robbery", "records of robbery", frozenset({CrimeOf.ROBBERY}))


def _extrapolation(name: str, question: str, of: Callable[[InspectionFacts], Bounded], note: str) -> Extrapolation:
    return Extrapolation(
        name=name,
        question=question,
        unit="crime (estimated)",
        cohort="audit_ended",
        estimate=of,
        dimensions=BY_INSPECTION,
        rule_sets=RULES,
        source=f"{HMICFRS}: explanatory notes",
        note=f"{note} Each concluded inspection once, in the period in which its audit period ended; there is no sum "
        "where a force was inspected twice. Numerator and denominator are those of the rate in the audits.",
        over="inspection_facts",
    )


unrecorded_estimate = _extrapolation(
    "unrecorded_estimate",
    "How many crimes of 12 months went unrecorded, by what was found in the audit?",
    lambda row: Bounded(row.unrecorded, row.unrecorded_low, row.unrecorded_high, row.unrecorded_reason),
    unrecorded.NOTE,
)
additional_recorded = _extrapolation(
    "additional_recorded",
    "How many crimes of 12 months were recorded that would not have been at the accuracy of the inspection before?",
    lambda row: Bounded(row.additional, row.additional_low, row.additional_high, row.additional_reason),
    unrecorded.ADDITIONAL_NOTE,
)

INSPECTION: tuple[Metric, ...] = (
    recording_rate_all,
    recording_rate_violent,
    recording_rate_sexual,
    recording_rate_other,
    recording_rate_rape,
    unrecorded_estimate,
    additional_recorded,
    recording_rate_public_protection,
    recording_rate_domestic_abuse,
    n100_correct_rate,
    conduct_crime_share_of_unrecorded,
    classification_accuracy,
    over_recording_rate,
    cancellation_error_rate_rape,
    cancellation_error_rate_sexual,
    cancellation_error_rate_violent,
    cancellation_error_rate_robbery,
)
TABLES = frozenset({"inspection_items", "inspection_facts"})


def is_of_inspections(metric: Metric) -> bool:
    """Whether it is over what inspections found: live for oversight only, since they are secret until concluded."""
    return metric.over in TABLES
