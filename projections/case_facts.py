"""Case facts: one row per case with what the metrics of recording and the ledger of the unrecorded need."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, get_args

from domain.case.attestation import FactAttested
from domain.case.cancellation import (
    CancellationApproved,
    CancellationEvent,
    CancellationRefused,
    CancellationRequested,
    CancellationReversed,
    TransferAccepted,
    TransferRefused,
    TransferRequested,
    status_after,
)
from domain.case.classification import CrimeReclassified, ReceiptEstablished
from domain.case.closure import CaseClosed, CaseReopened, ReviewDecided, ReviewRequested
from domain.case.correction import FactCorrected
from domain.case.duties import PausingEvent
from domain.case.investigation import InvestigationEvent
from domain.case.linking import CaseLinked, CaseUnlinked
from domain.case.outcome import OutcomeAssigned
from domain.case.ownership import OwnerAssigned
from domain.case.recording import (
    CrimeRecorded,
    CrimeReported,
    IncidentRegistered,
    N100Recorded,
    Receipt,
    RecordingDeclined,
    RecordingStatus,
)
from domain.case.reference import ReferenceAdded
from domain.case.testimony import CrimeRecordEvidenced, SourceRowWithdrawn
from domain.case.victim import VictimEvent
from domain.event import Event, RecordedEvent
from domain.import_batch import Coverage
from domain.rules import rule_book
from domain.values import Moment
from projections.projection import Projection

NO_STRATUM = "undecidable"
WAITING = "(received_at, case_id) WHERE decided_at IS NULL"
# The crime is, or once was, in the register of the force.
ENTERED = frozenset(
    {
        RecordingStatus.RECORDED,
        RecordingStatus.CANCEL_PENDING,
        RecordingStatus.TRANSFER_PENDING,
        RecordingStatus.CANCELLED,
        RecordingStatus.TRANSFERRED,
    }
)


class CaseFacts(NamedTuple):
    """What is known of a case. Moments keep their precision; `coverage` says what its source can show.

    `receipt` is claimed or established; `own_record`: the force itself states when it recorded the crime;
    `linked_under` is the case that stands for the incident; `asked_as` the code (C1 to C5) under which the crime is to
    leave the register, `cancelled_as` the one under which it left.
    """

    case_id: str
    force: str
    coverage: str
    status: str = "none"
    received_at: Moment | None = None
    receipt: str | None = None
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
    own_record: bool = False
    offence: str | None = None
    offence_group: str | None = None
    stratum: str = NO_STRATUM
    category: str | None = None
    outcome: int | None = None
    outcome_category: str | None = None
    outcome_at: Moment | None = None
    last_outcome: str | None = None
    asked_as: str | None = None
    cancelled_as: str | None = None
    cancelled_at: Moment | None = None
    closed_at: Moment | None = None
    linked_under: str | None = None
    broken: str = ""


_ABOUT_FACTS = (FactAttested, FactCorrected, SourceRowWithdrawn)


_REST = (ReviewRequested, ReviewDecided, OwnerAssigned, ReferenceAdded)


def opens_a_case(entry: RecordedEvent) -> bool:
    """Whether the event is the first of a case; what only speaks of facts opens none."""
    return entry.stream.startswith("case-") and not isinstance(entry.event, _ABOUT_FACTS)


def _opens(entry: RecordedEvent) -> CaseFacts | None:
    if not opens_a_case(entry):
        return None
    coverage = Coverage.RECORDED_ONLY if entry.source is not None else Coverage.FULL
    return CaseFacts(entry.stream, entry.force, coverage.value)


case_facts = Projection("case_facts", row=CaseFacts, version=3, of="case-", opens=_opens, indexes=(WAITING,))

Changes = Mapping[str, object]


@case_facts.on(CrimeReported)
def _(row: CaseFacts, entry: RecordedEvent, event: CrimeReported) -> Changes:
    return {
        "status": "reported",
        "coverage": Coverage.FULL.value,
        "received_at": event.received_at,
        "receipt": event.receipt.value,
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
        "recorded_at": row.recorded_at if row.own_record else entry.at,
        "own_record": True,
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
    if not row.own_record and states > _statement(row.recorded_at, row.category, row.last_outcome):
        published = rule_book().categories.get(event.category or "")
        changes |= {
            "recorded_at": event.recorded,
            "category": event.category,
            "last_outcome": event.last_outcome,
        }
        # What the force itself states stands against anything published about it.
        if row.offence is None:
            changes |= {
                "offence_group": published.group if published else None,
                "stratum": (published and published.stratum) or NO_STRATUM,
            }
    return changes


@case_facts.on(CrimeReclassified)
def _(row: CaseFacts, entry: RecordedEvent, event: CrimeReclassified) -> Changes:
    return {"offence": event.offence, **_classified(event.offence), **_broken(row, entry)}


@case_facts.on(ReceiptEstablished)
def _(row: CaseFacts, entry: RecordedEvent, event: ReceiptEstablished) -> Changes:
    return {
        "received_at": event.received_at,
        "receipt": Receipt.ESTABLISHED.value,
        "record_by": event.record_by,
        "rule_set": event.rule_set,
        **_broken(row, entry),
    }


@case_facts.on(CancellationRequested)
def _(row: CaseFacts, entry: RecordedEvent, event: CancellationRequested) -> Changes:
    return _leaving(row, entry, event, asked_as=event.code.value)


@case_facts.on(TransferRequested)
def _(row: CaseFacts, entry: RecordedEvent, event: TransferRequested) -> Changes:
    return _leaving(row, entry, event, asked_as="C1")


@case_facts.on(CancellationApproved)
def _(row: CaseFacts, entry: RecordedEvent, event: CancellationApproved) -> Changes:
    return _left(row, entry, event, row.asked_as)


@case_facts.on(TransferAccepted)
def _(row: CaseFacts, entry: RecordedEvent, event: TransferAccepted) -> Changes:
    return _left(row, entry, event, "C1")


@case_facts.on(CancellationRefused)
def _(row: CaseFacts, entry: RecordedEvent, event: CancellationRefused) -> Changes:
    return _leaving(row, entry, event, asked_as=None)


@case_facts.on(TransferRefused)
def _(row: CaseFacts, entry: RecordedEvent, event: TransferRefused) -> Changes:
    return _leaving(row, entry, event, asked_as=None)


@case_facts.on(CancellationReversed)
def _(row: CaseFacts, entry: RecordedEvent, event: CancellationReversed) -> Changes:
    return _leaving(row, entry, event, asked_as=None)


@case_facts.on(CaseLinked)
def _(row: CaseFacts, entry: RecordedEvent, event: CaseLinked) -> Changes:
    return {"linked_under": event.under, **_broken(row, entry)}


@case_facts.on(CaseUnlinked)
def _(row: CaseFacts, entry: RecordedEvent, event: CaseUnlinked) -> Changes:
    return {"linked_under": None, **_broken(row, entry)}


@case_facts.on(CaseClosed)
def _(row: CaseFacts, entry: RecordedEvent, event: CaseClosed) -> Changes:
    return {"closed_at": entry.at, **_broken(row, entry)}


@case_facts.on(CaseReopened)
def _(row: CaseFacts, entry: RecordedEvent, event: CaseReopened) -> Changes:
    return {"closed_at": None, **_broken(row, entry)}


def _breach(row: CaseFacts, entry: RecordedEvent, event: Event) -> Changes:
    return _broken(row, entry)


for _other in (*get_args(InvestigationEvent), *get_args(VictimEvent), *get_args(PausingEvent), *_REST):
    case_facts.on(_other)(_breach)


def _leaving(
    row: CaseFacts, entry: RecordedEvent, event: CancellationEvent, *, asked_as: str | None
) -> dict[str, object]:
    """The crime may leave the register (`asked_as`), or stays in it: none left before."""
    after = {"status": status_after(event).value, "asked_as": asked_as, "cancelled_as": None, "cancelled_at": None}
    return {**after, **_broken(row, entry)}


def _left(row: CaseFacts, entry: RecordedEvent, event: CancellationEvent, code: str | None) -> dict[str, object]:
    status = status_after(event).value
    return {"status": status, "cancelled_as": code, "cancelled_at": entry.at, **_broken(row, entry)}


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
