"""Case facts: one row per case, and what each event changes in it."""

from collections.abc import Mapping
from datetime import datetime
from typing import get_args

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
from domain.case.duties import DutyKind, PausingEvent
from domain.case.investigation import InvestigationAllocated, InvestigationEvent, InvestigationSuspended
from domain.case.involvement import INVESTIGATES
from domain.case.linking import CaseJoined, CaseLinked, CaseParted, CaseUnlinked
from domain.case.notices import About
from domain.case.outcome import OutcomeAssigned
from domain.case.ownership import OwnerAssigned
from domain.case.recording import (
    CrimeRecorded,
    CrimeReported,
    IncidentRegistered,
    N100Recorded,
    Receipt,
    RecordingDeclined,
)
from domain.case.reference import ReferenceAdded
from domain.case.testimony import CrimeRecordEvidenced, SourceRowWithdrawn
from domain.case.victim import NeedsAssessed, VictimEvent, VictimInformed, VictimNoticeWaived, VictimStatementRecorded
from domain.event import Event, RecordedEvent, Role
from domain.import_batch import Coverage
from domain.rules import rule_book
from domain.rules.working_days import end_of_working_day
from domain.values import Moment
from projections.case_row import DOES_NOT_SUPPORT, NO_STRATUM, SUPPORTS, CaseFacts
from projections.projection import Projection

WAITING = "(received_at, case_id) WHERE decided_at IS NULL"
_ABOUT_FACTS = (FactAttested, FactCorrected, SourceRowWithdrawn)


_REST = (ReviewRequested, ReviewDecided, ReferenceAdded, CaseJoined, CaseParted, FactCorrected, FactAttested)


def opens_a_case(entry: RecordedEvent) -> bool:
    """Whether the event is the first of a case; what only speaks of facts opens none."""
    return entry.stream.startswith("case-") and not isinstance(entry.event, _ABOUT_FACTS)


def _opens(entry: RecordedEvent) -> CaseFacts | None:
    if not opens_a_case(entry):
        return None
    coverage = Coverage.RECORDED_ONLY if entry.source is not None else Coverage.FULL
    return CaseFacts(entry.stream, entry.force, coverage.value)


case_facts = Projection("case_facts", row=CaseFacts, version=4, of="case-", opens=_opens, indexes=(WAITING,))

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
        **_testimony(row, entry),
    }


@case_facts.on(IncidentRegistered)
def _(row: CaseFacts, entry: RecordedEvent, event: IncidentRegistered) -> Changes:
    return {"status": "incident", "registered_at": entry.at, **_testimony(row, entry)}


@case_facts.on(CrimeRecorded)
def _(row: CaseFacts, entry: RecordedEvent, event: CrimeRecorded) -> Changes:
    return {
        "status": "recorded",
        "recorded_at": row.recorded_at if row.own_record else entry.at,
        "own_record": True,
        **_recorded_as(row, event.offence),
        **_part(row, _actor(entry)),
        **_decided(row, entry, "recorded"),
        **_testimony(row, entry),
    }


@case_facts.on(RecordingDeclined)
def _(row: CaseFacts, entry: RecordedEvent, event: RecordingDeclined) -> Changes:
    days = rule_book().duty_rules(entry.at).duties[DutyKind.VICTIM_TOLD].days(enhanced=row.enhanced)
    return {
        "status": "not_recorded",
        "declined_at": entry.at,
        "declined_as": event.reason.value,
        "declined_by_event": str(entry.event_id),
        "tell_by": end_of_working_day(entry.at.latest_london_date, days),
        **_decided(row, entry, "declined"),
        **_testimony(row, entry),
    }


@case_facts.on(N100Recorded)
def _(row: CaseFacts, entry: RecordedEvent, event: N100Recorded) -> Changes:
    return {"status": "n100", **_decided(row, entry, "n100"), **_testimony(row, entry)}


@case_facts.on(OutcomeAssigned)
def _(row: CaseFacts, entry: RecordedEvent, event: OutcomeAssigned) -> Changes:
    stands = row.outcome_at and _rank(row.outcome_at, row.outcome, row.outcome_category)
    if stands is not None and _rank(entry.at, event.outcome, event.category) < stands:
        return _testimony(row, entry)
    return {
        "outcome": event.outcome,
        "outcome_category": event.category,
        "outcome_at": entry.at,
        **_testimony(row, entry),
    }


@case_facts.on(CrimeRecordEvidenced)
def _(row: CaseFacts, entry: RecordedEvent, event: CrimeRecordEvidenced) -> Changes:
    before = min((m for m in (row.recorded_before, event.before) if m), default=None)
    changes: dict[str, object] = {"recorded_before": before, **_testimony(row, entry)}
    if row.status not in ("cancelled", "transferred"):  # what others published does not bring it back
        changes["status"] = "recorded"
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
    return {**_recorded_as(row, event.offence), **_testimony(row, entry)}


@case_facts.on(ReceiptEstablished)
def _(row: CaseFacts, entry: RecordedEvent, event: ReceiptEstablished) -> Changes:
    return {
        "received_at": event.received_at,
        "receipt": Receipt.ESTABLISHED.value,
        "record_by": event.record_by,
        "rule_set": event.rule_set,
        **_testimony(row, entry),
    }


@case_facts.on(CancellationRequested)
def _(row: CaseFacts, entry: RecordedEvent, event: CancellationRequested) -> Changes:
    return _leaving(row, entry, event, asked_as=event.code.value, by=_actor(entry))


@case_facts.on(TransferRequested)
def _(row: CaseFacts, entry: RecordedEvent, event: TransferRequested) -> Changes:
    return _leaving(row, entry, event, asked_as="C1", by=_actor(entry))


@case_facts.on(CancellationApproved)
def _(row: CaseFacts, entry: RecordedEvent, event: CancellationApproved) -> Changes:
    code = row.asked_as if row.asked_as != "C1" else None
    approver = _actor(entry)
    by = {"approved_by": approver, "approved_as": entry.role.value}
    return {**_left(row, entry, event, code), **by, "approver_had_part": approver in row.had_part.splitlines()}


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
    return {"linked_under": event.under, **_testimony(row, entry)}


@case_facts.on(CaseUnlinked)
def _(row: CaseFacts, entry: RecordedEvent, event: CaseUnlinked) -> Changes:
    return {"linked_under": None, **_testimony(row, entry)}


@case_facts.on(CaseClosed)
def _(row: CaseFacts, entry: RecordedEvent, event: CaseClosed) -> Changes:
    return {"closed_at": entry.at, **_testimony(row, entry)}


@case_facts.on(CaseReopened)
def _(row: CaseFacts, entry: RecordedEvent, event: CaseReopened) -> Changes:
    return {"closed_at": None, **_testimony(row, entry)}


@case_facts.on(NeedsAssessed)
def _(row: CaseFacts, entry: RecordedEvent, event: NeedsAssessed) -> Changes:
    return {"enhanced": bool(event.grounds), **_testimony(row, entry)}


@case_facts.on(VictimInformed)
def _(row: CaseFacts, entry: RecordedEvent, event: VictimInformed) -> Changes:
    of_it = event.of_event is None or str(event.of_event) == row.declined_by_event
    if event.about is not About.NOT_RECORDED or not of_it:
        return _testimony(row, entry)
    told = max(filter(None, (row.told_declined_at, entry.at)), key=_end)
    return {"told_declined_at": told, **_testimony(row, entry)}


@case_facts.on(VictimNoticeWaived)
def _(row: CaseFacts, entry: RecordedEvent, event: VictimNoticeWaived) -> Changes:
    waived = {"untold_at": entry.at, "untold_because": event.reason.value}
    return {**(waived if event.about is About.NOT_RECORDED else {}), **_testimony(row, entry)}


@case_facts.on(VictimStatementRecorded)
def _(row: CaseFacts, entry: RecordedEvent, event: VictimStatementRecorded) -> Changes:
    statement = f"{entry.at} {SUPPORTS if event.supports else DOES_NOT_SUPPORT}"
    return {"victim_said": _with(row.victim_said, statement), **_testimony(row, entry)}


@case_facts.on(InvestigationAllocated)
def _(row: CaseFacts, entry: RecordedEvent, event: InvestigationAllocated) -> Changes:
    return {**_part(row, event.officer), **_testimony(row, entry)}


@case_facts.on(OwnerAssigned)
def _(row: CaseFacts, entry: RecordedEvent, event: OwnerAssigned) -> Changes:
    return {**_part(row, event.owner), **_testimony(row, entry)}


def _investigates(row: CaseFacts, entry: RecordedEvent, event: Event) -> Changes:
    return {**_part(row, _actor(entry)), **_testimony(row, entry)}


def _rest(row: CaseFacts, entry: RecordedEvent, event: Event) -> Changes:
    return _testimony(row, entry)


_investigating = {*get_args(INVESTIGATES), InvestigationSuspended}
_apart = {InvestigationAllocated, NeedsAssessed, VictimInformed, VictimNoticeWaived, VictimStatementRecorded}
for _event in _investigating:
    case_facts.on(_event)(_investigates)
for _event in {*get_args(InvestigationEvent), *get_args(VictimEvent), *get_args(PausingEvent), *_REST}:
    if _event not in _investigating | _apart:
        case_facts.on(_event)(_rest)


def _leaving(
    row: CaseFacts, entry: RecordedEvent, event: CancellationEvent, *, asked_as: str | None, by: str | None = None
) -> dict[str, object]:
    """The crime may leave the register (`asked_as`), or stays in it: none left before."""
    after: dict[str, object] = {"status": status_after(event).value, "asked_as": asked_as, "asked_by": by}
    after |= dict.fromkeys(("cancelled_as", "cancelled_at", "approved_by", "approved_as"))
    after["approver_had_part"] = False
    return {**after, **_part(row, by), **_testimony(row, entry)}


def _left(row: CaseFacts, entry: RecordedEvent, event: CancellationEvent, code: str | None) -> dict[str, object]:
    status = status_after(event).value
    return {"status": status, "cancelled_as": code, "cancelled_at": entry.at, **_testimony(row, entry)}


def _end(moment: Moment) -> tuple[datetime, datetime]:
    return moment.latest, moment.earliest


def _actor(entry: RecordedEvent) -> str | None:
    """Who acted, if that is known: a file may not say."""
    return None if entry.role is Role.IMPORTER else entry.actor.casefold()


def _part(row: CaseFacts, person: str | None) -> dict[str, object]:
    return {"had_part": _with(row.had_part, person.casefold())} if person is not None else {}


def _with(lines: str, line: str) -> str:
    return "\n".join(sorted({*lines.splitlines(), line}))


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


def _recorded_as(row: CaseFacts, code: str) -> dict[str, object]:
    offence = rule_book().offences.get(code)
    return {"offence": code, "was_rape": row.was_rape or (offence is not None and offence.rape), **_classified(code)}


def _decided(row: CaseFacts, entry: RecordedEvent, decision: str) -> dict[str, object]:
    if row.decided_at is not None:
        return {}
    return {"decision": decision, "decided_at": entry.at, "decided_written_at": entry.written_at}


def _testimony(row: CaseFacts, entry: RecordedEvent) -> dict[str, object]:
    """That it is testimony (what breaks a rule cannot be anything else), and which rules it breaks."""
    if not entry.broken and (entry.source is None or row.testified_at is not None):
        return {}
    broken = " ".join(sorted({*row.broken.split(), *entry.broken}))
    return {"testified_at": row.testified_at or entry.written_at, "broken": broken}
