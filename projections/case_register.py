"""The case register: one row per case, to find it by its references and by what is plain in it."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from domain.case.outcome import OutcomeAssigned
from domain.case.recording import CrimeRecorded, CrimeReported, IncidentRegistered, N100Recorded, RecordingDeclined
from domain.case.reference import ReferenceAdded
from domain.case.testimony import CrimeRecordEvidenced
from domain.event import RecordedEvent
from domain.values import ExternalReference, Moment
from projections.case_facts import opens_a_case
from projections.projection import Projection


class CaseRegister(NamedTuple):
    """A case as it is looked up. `references` holds every reference, one per line, as `references_of` writes them."""

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


def normal(reference: str) -> str:
    """A reference as it is compared: case and blanks do not matter."""
    return "".join(reference.split()).casefold()


def _opens(entry: RecordedEvent) -> CaseRegister | None:
    return CaseRegister(entry.stream, entry.force) if opens_a_case(entry) else None


case_register = Projection(
    "case_register",
    row=CaseRegister,
    version=1,
    of="case-",
    opens=_opens,
    indexes=("USING gin (string_to_array(\"references\", E'\\n'))", "(force, received_on, alleged, place_code)"),
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
    return {"status": "recorded"}


@case_register.on(OutcomeAssigned)
def _(row: CaseRegister, entry: RecordedEvent, event: OutcomeAssigned) -> Changes:
    return {"outcome": event.outcome}


@case_register.on(ReferenceAdded)
def _(row: CaseRegister, entry: RecordedEvent, event: ReferenceAdded) -> Changes:
    return {"references": _with(row, _written(event.external))}


def _written(external: ExternalReference) -> list[str]:
    return [external.reference, f"{external.system}:{external.reference}"]


def _with(row: CaseRegister, more: Iterable[str]) -> str:
    held = row.references.splitlines()
    return "\n".join(dict.fromkeys([*held, *(normal(text) for text in more if text)]))
