"""The case register: the row says what the state of the case says, under every reference of the case."""

from collections.abc import Sequence
from typing import Any

import hypothesis
import pytest
from histories import Told, histories, recorded
from scenario import given, happened, reported

from domain.case.outcome import OutcomeAssigned
from domain.case.ownership import OwnerAssigned
from domain.case.reference import ReferenceAdded
from domain.case.state import Case, replay
from domain.case.testimony import SourceRowWithdrawn
from domain.event import RecordedEvent
from domain.values import ExternalReference, normal
from projections.case_register import case_register


def test_every_reference_of_a_case_is_found_however_it_is_written() -> None:
    log = ExternalReference(system="STORM", reference="2024 0301-0456")
    helpline = ExternalReference(system="Helpline", reference="VS 12/24")
    entries = given(reported(reference="kent/2024/000001", external=(log,)), ReferenceAdded(external=helpline)).entries
    row = case_register.fold(entries)
    assert row is not None
    assert row.references.splitlines() == [
        "kent/2024/000001",
        "20240301-0456",
        "storm:20240301-0456",
        "vs12/24",
        "helpline:vs12/24",
    ]
    assert normal(" Vs 12/24 ") in row.references.splitlines()


def test_what_only_speaks_of_facts_opens_no_case() -> None:
    assert case_register.fold(given(SourceRowWithdrawn(withdraws=())).entries) is None
    assert case_register.fold(given(reported()).entries) is not None


def of_the_case(case: Case) -> dict[str, Any]:
    """What row and state both say."""
    leaving = case.cancellation.request
    return {
        "status": case.recording.status,
        "received_at": case.recording.received_at,
        "alleged": case.recording.alleged,
        "offence": case.recording.offence,
        "crime_reference": case.recording.crime_reference,
        "outcome": case.outcome.type,
        "cancellation": leaving.code if leaving is not None else "C1" if case.cancellation.to_force else None,
        "investigation": case.investigation.status,
        "closure": case.closure.status,
        "owner": case.ownership.owner,
        "unit": case.ownership.unit,
        "linked_under": case.link.under,
    }


def disagreements(entries: Sequence[RecordedEvent]) -> list[str]:
    streams: dict[str, list[RecordedEvent]] = {}
    for entry in entries:
        streams.setdefault(entry.stream, []).append(entry)
    found: list[str] = []
    for stream, of_stream in streams.items():
        row, expected = case_register.fold(of_stream), of_the_case(replay(of_stream))
        said = row._asdict() if row is not None else of_the_case(Case())
        found += [
            f"{stream} {name}: {said[name]}, not {value}" for name, value in expected.items() if said[name] != value
        ]
    return found


@hypothesis.given(histories())
def test_the_row_says_what_the_state_of_the_case_says(told: list[Told]) -> None:
    assert not disagreements(recorded(told))


def test_a_handler_that_loses_the_owner_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control."""
    entries = given(reported(), OwnerAssigned(owner="staff-8", unit="CID")).entries
    assert not disagreements(entries)
    monkeypatch.setitem(case_register._handlers, OwnerAssigned, lambda row, entry, event: {"owner": event.owner})
    assert disagreements(entries) == ["case-1 unit: None, not CID"]


def test_an_outcome_that_arrives_later_than_its_successor_does_not_stand() -> None:
    first = happened(OutcomeAssigned(outcome=18), "2024-03-02T10:00:00Z")
    last = happened(OutcomeAssigned(outcome=1), "2024-03-09T10:00:00Z")
    row = case_register.fold(given(reported(), last, first).entries)
    assert row is not None
    assert row.outcome == 1
