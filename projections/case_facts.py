"""Case facts: one row per case with what the metrics of recording need."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from domain.case.attestation import FactAttested
from domain.case.correction import FactCorrected
from domain.case.outcome import OutcomeAssigned
from domain.case.recording import (
    CrimeRecorded,
    CrimeReported,
    IncidentRegistered,
    N100Recorded,
    RecordingDeclined,
)
from domain.case.testimony import CrimeRecordEvidenced, SourceRowWithdrawn
from domain.event import RecordedEvent
from domain.import_batch import Coverage
from domain.rules import rule_book
from domain.values import Moment
from projections.projection import Projection

NO_STRATUM = "undecidable"


class CaseFacts(NamedTuple):
    """What is known of a case. Moments keep their precision; `coverage` says what its source can show."""

    case_id: str
    force: str
    coverage: str
    status: str = "none"
    received_at: Moment | None = None
    reported_at: Moment | None = None
    record_by: Moment | None = None
    rule_set: str | None = None
    route: str | None = None
    reporter_role: str | None = None
    alleged: str | None = None
    registered_at: Moment | None = None
    decision: str | None = None
    decided_at: Moment | None = None
    decided_written_at: datetime | None = None
    recorded_at: Moment | None = None
    recorded_before: Moment | None = None
    offence: str | None = None
    offence_group: str | None = None
    stratum: str = NO_STRATUM
    category: str | None = None
    outcome: int | None = None
    outcome_category: str | None = None
    outcome_at: Moment | None = None
    last_outcome: str | None = None
    broken: str = ""


_ABOUT_FACTS = (FactAttested, FactCorrected, SourceRowWithdrawn)


def opens_a_case(entry: RecordedEvent) -> bool:
    """Whether the event is the first of a case; what only speaks of facts opens none."""
    return entry.stream.startswith("case-") and not isinstance(entry.event, _ABOUT_FACTS)


def _opens(entry: RecordedEvent) -> CaseFacts | None:
    if not opens_a_case(entry):
        return None
    coverage = Coverage.RECORDED_ONLY if entry.source is not None else Coverage.FULL
    return CaseFacts(entry.stream, entry.force, coverage.value)


case_facts = Projection("case_facts", row=CaseFacts, version=2, of="case-", opens=_opens)

Changes = Mapping[str, object]


@case_facts.on(CrimeReported)
def _(row: CaseFacts, entry: RecordedEvent, event: CrimeReported) -> Changes:
    return {
        "status": "reported",
        "coverage": Coverage.FULL.value,
        "received_at": event.received_at,
        "reported_at": event.reported_at,
        "record_by": event.record_by,
        "rule_set": event.rule_set,
        "route": event.route.value,
        "reporter_role": event.reporter_role.value,
        "alleged": event.alleged,
        **_classified(event.alleged),
        **_broken(row, entry),
    }


@case_facts.on(IncidentRegistered)
def _(row: CaseFacts, entry: RecordedEvent, event: IncidentRegistered) -> Changes:
    return {"status": "incident", "registered_at": entry.at, **_broken(row, entry)}


@case_facts.on(CrimeRecorded)
def _(row: CaseFacts, entry: RecordedEvent, event: CrimeRecorded) -> Changes:
    return {
        "status": "recorded",
        "recorded_at": row.recorded_at if _is_registered(row) else entry.at,
        "offence": event.offence,
        **_classified(event.offence),
        **_decided(row, entry, "recorded"),
        **_broken(row, entry),
    }


@case_facts.on(RecordingDeclined)
def _(row: CaseFacts, entry: RecordedEvent, event: RecordingDeclined) -> Changes:
    return {"status": "not_recorded", **_decided(row, entry, "declined"), **_broken(row, entry)}


@case_facts.on(N100Recorded)
def _(row: CaseFacts, entry: RecordedEvent, event: N100Recorded) -> Changes:
    return {"status": "n100", **_decided(row, entry, "n100"), **_broken(row, entry)}


@case_facts.on(OutcomeAssigned)
def _(row: CaseFacts, entry: RecordedEvent, event: OutcomeAssigned) -> Changes:
    stands = row.outcome_at and _rank(row.outcome_at, row.outcome, row.outcome_category)
    if stands is not None and _rank(entry.at, event.outcome, event.category) < stands:
        return _broken(row, entry)
    return {
        "outcome": event.outcome,
        "outcome_category": event.category,
        "outcome_at": entry.at,
        **_broken(row, entry),
    }


@case_facts.on(CrimeRecordEvidenced)
def _(row: CaseFacts, entry: RecordedEvent, event: CrimeRecordEvidenced) -> Changes:
    before = min((m for m in (row.recorded_before, event.before) if m), default=None)
    changes: dict[str, object] = {"status": "recorded", "recorded_before": before, **_broken(row, entry)}
    # As in the state of the case: the source that states the latest month, whatever the order of arrival.
    states = _statement(event.recorded, event.category, event.last_outcome)
    if not _is_registered(row) and states > _statement(row.recorded_at, row.category, row.last_outcome):
        published = rule_book().categories.get(event.category or "")
        changes |= {
            "recorded_at": event.recorded,
            "category": event.category,
            "offence_group": published.group if published else None,
            "stratum": (published and published.stratum) or NO_STRATUM,
            "last_outcome": event.last_outcome,
        }
    return changes


def _is_registered(row: CaseFacts) -> bool:
    """The force's own entry in its register stands against anything published about it."""
    return row.offence is not None


def _statement(recorded: Moment | None, category: str | None, last_outcome: str | None) -> tuple[str, str, str]:
    if recorded is None:
        return "", "", ""
    return f"{recorded.earliest.isoformat()} {recorded}", category or "", last_outcome or ""


def _rank(at: Moment, outcome: int | None, category: str | None) -> tuple[datetime, datetime, int, str]:
    return at.earliest, at.latest, outcome or 0, category or ""


def _classified(code: str | None) -> dict[str, object]:
    offence = rule_book().offences.get(code or "")
    return {
        "offence_group": offence.group if offence else None,
        "stratum": offence.stratum if offence else NO_STRATUM,
    }


def _decided(row: CaseFacts, entry: RecordedEvent, decision: str) -> dict[str, object]:
    if row.decided_at is not None:
        return {}
    return {"decision": decision, "decided_at": entry.at, "decided_written_at": entry.written_at}


def _broken(row: CaseFacts, entry: RecordedEvent) -> dict[str, object]:
    if not entry.broken:
        return {}
    return {"broken": " ".join(sorted({*row.broken.split(), *entry.broken}))}
