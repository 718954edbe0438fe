from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from adapters.system import System, now
from application import replay
from application.known_at import KnownAt
from application.ports import Append, NewEvent
from domain.case import state
from domain.case.recording import CrimeRecorded, CrimeReported, IncidentRegistered, ReporterRole, Route
from domain.case.recording import RecordingStatus as Status
from domain.event import Event, Purpose, RecordedEvent, Role
from domain.values import instant


@pytest.fixture
def case(system: System) -> str:
    """A case whose three facts took place a day apart and were written in three commits."""
    stream, start = f"case-{uuid4()}", now() - timedelta(days=5)
    received = instant(start)
    facts: list[Event] = [
        CrimeReported(
            received_at=received,
            route=Route.ONLINE,
            reporter_role=ReporterRole.VICTIM,
            record_by=received,
            rule_set="x",
        ),
        IncidentRegistered(),
        CrimeRecorded(offence="8N"),
    ]
    for version, fact in enumerate(facts):
        at = instant(start + timedelta(days=version))
        new = NewEvent(uuid4(), fact, at, "staff-1", Role.RECORDER, Purpose.CRIME_RECORDING)
        system.store.append(Append(stream, version, "kent", (new,)))
    return stream


def by_position(entry: RecordedEvent) -> KnownAt:
    return KnownAt(position=entry.position)


def by_instant(entry: RecordedEvent) -> KnownAt:
    return KnownAt(instant=entry.written_at)


def wrong(entries: list[RecordedEvent], known: Callable[[RecordedEvent], list[RecordedEvent]]) -> list[int]:
    """The positions at which what is known differs from what had been written by then."""
    return [entry.version for index, entry in enumerate(entries) if known(entry) != entries[: index + 1]]


@pytest.mark.parametrize("moment", [by_position, by_instant])
def test_what_was_known_is_what_had_been_written(
    system: System, case: str, moment: Callable[[RecordedEvent], KnownAt]
) -> None:
    entries = replay.history(system.store, case)
    assert len(entries) == 3
    assert wrong(entries, lambda entry: replay.history(system.store, case, moment(entry))) == []


def test_the_check_finds_a_history_that_knows_too_much(system: System, case: str) -> None:
    entries = replay.history(system.store, case)
    later = [KnownAt(position=entry.position + 1) for entry in entries]
    assert wrong(entries, lambda entry: replay.history(system.store, case, later[entry.version - 1])) == [1, 2]


def test_the_state_as_of_a_moment_reads_the_time_of_the_acts(system: System, case: str) -> None:
    def status(as_of: datetime, known_at: KnownAt | None = None) -> Status:
        return replay.state_as_of(system.store, case, as_of, known_at).recording.status

    entries = replay.history(system.store, case)
    acts = [entry.at.earliest for entry in entries]
    assert [status(at) for at in acts] == [Status.REPORTED, Status.INCIDENT, Status.RECORDED]
    assert status(acts[0] - timedelta(seconds=1)) is Status.NONE
    assert status(acts[2], KnownAt(position=entries[1].position)) is Status.INCIDENT
    assert replay.state_as_of(system.store, case) == state.replay(entries)
