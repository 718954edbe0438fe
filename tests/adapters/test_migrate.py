"""Migrate: many at once, again at any time, by an administrator who is no superuser; a store stays what it is."""

import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from processes import CANDOUR, only_where_proc_is, place_of_its_own

from adapters.postgres import migrate as migrating
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.migrate import ROLES, StoreMismatch, migrate
from adapters.settings import Settings
from adapters.system import System
from domain.rules import rule_book

KEY = "a fingerprint"


@only_where_proc_is
def test_eight_at_once_on_an_empty_folder_all_succeed() -> None:
    """Eight processes make the cluster, the keys, the roles and the schema at the same moment."""
    with place_of_its_own() as place:
        processes = [
            subprocess.Popen([CANDOUR, "migrate", "--json"], env=place.environment(), stdout=-1, stderr=-1, text=True)
            for _ in range(8)
        ]
        ended = [(*process.communicate(timeout=120), process.returncode) for process in processes]
        assert [code for _, _, code in ended] == [0] * 8, [err for _, err, _ in ended]
        place.must_be_quiet()
        with EmbeddedPostgres(place.data) as embedded, psycopg.connect(embedded.conninfo("postgres")) as connection:
            assert connection.execute("SELECT count(*) FROM candour.store").fetchone() == (1,)
            adopted = connection.execute("SELECT count(*), max(position) FROM candour.events").fetchone()
        assert adopted == (len(rule_book().adopted), len(rule_book().adopted))


def test_another_database_of_the_server_may_be_migrated_at_the_same_moment(
    empty_server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _two_at_once(empty_server, "one", "two") == []


def test_a_role_that_is_being_made_elsewhere_is_a_real_obstacle(
    empty_server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: without the care of `_create_role`, the second one fails."""

    def careless(admin: "psycopg.Connection[tuple[object, ...]]", role: str) -> None:
        admin.execute(f"CREATE ROLE {role} LOGIN")  # pyright: ignore

    monkeypatch.setattr(migrating, "_create_role", careless)
    [error] = _two_at_once(empty_server, "three", "four")
    assert isinstance(error, psycopg.errors.UniqueViolation | psycopg.errors.DuplicateObject)


@pytest.fixture
def empty_server() -> object:
    with place_of_its_own() as place, EmbeddedPostgres(place.data) as embedded:
        yield embedded


def _two_at_once(server: EmbeddedPostgres, first: str, second: str) -> list[Exception]:
    """One has made the roles and not yet committed when the other wants to; what went wrong there."""
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as admin:
        for name in (first, second):
            admin.execute(f"CREATE DATABASE {name}")  # pyright: ignore
    wrong: list[Exception] = []

    def other() -> None:
        try:
            with psycopg.connect(server.conninfo("postgres", second), autocommit=True) as admin:
                migrate(admin, synthetic=False, master_key=KEY)
        except Exception as error:
            wrong.append(error)

    with psycopg.connect(server.conninfo("postgres", first)) as begun:
        begun.execute("SELECT 1")  # so that the migration is a part of this transaction, and not one of its own
        migrate(begun, synthetic=False, master_key=KEY)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(1)
        assert thread.is_alive()  # it waits for the roles
        begun.commit()
        thread.join(20)
    assert not thread.is_alive()
    return wrong


def test_again_it_does_nothing(system: System) -> None:
    before = system.store.head()
    assert system.migrate() == []
    assert system.store.head() == before


def test_a_store_stays_live_or_synthetic(system: System, synthetic: System) -> None:
    with pytest.raises(StoreMismatch, match="a live one"):
        system.migrate(synthetic=True)
    assert system.facts().synthetic is False
    synthetic.migrate()  # an upgrade need not say it again
    assert synthetic.facts().synthetic is True


def test_a_store_keeps_its_master_key(system: System) -> None:
    with system.connect("admin") as admin, pytest.raises(StoreMismatch, match="another master key"):
        migrate(admin, synthetic=False, master_key=KEY)


def test_a_migration_that_fails_leaves_nothing(server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = migrating.steps()
    name = f"half_{os.getpid()}"
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")  # pyright: ignore
    monkeypatch.setattr(migrating, "steps", lambda: [*whole, ("999_defect.sql", "SELECT nonsense")])
    with psycopg.connect(server.conninfo("postgres", name), autocommit=True) as admin:
        with pytest.raises(psycopg.errors.UndefinedColumn):
            migrate(admin, synthetic=False, master_key=KEY)
        assert admin.execute("SELECT 1 FROM pg_namespace WHERE nspname LIKE 'candour%'").fetchall() == []
        monkeypatch.undo()
        assert migrate(admin, synthetic=False, master_key=KEY) == [step for step, _ in whole]
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name}")  # pyright: ignore


def test_an_administrator_without_superuser_will_do(empty_server: EmbeddedPostgres, tmp_path: Path) -> None:
    """As a hosted server has it: a login that may create roles and owns the database."""
    with psycopg.connect(empty_server.conninfo("postgres"), autocommit=True) as admin:
        admin.execute("CREATE ROLE landlord LOGIN CREATEROLE")
        admin.execute("CREATE DATABASE hosted OWNER landlord")
    url = f"postgresql://landlord@/hosted?host={empty_server.socket_dir}"
    system = System(Settings(url, tmp_path), None)
    try:
        assert "001_events.sql" in system.migrate()
        assert system.migrate() == []
        assert system.store.head().position == len(rule_book().adopted)
    finally:
        system.close()


STATEMENTS = (
    "UPDATE candour.events SET force = 'essex'",
    "DELETE FROM candour.events",
    "TRUNCATE candour.events",
    "DROP TABLE candour.events",
    "INSERT INTO candour.events SELECT 'case-x', 1, name, 999, written_at, event_id, force, state"
    " FROM candour.events LIMIT 1",
    "UPDATE candour.store SET synthetic = true",
    "ALTER TABLE candour.events DISABLE TRIGGER ALL",
)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "candour_owner"])
@pytest.mark.parametrize("statement", STATEMENTS)
def test_no_role_of_the_application_may_change_the_log(system: System, role: str, statement: str) -> None:
    with system.connect(role) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (role,)
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
            connection.execute(statement)  # pyright: ignore


@pytest.mark.parametrize("statement", STATEMENTS[:3])
def test_the_owner_is_refused_by_the_trigger(system: System, statement: str) -> None:
    with system.connect("admin") as connection:
        connection.execute("SET ROLE candour_owner")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="immutable"):
            connection.execute(statement)  # pyright: ignore


def test_without_the_trigger_the_owner_could(new_system: Callable[..., System]) -> None:
    """The negative control."""
    with new_system().connect("admin") as connection:
        connection.execute("DROP TRIGGER events_are_immutable ON candour.events")
        connection.execute("SET ROLE candour_owner")
        assert connection.execute("DELETE FROM candour.events").rowcount > 0
