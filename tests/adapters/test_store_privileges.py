"""Nobody changes the log: not an application role, not the owner, and none of them takes the guard away."""

import psycopg
import pytest
from log_entries import APPLICATION_ROLES, appends, case_id

from adapters.system import System

REFUSED = (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)
INSERT = (
    "INSERT INTO candour.events VALUES ('case-x', 1, 'n', 999999, now(), gen_random_uuid(), 'kent', '{\"data\":{}}')"
)
CHANGES = [
    "UPDATE candour.events SET force = 'x'",
    "UPDATE candour.events SET force = 'x' WHERE false",
    "DELETE FROM candour.events",
    "TRUNCATE candour.events",
    INSERT,
    "MERGE INTO candour.events e USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
    "COPY candour.events FROM STDIN",
    "ALTER TABLE candour.events DISABLE TRIGGER events_are_immutable",
    "DROP TRIGGER events_are_immutable ON candour.events",
    "ALTER TABLE candour.events ADD COLUMN x int",
    "DROP TABLE candour.events",
    "SET session_replication_role = 'replica'",
    "CREATE TABLE candour.other (x int)",
    "UPDATE candour.store SET synthetic = true",
    "INSERT INTO candour.store (synthetic, master_key) VALUES (true, 'k')",
]


@pytest.mark.parametrize("role", APPLICATION_ROLES)
def test_no_application_role_changes_the_log(system: System, role: str) -> None:
    system.store.append(appends(case_id(), 0))
    before = system.store.head()
    with system.connect(role) as connection:
        for change in CHANGES:
            with pytest.raises(REFUSED):
                connection.execute(change)  # type: ignore[call-overload]
    assert system.store.head() == before


def test_without_the_revocations_an_insert_goes_through(system: System) -> None:
    with system.connect("admin") as admin:
        admin.execute("GRANT INSERT ON candour.events TO candour_writer")
    with system.connect("candour_writer") as writer:
        assert writer.execute(INSERT).rowcount == 1  # type: ignore[call-overload]


@pytest.mark.parametrize("role", ["candour_projector", "candour_reader"])
def test_only_the_writer_appends(system: System, role: str) -> None:
    call = "SELECT * FROM candour.append('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')"
    with system.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(call)


@pytest.mark.parametrize("change", CHANGES[:4])
def test_the_owner_and_the_administrator_are_refused_by_the_trigger(system: System, change: str) -> None:
    system.store.append(appends(case_id(), 0))
    with system.connect("admin") as admin:
        for role in ("candour_owner", "postgres"):
            admin.execute(f"SET ROLE {role}")  # type: ignore[call-overload]
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="events are immutable"):
                admin.execute(change)  # type: ignore[call-overload]


def test_without_the_trigger_the_owner_would_change_an_event(system: System) -> None:
    system.store.append(appends(case_id(), 0))
    with system.connect("admin") as admin:
        admin.execute("ALTER TABLE candour.events DISABLE TRIGGER events_are_immutable")
        assert admin.execute("UPDATE candour.events SET force = 'x'").rowcount > 0


def test_whether_a_store_is_synthetic_never_changes(system: System) -> None:
    with system.connect("admin") as admin:
        for change in ("UPDATE candour.store SET synthetic = true", "DELETE FROM candour.store"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                admin.execute(change)  # type: ignore[call-overload]
    assert not system.facts().synthetic
