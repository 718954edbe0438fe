"""The case register: one row per case, to find it by its references and by what is plain in it."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple, get_args

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
from domain.case.closure import CaseClosed, CaseReopened, ClosureStatus
from domain.case.investigation import Investigation, InvestigationEvent, InvestigationStatus
from domain.case.linking import CaseLinked, CaseUnlinked
from domain.case.outcome import OutcomeAssigned
from domain.case.ownership import OwnerAssigned
from domain.case.recording import CrimeRecorded, CrimeReported, IncidentRegistered, N100Recorded, RecordingDeclined
from domain.case.reference import ReferenceAdded
from domain.case.testimony import CrimeRecordEvidenced
from domain.event import RecordedEvent
from domain.values import ExternalReference, Moment, normal
from projections.case_facts import opens_a_case
from projections.projection import Projection

TRANSFER = "C1"
GONE = ("cancelled", "transferred")


class CaseRegister(NamedTuple):
    """A case as it is looked up. `references` holds every reference, one per line, as `normal` writes them.

    `cancellation` is the code that is asked for or stands; `status` tells which.
    """

    case_id: str
    force: str
    status: str = "none"
    reference: str | None = None
    references: str = ""
    received_at: Moment | None = None
    received_on: date | None = None
    alleged: str | None = None
    place_code: str | None = None
    crime_reference: str | None = None
    offence: str | None = None
    outcome: int | None = None
    outcome_at: Moment | None = None
    cancellation: str | None = None
    investigation: str = InvestigationStatus.NOT_STARTED.value
    closure: str = ClosureStatus.OPEN.value
    owner: str | None = None
    unit: str | None = None
    linked_under: str | None = None


def _opens(entry: RecordedEvent) -> CaseRegister | None:
    return CaseRegister(entry.stream, entry.force) if opens_a_case(entry) else None


case_register = Projection(
    "case_register",
    row=CaseRegister,
    version=3,
    of="case-",
    opens=_opens,
    indexes=(
        "USING gin (string_to_array(\"references\", E'\\n'))",
        "(force, received_on, alleged, place_code)",
        "(owner, case_id)",
    ),
)

Changes = Mapping[str, object]


@case_register.on(CrimeReported)
def _(row: CaseRegister, entry: RecordedEvent, event: CrimeReported) -> Changes:
    external = [text for each in event.external for text in _written(each)]
    return {
        "status": "reported",
        "reference": event.reference,
        "references": _with(row, [event.reference or "", *external]),
        "received_at": event.received_at,
        "received_on": event.received_at.london_date,
        "alleged": event.alleged,
        "place_code": event.place_code and normal(event.place_code),
        **({"owner": entry.actor, "unit": entry.unit} if entry.source is None else {}),
    }


@case_register.on(IncidentRegistered)
def _(row: CaseRegister, entry: RecordedEvent, event: IncidentRegistered) -> Changes:
    return {"status": "incident", "references": _with(row, [event.incident or ""])}


@case_register.on(CrimeRecorded)
def _(row: CaseRegister, entry: RecordedEvent, event: CrimeRecorded) -> Changes:
    return {
        "status": "recorded",
        "offence": event.offence,
        "crime_reference": event.crime_reference,
        "references": _with(row, [event.crime_reference or ""]),
    }


@case_register.on(RecordingDeclined)
def _(row: CaseRegister, entry: RecordedEvent, event: RecordingDeclined) -> Changes:
    return {"status": "not_recorded"}


@case_register.on(N100Recorded)
def _(row: CaseRegister, entry: RecordedEvent, event: N100Recorded) -> Changes:
    return {"status": "n100"}


@case_register.on(CrimeRecordEvidenced)
def _(row: CaseRegister, entry: RecordedEvent, event: CrimeRecordEvidenced) -> Changes:
    return {} if row.status in GONE else {"status": "recorded"}  # what others published does not bring it back


@case_register.on(OutcomeAssigned)
def _(row: CaseRegister, entry: RecordedEvent, event: OutcomeAssigned) -> Changes:
    # As in the state of the case: the one assigned latest in its life, whatever the order of arrival.
    stands = row.outcome_at and _rank(row.outcome_at, row.outcome)
    if stands is not None and _rank(entry.at, event.outcome) < stands:
        return {}
    return {"outcome": event.outcome, "outcome_at": entry.at}


def _rank(at: Moment, outcome: int | None) -> tuple[datetime, datetime, int]:
    return at.earliest, at.latest, outcome or 0


@case_register.on(ReferenceAdded)
def _(row: CaseRegister, entry: RecordedEvent, event: ReferenceAdded) -> Changes:
    return {"references": _with(row, _written(event.external))}


@case_register.on(ReceiptEstablished)
def _(row: CaseRegister, entry: RecordedEvent, event: ReceiptEstablished) -> Changes:
    return {"received_at": event.received_at, "received_on": event.received_at.london_date}


@case_register.on(CrimeReclassified)
def _(row: CaseRegister, entry: RecordedEvent, event: CrimeReclassified) -> Changes:
    return {"offence": event.offence}


@case_register.on(OwnerAssigned)
def _(row: CaseRegister, entry: RecordedEvent, event: OwnerAssigned) -> Changes:
    return {"owner": event.owner, "unit": event.unit}


@case_register.on(CaseLinked)
def _(row: CaseRegister, entry: RecordedEvent, event: CaseLinked) -> Changes:
    return {"linked_under": event.under}


@case_register.on(CaseUnlinked)
def _(row: CaseRegister, entry: RecordedEvent, event: CaseUnlinked) -> Changes:
    return {"linked_under": None}


@case_register.on(CaseClosed)
def _(row: CaseRegister, entry: RecordedEvent, event: CaseClosed) -> Changes:
    return {"closure": ClosureStatus.CLOSED.value}


@case_register.on(CaseReopened)
def _(row: CaseRegister, entry: RecordedEvent, event: CaseReopened) -> Changes:
    return {"closure": ClosureStatus.OPEN.value}


def _cancelled(row: CaseRegister, entry: RecordedEvent, event: CancellationEvent) -> Changes:
    changes: dict[str, object] = {"status": status_after(event).value}
    match event:
        case CancellationRequested():
            return changes | {"cancellation": event.code.value}
        case TransferRequested():
            return changes | {"cancellation": TRANSFER}
        case TransferAccepted():
            return changes | {"references": _with(row, [event.their_reference])}
        case CancellationApproved():
            return changes
        case CancellationRefused() | CancellationReversed() | TransferRefused():
            return changes | {"cancellation": None}


def _investigated(row: CaseRegister, entry: RecordedEvent, event: InvestigationEvent) -> Changes:
    before = Investigation(InvestigationStatus(row.investigation))
    return {"investigation": before.evolve(entry, event).status.value}


for kind in get_args(CancellationEvent):
    case_register.on(kind)(_cancelled)
for kind in get_args(InvestigationEvent):
    case_register.on(kind)(_investigated)


def _written(external: ExternalReference) -> list[str]:
    return [external.reference, f"{external.system}:{external.reference}"]


def _with(row: CaseRegister, more: Iterable[str]) -> str:
    held = row.references.splitlines()
    return "\n".join(dict.fromkeys([*held, *(normal(text) for text in more if text)]))
