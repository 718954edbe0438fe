"""Timeliness: is the decision taken in the time that the counting rules allow?"""

from domain.values import Moment
from projections.case_row import ENTERED, CaseFacts
from projections.metrics.kinds import (
    COMPETING,
    EXCLUDED,
    OPEN,
    OUT,
    RECEIPT_UNKNOWN,
    RECORDED,
    RECORDED_ONLY,
    Course,
    Delay,
    Share,
    exactness,
    recorded_elsewhere,
)

SOURCE = "HMICFRS crime data integrity programme; Home Office, Crime outcomes technical annex"


def _in_time(row: CaseFacts, done: Moment | None) -> bool | None:
    """Late only if late at every instant that the precision allows; one second over is late."""
    if row.received_at is None or row.record_by is None:
        return None
    if done is None:
        return False
    limit = row.record_by.latest - row.received_at.latest
    if done.latest - row.received_at.earliest <= limit:
        return True
    if done.earliest - row.received_at.latest > limit:
        return False
    return None


def _recorded_without_hours(row: CaseFacts) -> str | None:
    return recorded_elsewhere(row) if row.status in ENTERED and row.received_at is None else None


def _no_unrecorded_reports(row: CaseFacts) -> str | None:
    return RECORDED_ONLY if row.coverage != "full" else None


recorded_within_24h = Share(
    name="recorded_within_24h",
    definition_version=2,
    question="Of the crimes recorded in the period, how many were recorded within the time allowed from receipt "
    "(24 hours; 72 before April 2015)?",
    unit="crime",
    cohort="recorded_at",
    of=lambda row: row.recorded_at is not None,
    counts=lambda row: _in_time(row, row.recorded_at),
    excluded_because=_recorded_without_hours,
    beside="decided_within_24h",
    rule_sets=("recording-2002", "recording-2015"),
    source=SOURCE,
    note="Read it beside decided_within_24h: a force that records little can still score 100 % here. A crime that was "
    "cancelled or transferred since counts as it was recorded: to cancel what was late must not better the figure.",
)

decided_within_24h = Share(
    name="decided_within_24h",
    definition_version=2,
    question="Of all reports received in the period whose time has run, on how many was a recording decision taken "
    "in time?",
    unit="report",
    cohort="received_at",
    of=lambda row: row.received_at is not None,
    counts=lambda row: _in_time(row, row.decided_at),
    excluded_because=_no_unrecorded_reports,
    due="record_by",
    beside="recorded_within_24h",
    rule_sets=("recording-2002", "recording-2015"),
    source="Natural extension: keeps recorded_within_24h honest",
    note="The first decision counts, whatever became of the record since.",
)


def _course(row: CaseFacts) -> Course:
    if row.coverage != "full":
        return Course(EXCLUDED + RECORDED_ONLY)
    if row.received_at is None:
        return Course(OUT)
    reason = exactness(row, "received_at", "recorded_at", "decided_at")
    if reason is not None:
        return Course(EXCLUDED + reason)
    start = row.received_at.earliest
    if row.recorded_at is not None:
        return Course(RECORDED, max((row.recorded_at.earliest - start).total_seconds(), 0.0))
    if row.decided_at is not None:
        return Course(COMPETING, max((row.decided_at.earliest - start).total_seconds(), 0.0))
    return Course(OPEN)


recording_delay = Delay(
    name="recording_delay",
    definition_version=2,
    question="How long do reports received in the period wait until they are recorded (hours; median and 90th "
    "percentile of all reports)?",
    unit="report",
    cohort="received_at",
    course=_course,
    rule_sets=("recording-2002", "recording-2015"),
    source="HMICFRS crime data integrity programme, as a distribution",
    note="Cumulative incidence: reports that stay declined or N100 are competing events, undecided reports are "
    "censored at known_at; one declined first and recorded later counts as recorded, and so does one "
    "cancelled or transferred since. A quantile not reached is null.",
)


def _declined(row: CaseFacts) -> Course:
    if row.declined_at is None:
        return Course(OUT)
    if row.received_at is None:
        return Course(EXCLUDED + RECEIPT_UNKNOWN)
    reason = exactness(row, "received_at", "declined_at")
    if reason is not None:
        return Course(EXCLUDED + reason)
    return Course(RECORDED, max((row.declined_at.earliest - row.received_at.earliest).total_seconds(), 0.0))


declined_decision_delay = Delay(
    name="declined_decision_delay",
    question="How long after receipt were the decisions of the period taken not to record a report as a crime (hours; "
    "median and 90th percentile of those decisions)?",
    unit="decision",
    cohort="declined_at",
    course=_declined,
    beside="recording_delay",
    rule_sets=("recording-2002", "recording-2015"),
    source="Natural extension; Home Office Counting Rules: the decision not to record",
    note="Among declined reports only, by the date of the decision, so nothing is open or censored: it says how long "
    "they took, not how likely a report is to be declined. Reports not decided on are in unrecorded_backlog, and "
    "recording_delay has all of them. The last such decision of a case counts, whatever became of it since; an N100 is "
    "not one.",
)
