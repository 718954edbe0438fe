"""Recording compliance: do reports become records, and what is waiting?"""

from datetime import timedelta

from domain.case.recording import RecordingStatus
from domain.rules import rule_book
from projections.case_row import ENTERED, CaseFacts
from projections.metrics.kinds import (
    DIMENSIONS,
    RECORDED_ONLY,
    Backlog,
    Band,
    Share,
    recorded_elsewhere,
)


def _full_coverage(row: CaseFacts) -> str | None:
    return RECORDED_ONLY if row.coverage != "full" else None


incident_to_crime_conversion = Share(
    name="incident_to_crime_conversion",
    definition_version=2,
    question="Of the reports received in the period and registered as incidents, how many are recorded as crimes?",
    unit="report",
    cohort="received_at",
    of=lambda row: row.registered_at is not None and row.received_at is not None,
    counts=lambda row: row.recorded_at is not None and row.status != RecordingStatus.CANCELLED,
    excluded_because=_full_coverage,
    rule_sets=("recording",),
    source="Natural extension; not a recording rate, which only an audit of a sample can give",
    note="Reports that were recorded at once, without an incident, are not part of it. A crime that was cancelled "
    "since is no longer recorded; one that another force has taken over is.",
)


def _not_waiting(row: CaseFacts) -> str | None:
    """Beside what its source cannot show: a crime that a publication shows as recorded, nobody says when."""
    return _full_coverage(row) or _no_decision_shown(row)


def _no_decision_shown(row: CaseFacts) -> str | None:
    return recorded_elsewhere(row) if row.decided_at is None and row.status in ENTERED else None


unrecorded_backlog = Backlog(
    name="unrecorded_backlog",
    definition_version=2,
    question="How many reports had been received and not decided on, and for how long had they been waiting?",
    unit="report",
    cohort="received_at",
    ends="decided_at",
    of=lambda row: row.received_at is not None,
    excluded_because=_not_waiting,
    bands=(
        Band("up to 24 hours", timedelta(hours=24)),
        Band("1 to 3 days", timedelta(days=3)),
        Band("3 to 7 days", timedelta(days=7)),
        Band("7 to 28 days", timedelta(days=28)),
        Band("28 to 90 days", timedelta(days=90)),
        Band("over 90 days", None),
    ),
    dimensions=tuple(name for name in DIMENSIONS if name not in ("month", "decided_by_unit")),
    rule_sets=("recording",),
    source="Natural extension: the ledger of the unrecorded",
    note="A floor: reports never logged and reports wrongly declined show only through inspection. Broken down by "
    "receipt, it keeps apart what is only claimed from what is established.",
)


def _written_late(row: CaseFacts) -> bool | None:
    if row.decided_at is None or row.decided_written_at is None:
        return None
    tolerance = rule_book().back_dating
    if row.decided_written_at - row.decided_at.latest > tolerance:
        return True
    if row.decided_written_at - row.decided_at.earliest <= tolerance:
        return False
    return None


back_dating = Share(
    name="back_dating",
    definition_version=2,
    question="Of the first recording decisions that claim to have been taken in the period, how many were written more "
    "than an hour after the time they claim?",
    unit="decision",
    cohort="decided_at",
    of=lambda row: row.decided_at is not None,
    counts=_written_late,
    excluded_because=_no_decision_shown,
    rule_sets=("back-dating-1",),
    source="A policy of this system: written_at - at, with a tolerance of one hour",
    note="The first decision of a case counts, also where the crime was cancelled since. Where its time was corrected, "
    "the corrected time is compared.",
)
