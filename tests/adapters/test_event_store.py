from uuid import uuid4

import psycopg
import pytest

from adapters.system import System, now
from application.ports import Append, Conflict, NewEvent
from domain.case.recording import IncidentRegistered
from domain.event import Purpose, Role
from domain.values import instant


def registered() -> NewEvent:
    return NewEvent(uuid4(), IncidentRegistered(), instant(now()), "a", Role.RECORDER, Purpose.CRIME_RECORDING)


def test_an_append_is_read_back_and_a_second_at_the_same_version_conflicts(system: System) -> None:
    stream = f"case-{uuid4()}"
    done = system.store.append(Append(stream, 0, "kent", (registered(), registered())))
    assert (done.version, [entry.version for entry in system.store.load(stream)]) == (2, [1, 2])
    with pytest.raises(Conflict, match="is at version 2, not 1"):
        system.store.append(Append(stream, 1, "kent", (registered(),)))


@pytest.mark.parametrize("role", ["candour_writer", "candour_projector", "candour_reader"])
@pytest.mark.parametrize(
    "change", ["UPDATE candour.events SET force = 'x'", "DELETE FROM candour.events", "TRUNCATE candour.events"]
)
def test_no_application_role_changes_an_event(system: System, role: str, change: str) -> None:
    system.store.append(Append(f"case-{uuid4()}", 0, "kent", (registered(),)))
    with system.connect(role) as connection, pytest.raises(psycopg.Error):
        connection.execute(change)  # type: ignore[arg-type]


def test_the_owner_is_refused_too(system: System) -> None:
    with system.connect("admin") as admin, pytest.raises(psycopg.errors.InsufficientPrivilege, match="immutable"):
        admin.execute("UPDATE candour.events SET force = 'x'")
