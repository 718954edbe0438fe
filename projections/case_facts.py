"""Case facts: one row per case, and what each event changes in it."""

from collections.abc import Mapping
from typing import get_args

from domain.case.attestation import FactAttested
from domain.case.cancellation import (
    CancellationApproved,
    CancellationRefused,
    CancellationRequested,
    CancellationReversed,
    TransferAccepted,
    TransferRefused,
    TransferRequested,
)
from domain.case.classification import CrimeReclassified, ReceiptEstablished
from domain.case.closure import CaseClosed, CaseReopened, ReviewDecided, ReviewRequested
from domain.case.correction import FactCorrected
from domain.case.duties import DutyKind, PausingEvent
from domain.case.flags import CrimeFlagged, CrimeUnflagged
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
from domain.case.victim import (
    NeedsAssessed,
    SupportReferralDeclined,
    SupportReferralMade,
    VictimEvent,
    VictimInformed,
    VictimNoticeWaived,
    VictimStatementRecorded,
)
from domain.event import Event, RecordedEvent
from domain.import_batch import Coverage
from domain.rules import rule_book
from domain.rules.working_days import end_of_working_day
from projections.case_changes import (
    actor_of,
    as_testimony,
    beginning_of,
    classified,
    end_of,
    first_decision,
    flagged,
    had_part,
    has_left,
    may_leave,
    order_of_statement,
    outcome_rank,
    placed,
    received,
    recorded_as,
    with_line,
)
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


case_facts = Projection("case_facts", row=CaseFacts, version=5, of="case-", opens=_opens, indexes=(WAITING,))

Changes = Mapping[str, object]


@case_facts.on(CrimeReported)
def _(row: CaseFacts, entry: RecordedEvent, event: CrimeReported) -> Changes:
    return {
        "status": "reported",
        "coverage": Coverage.FULL.value,
        "receipt": event.receipt.value,
        "reported_at": event.reported_at,
        "record_by": event.record_by,
        "rule_set": event.rule_set,
        "route": event.route.value,
        "reporter_role": event.reporter_role.value,
        "alleged": event.alleged,
        **received(event.received_at),
        **classified(event.alleged),
        **({"area": event.place_code, "own_area": True} if event.place_code is not None else {}),
        **as_testimony(row, entry),
    }


@case_facts.on(IncidentRegistered)
def _(row: CaseFacts, entry: RecordedEvent, event: IncidentRegistered) -> Changes:
    return {"status": "incident", "registered_at": entry.at, **placed(row, event.place), **as_testimony(row, entry)}


@case_facts.on(CrimeRecorded)
def _(row: CaseFacts, entry: RecordedEvent, event: CrimeRecorded) -> Changes:
    return {
        "status": "recorded",
        "recorded_at": row.recorded_at if row.own_record else entry.at,
        "own_record": True,
        **recorded_as(row, event.offence),
        **had_part(row, actor_of(entry)),
        **first_decision(row, entry, "recorded"),
        **as_testimony(row, entry),
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
        **first_decision(row, entry, "declined"),
        **as_testimony(row, entry),
    }


@case_facts.on(N100Recorded)
def _(row: CaseFacts, entry: RecordedEvent, event: N100Recorded) -> Changes:
    return {"status": "n100", **first_decision(row, entry, "n100"), **as_testimony(row, entry)}


@case_facts.on(OutcomeAssigned)
def _(row: CaseFacts, entry: RecordedEvent, event: OutcomeAssigned) -> Changes:
    stands = row.outcome_at and outcome_rank(row.outcome_at, row.outcome, row.outcome_category)
    if stands is not None and outcome_rank(entry.at, event.outcome, event.category) < stands:
        return as_testimony(row, entry)
    return {
        "outcome": event.outcome,
        "outcome_category": event.category,
        "outcome_at": entry.at,
        **as_testimony(row, entry),
    }


@case_facts.on(CrimeRecordEvidenced)
def _(row: CaseFacts, entry: RecordedEvent, event: CrimeRecordEvidenced) -> Changes:
    before = min((m for m in (row.recorded_before, event.before) if m), default=None)
    changes: dict[str, object] = {"recorded_before": before, **as_testimony(row, entry)}
    changes |= placed(row, event.place, event.recorded)
    if row.status not in ("cancelled", "transferred"):  # what others published does not bring it back
        changes["status"] = "recorded"
    # As in the state of the case: the source that states the latest month, whatever the order of arrival.
    states = order_of_statement(event.recorded, event.category, event.last_outcome)
    if not row.own_record and states > order_of_statement(row.recorded_at, row.category, row.last_outcome):
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
    return {**recorded_as(row, event.offence), **as_testimony(row, entry)}


@case_facts.on(ReceiptEstablished)
def _(row: CaseFacts, entry: RecordedEvent, event: ReceiptEstablished) -> Changes:
    return {
        **received(event.received_at),
        "receipt": Receipt.ESTABLISHED.value,
        "record_by": event.record_by,
        "rule_set": event.rule_set,
        **as_testimony(row, entry),
    }


@case_facts.on(CancellationRequested)
def _(row: CaseFacts, entry: RecordedEvent, event: CancellationRequested) -> Changes:
    return may_leave(row, entry, event, asked_as=event.code.value, by=actor_of(entry))


@case_facts.on(TransferRequested)
def _(row: CaseFacts, entry: RecordedEvent, event: TransferRequested) -> Changes:
    return may_leave(row, entry, event, asked_as="C1", by=actor_of(entry))


@case_facts.on(CancellationApproved)
def _(row: CaseFacts, entry: RecordedEvent, event: CancellationApproved) -> Changes:
    code = row.asked_as if row.asked_as != "C1" else None
    approver = actor_of(entry)
    by = {"approved_by": approver, "approved_as": entry.role.value}
    return {**has_left(row, entry, event, code), **by, "approver_had_part": approver in row.had_part.splitlines()}


@case_facts.on(TransferAccepted)
def _(row: CaseFacts, entry: RecordedEvent, event: TransferAccepted) -> Changes:
    return has_left(row, entry, event, "C1")


@case_facts.on(CancellationRefused)
def _(row: CaseFacts, entry: RecordedEvent, event: CancellationRefused) -> Changes:
    return may_leave(row, entry, event, asked_as=None)


@case_facts.on(TransferRefused)
def _(row: CaseFacts, entry: RecordedEvent, event: TransferRefused) -> Changes:
    return may_leave(row, entry, event, asked_as=None)


@case_facts.on(CancellationReversed)
def _(row: CaseFacts, entry: RecordedEvent, event: CancellationReversed) -> Changes:
    return may_leave(row, entry, event, asked_as=None)


@case_facts.on(CaseLinked)
def _(row: CaseFacts, entry: RecordedEvent, event: CaseLinked) -> Changes:
    return {"linked_under": event.under, **as_testimony(row, entry)}


@case_facts.on(CaseUnlinked)
def _(row: CaseFacts, entry: RecordedEvent, event: CaseUnlinked) -> Changes:
    return {"linked_under": None, **as_testimony(row, entry)}


@case_facts.on(CaseClosed)
def _(row: CaseFacts, entry: RecordedEvent, event: CaseClosed) -> Changes:
    return {"closed_at": entry.at, **as_testimony(row, entry)}


@case_facts.on(CaseReopened)
def _(row: CaseFacts, entry: RecordedEvent, event: CaseReopened) -> Changes:
    return {"closed_at": None, **as_testimony(row, entry)}


@case_facts.on(NeedsAssessed)
def _(row: CaseFacts, entry: RecordedEvent, event: NeedsAssessed) -> Changes:
    return {"enhanced": bool(event.grounds), **as_testimony(row, entry)}


@case_facts.on(VictimInformed)
def _(row: CaseFacts, entry: RecordedEvent, event: VictimInformed) -> Changes:
    of_it = event.of_event is None or str(event.of_event) == row.declined_by_event
    if event.about is not About.NOT_RECORDED or not of_it:
        return as_testimony(row, entry)
    told = max(filter(None, (row.told_declined_at, entry.at)), key=end_of)
    return {"told_declined_at": told, **as_testimony(row, entry)}


@case_facts.on(VictimNoticeWaived)
def _(row: CaseFacts, entry: RecordedEvent, event: VictimNoticeWaived) -> Changes:
    waived = {"untold_at": entry.at, "untold_because": event.reason.value}
    return {**(waived if event.about is About.NOT_RECORDED else {}), **as_testimony(row, entry)}


@case_facts.on(VictimStatementRecorded)
def _(row: CaseFacts, entry: RecordedEvent, event: VictimStatementRecorded) -> Changes:
    said = f"{entry.at} {SUPPORTS if event.supports else DOES_NOT_SUPPORT}"
    return {"victim_said": with_line(row.victim_said, said), **as_testimony(row, entry)}


@case_facts.on(SupportReferralMade)
def _(row: CaseFacts, entry: RecordedEvent, event: SupportReferralMade) -> Changes:
    first = min(filter(None, (row.referred_at, entry.at)), key=beginning_of)
    return {"referred_at": first, **as_testimony(row, entry)}


@case_facts.on(SupportReferralDeclined)
def _(row: CaseFacts, entry: RecordedEvent, event: SupportReferralDeclined) -> Changes:
    return {"not_referred_at": entry.at, "not_referred_because": event.reason.value, **as_testimony(row, entry)}


@case_facts.on(CrimeFlagged)
def _(row: CaseFacts, entry: RecordedEvent, event: CrimeFlagged) -> Changes:
    return {**flagged(event.flag, "yes"), **as_testimony(row, entry)}


@case_facts.on(CrimeUnflagged)
def _(row: CaseFacts, entry: RecordedEvent, event: CrimeUnflagged) -> Changes:
    return {**flagged(event.flag, "no"), **as_testimony(row, entry)}


@case_facts.on(InvestigationAllocated)
def _(row: CaseFacts, entry: RecordedEvent, event: InvestigationAllocated) -> Changes:
    return {**had_part(row, event.officer), **as_testimony(row, entry)}


@case_facts.on(OwnerAssigned)
def _(row: CaseFacts, entry: RecordedEvent, event: OwnerAssigned) -> Changes:
    return {**had_part(row, event.owner), **as_testimony(row, entry)}


def _investigates(row: CaseFacts, entry: RecordedEvent, event: Event) -> Changes:
    return {**had_part(row, actor_of(entry)), **as_testimony(row, entry)}


def _rest(row: CaseFacts, entry: RecordedEvent, event: Event) -> Changes:
    return as_testimony(row, entry)


_investigating = {*get_args(INVESTIGATES), InvestigationSuspended}
_apart = {
    InvestigationAllocated,
    NeedsAssessed,
    SupportReferralDeclined,
    SupportReferralMade,
    VictimInformed,
    VictimNoticeWaived,
    VictimStatementRecorded,
}
for _event in _investigating:
    case_facts.on(_event)(_investigates)
for _event in {*get_args(InvestigationEvent), *get_args(VictimEvent), *get_args(PausingEvent), *_REST}:
    if _event not in _investigating | _apart:
        case_facts.on(_event)(_rest)
