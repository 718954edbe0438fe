"""`candour doctor`: a healthy installation has no fault, and each fault that is planted is found under its name."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest
from log_entries import appends, case_id
from psycopg.conninfo import make_conninfo

from adapters import checkup as machine
from adapters.checkup import check_projections, check_up
from adapters.cli.main import run
from adapters.finding import Finding, State, behind, good, note, worst, wrong
from adapters.postgres import checkup
from adapters.postgres.migrate import ROLES, StoreMismatch
from adapters.settings import Settings
from adapters.system import System
from projections import ALL

pytestmark = pytest.mark.usefixtures("unhurried")

Admin = Any
UNGUARDED = (
    "ALTER TABLE candour.events DISABLE TRIGGER events_are_immutable",
    "ALTER TABLE candour.events ENABLE TRIGGER events_are_immutable",
)


@pytest.fixture
def place(system: System, tmp_path: Path) -> Settings:
    """A live store with a few events, whose figures are up to date, and keys of its own."""
    for _ in range(3):
        system.store.append(appends(case_id(), 0))
    for projection in ALL:
        projector = system.projector(projection)
        with projector.connection:
            projector.prepare()
            projector.catch_up()
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    shutil.copy(system.settings.master_key, keys)
    (keys / "token.key").write_text("cd" * 32)
    for key in keys.iterdir():
        key.chmod(0o600)
    return replace(system.settings, data_dir=tmp_path)


@pytest.fixture
def admin(place: Settings) -> Iterator[Admin]:
    """A connection that may do anything."""
    assert place.database_url is not None
    with psycopg.connect(place.database_url, autocommit=True) as connection:
        yield connection


@contextmanager
def unguarded(admin: Admin) -> Iterator[None]:
    """The log without its trigger, as somebody who means harm would have it for a moment."""
    admin.execute(UNGUARDED[0])
    yield
    admin.execute(UNGUARDED[1])


def faults(settings: Settings, **more: Any) -> dict[str, Finding]:
    """What is not as it should be, by name. Each has a sentence that says what to do."""
    found = check_up(settings, **more)
    for finding in found:
        assert (finding.state is State.GOOD) == (not finding.advice), finding
        assert not finding.advice or finding.advice.endswith("."), finding
    return {finding.check: finding for finding in found if finding.state in (State.WRONG, State.BEHIND)}


def only(found: dict[str, Finding], check: str, state: State, *words: str) -> None:
    """That is the one fault, in that state, told with these words."""
    assert list(found) == [check], found
    assert found[check].state is state
    for word in words:
        assert word in found[check].found + found[check].advice, found[check]


def apart_from_figures(found: dict[str, Finding], *words: str) -> dict[str, Finding]:
    """The faults other than that no read model has what the log says now, once each of them says so."""
    for projection in ALL:
        finding = found.pop(f"figures {projection.name}")
        assert "cannot be trusted" in finding.found
        for word in words:
            assert word in finding.found, finding
    return found


def test_a_healthy_installation_has_no_fault_and_is_left_as_it_was(place: Settings, admin: Admin) -> None:
    def state() -> Any:
        events = "SELECT md5(string_agg(e::text, '|' ORDER BY position)) FROM candour.events e"
        return [
            admin.execute(query).fetchall()
            for query in (events, "SELECT * FROM candour.read_models", "SELECT xmin FROM candour.store")
        ]

    before = state()
    found = {finding.check: finding for finding in check_up(place)}
    assert [each for each in found.values() if each.state in (State.WRONG, State.BEHIND)] == []
    assert set(found) >= {
        "Candour", "Python", "PostgreSQL", "disk", "store", "master key", "token key", "roles", "immutability",
        "triggers",
        "grants", "connections", "clock", "schema", "rule sets", "positions",
        *(f"figures {projection.name}" for projection in ALL),
    }  # fmt: skip
    assert state() == before
    assert "live" in found["store"].found


ROLES_CHANGED = {
    "may update": (
        "GRANT UPDATE ON candour.events TO candour_writer",
        "REVOKE UPDATE ON candour.events FROM candour_writer",
        ("roles", "candour_writer may UPDATE"),  # the trigger refuses it all the same
    ),
    "may insert": (
        "GRANT INSERT ON candour.events TO candour_projector",
        "REVOKE INSERT ON candour.events FROM candour_projector",
        ("immutability", "candour_projector may INSERT INTO candour.events"),
    ),
    "may truncate": (
        "GRANT TRUNCATE ON candour.events TO candour_reader",
        "REVOKE TRUNCATE ON candour.events FROM candour_reader",
        ("roles", "candour_reader may TRUNCATE"),
    ),
    "member": (
        "GRANT candour_owner TO candour_reader",
        "REVOKE candour_owner FROM candour_reader",
        ("roles", "candour_reader is a member of candour_owner"),
    ),
    "grants": (
        "REVOKE UPDATE ON candour.read_models FROM candour_projector",
        "GRANT UPDATE ON candour.read_models TO candour_projector",
        ("grants", "candour migrate"),
    ),
}


@pytest.mark.parametrize("name", ROLES_CHANGED)
def test_a_role_that_may_too_much_or_too_little(place: Settings, admin: Admin, name: str) -> None:
    do, undo, expected = ROLES_CHANGED[name]
    admin.execute(do)
    try:
        found = faults(place)
    finally:
        admin.execute(undo)
    assert found[expected[0]].state is State.WRONG
    assert expected[1] in found[expected[0]].found + found[expected[0]].advice
    assert faults(place) == {}


def test_a_superuser_among_the_roles(place: Settings, admin: Admin) -> None:
    admin.execute("ALTER ROLE candour_projector SUPERUSER")
    try:
        found = faults(place)
    finally:
        admin.execute("ALTER ROLE candour_projector NOSUPERUSER")
    assert "candour_projector is a superuser" in found["roles"].found


def test_a_log_without_its_guard(place: Settings, admin: Admin) -> None:
    with unguarded(admin):
        found = faults(place)
    assert "candour_owner may UPDATE candour.events" in found["immutability"].found
    assert "events_are_immutable is disabled" in found["triggers"].found
    admin.execute("DROP TRIGGER events_are_immutable ON candour.events")
    assert "events_are_immutable is gone" in faults(place)["triggers"].found
    admin.execute(
        "CREATE TRIGGER events_are_immutable BEFORE UPDATE ON candour.events"
        " FOR EACH STATEMENT EXECUTE FUNCTION candour.refuse_change()"
    )
    assert "does not cover every change" in faults(place)["triggers"].found
    with unguarded(admin):  # and with it, who was given too much can use it
        admin.execute("GRANT DELETE ON candour.events TO candour_reader")
        assert "candour_reader may DELETE" in faults(place)["immutability"].found


def test_gaps_in_the_log(place: Settings, admin: Admin) -> None:
    with unguarded(admin):
        admin.execute("DELETE FROM candour.events WHERE position = (SELECT max(position) - 1 FROM candour.events)")
    found = apart_from_figures(faults(place), "is not in the log")
    only(found, "positions", State.WRONG, "restore the log from a backup")


def test_a_count_that_takes_too_long_is_left_out(place: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert place.database_url is not None
    monkeypatch.setattr(checkup, "COUNTING_SECONDS", 1)
    monkeypatch.setattr(checkup, "_one", lambda connection, *_: connection.execute("SELECT pg_sleep(3), 1").fetchone())
    with psycopg.connect(place.database_url, autocommit=True) as connection:
        assert checkup.positions(connection).state is State.NOTE


def test_rule_sets_that_are_not_those_of_this_software(place: Settings, admin: Admin) -> None:
    with unguarded(admin):
        admin.execute(
            'UPDATE candour.events SET state = regexp_replace(state, \'"digest": ?"[0-9a-f]+"\', \'"digest":"00"\')'
            " WHERE stream_id = 'ruleset-recording-2015'"
        )
    found = apart_from_figures(faults(place), "applied otherwise than it is in the log")
    only(found, "rule sets", State.WRONG, "recording-2015 is not as it was adopted")
    with unguarded(admin):
        admin.execute("UPDATE candour.events SET stream_id = 'other-1' WHERE stream_id = 'ruleset-recording-2015'")
    only(apart_from_figures(faults(place)), "rule sets", State.WRONG, "not adopted: recording-2015")


def test_a_schema_of_another_version(place: Settings, admin: Admin) -> None:
    admin.execute("INSERT INTO candour.migrations (name) VALUES ('999_later.sql')")
    only(faults(place), "schema", State.WRONG, "999_later.sql", "newer Candour")
    admin.execute("DELETE FROM candour.migrations WHERE name >= '005'")
    only(faults(place), "schema", State.WRONG, "without 005_references.sql", "candour migrate")


def test_a_database_without_the_schema_or_that_is_away(place: Settings, admin: Admin) -> None:
    admin.execute("DROP SCHEMA candour CASCADE")
    only(faults(place), "store", State.WRONG, "candour migrate")
    away = replace(place, database_url="postgresql://nobody@127.0.0.1:1/nothing")
    only(faults(away), "database", State.WRONG, "cannot be reached")
    place.master_key.write_text("ab")
    assert set(faults(away)) == {"database", "master key"}, "the keys are looked at all the same"
    nothing = replace(place, database_url=None, data_dir=place.data_dir / "empty")
    only(faults(nothing), "store", State.WRONG, "holds no store")
    assert not nothing.data_dir.exists()


def of_database(admin: Admin, setting: str, value: str) -> None:
    admin.execute(f"ALTER DATABASE {admin.info.dbname} SET {setting} = {value}")


def test_settings_under_which_a_crash_loses_what_was_answered(place: Settings, admin: Admin) -> None:
    of_database(admin, "synchronous_commit", "off")
    only(faults(place), "setting synchronous_commit", State.WRONG)
    of_database(admin, "synchronous_commit", "local")
    assert faults(place) == {}
    of_database(admin, "zero_damaged_pages", "on")
    only(faults(place), "setting zero_damaged_pages", State.WRONG)


@pytest.mark.parametrize("name", ["fsync", "full_page_writes"])
def test_settings_of_the_whole_server(place: Settings, admin: Admin, name: str) -> None:
    def becomes(value: str) -> None:
        for _ in range(100):
            if admin.execute(f"SHOW {name}").fetchone() == (value,):
                return
            time.sleep(0.05)
        raise AssertionError(f"{name} is not {value}")

    admin.execute(f"ALTER SYSTEM SET {name} = off")
    try:
        admin.execute("SELECT pg_reload_conf()")
        becomes("off")
        only(faults(place), f"setting {name}", State.WRONG)
    finally:
        admin.execute(f"ALTER SYSTEM SET {name} = on")
        admin.execute("SELECT pg_reload_conf()")
        becomes("on")


def test_triggers_that_do_not_run(place: Settings, admin: Admin) -> None:
    of_database(admin, "session_replication_role", "replica")
    found = faults(place)
    assert set(found) == {"setting session_replication_role", "immutability"}
    assert "candour_owner may DELETE" in found["immutability"].found


def test_a_server_that_only_reads(place: Settings, admin: Admin) -> None:
    of_database(admin, "default_transaction_read_only", "on")
    only(faults(place), "setting transaction_read_only", State.WRONG)


def test_a_server_that_is_old_or_has_too_few_connections(place: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "OLDEST", 99)
    only(faults(place), "PostgreSQL", State.WRONG, "needs PostgreSQL 99")
    monkeypatch.undo()
    monkeypatch.setattr(checkup, "CONNECTIONS", 500)
    only(faults(place), "setting max_connections", State.WRONG, "Set max_connections to")


def test_clocks_that_differ(place: Settings, admin: Admin) -> None:
    for seconds in (7, -7):
        found = faults(place, now=lambda seconds=seconds: datetime.now(UTC) + timedelta(seconds=seconds))
        only(found, "clock", State.WRONG, "same time server")
    slightly = check_up(place, now=lambda: datetime.now(UTC) + timedelta(seconds=3))
    assert {finding.check: finding.state for finding in slightly}["clock"] is State.NOTE
    with unguarded(admin):
        admin.execute("UPDATE candour.events SET written_at = written_at + interval '1 hour'")
    only(apart_from_figures(faults(place)), "time of the log", State.WRONG, "set back")


def test_keys_that_are_missing_open_or_of_another_store(place: Settings) -> None:
    master, token = place.master_key, place.token_key
    token.chmod(0o640)
    only(faults(place), "token key", State.WRONG, f"chmod 600 {token}")
    given = replace(place, token_key_file=token)  # handed over: who may read it is for its giver to say
    assert faults(given) == {}
    token.chmod(0o622)
    only(faults(given), "token key", State.WRONG, f"chmod 600 {token}")
    token.unlink()
    assert {finding.check: finding.state for finding in check_up(place)}["token key"] is State.NOTE
    kept = master.read_text()
    master.write_text("ab" * 32)
    only(faults(place), "master key", State.WRONG, "is not the key of this store")
    master.write_text("ab")
    only(faults(place), "master key", State.WRONG, "64 hexadecimal digits")
    master.unlink()
    only(faults(place), "master key", State.WRONG, "is missing")
    assert not master.exists()
    assert kept not in repr(check_up(place))


def test_figures_that_are_behind_stopped_or_not_there(
    place: Settings, system: System, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    system.store.append(appends(case_id(), 0))
    assert faults(place) == {}, "a projector is given a minute"
    monkeypatch.setattr(checkup, "LATE", timedelta(0))
    found = faults(place)
    assert set(found) == {f"figures {projection.name}" for projection in ALL}
    assert "1 events behind" in found["figures case_facts"].found
    assert "No process projects" in found["figures case_facts"].advice
    for projection in ALL:
        admin.execute("SELECT pg_advisory_lock(hashtext('candour.projection.' || %s))", (projection.name,))
    found = faults(place)
    assert all("A process projects at this moment" in each.advice for each in found.values())
    admin.execute("SELECT pg_advisory_unlock_all()")
    monkeypatch.undo()
    admin.execute("UPDATE candour.read_models SET failed = 'position 9: planted' WHERE projection = 'case_facts'")
    only(faults(place), "figures case_facts", State.BEHIND, "stopped: position 9: planted")
    admin.execute("UPDATE candour.read_models SET failed = NULL, unsound = 'x' WHERE projection = 'case_facts'")
    only(faults(place), "figures case_facts", State.BEHIND, "cannot be trusted: x", "projections rebuild case_facts")
    admin.execute("UPDATE candour.read_models SET unsound = NULL, build = 'older' WHERE projection = 'case_facts'")
    only(faults(place), "figures case_facts", State.BEHIND, "another version")
    admin.execute("DELETE FROM candour.read_models WHERE projection = 'case_facts'")
    only(faults(place), "figures case_facts", State.BEHIND, "not built yet")


def test_room_on_the_disk() -> None:
    path, gigabyte = Path("/data"), 10**9
    assert machine.disk(path, 100 * gigabyte, 50 * gigabyte).state is State.GOOD
    assert machine.disk(path, 100 * gigabyte, 9 * gigabyte).state is State.NOTE
    assert machine.disk(path, 100 * gigabyte, gigabyte - 1).state is State.WRONG


def test_the_disk_of_a_server_that_does_not_show_it_is_said_not_to_be_seen(
    place: Settings, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(settings: Settings) -> Finding:
        return next(finding for finding in check_up(settings) if finding.check == "disk")

    assert "free at" in found(place).found, "it is on this machine"
    login = f"login_of_{admin.info.dbname}"
    admin.execute(f"CREATE ROLE {login} LOGIN IN ROLE {', '.join(ROLES)}")
    try:
        theirs = replace(place, database_url=make_conninfo(place.database_url or "", user=login))
        assert found(theirs).state is State.NOTE
        assert "not seen from here" in found(theirs).found
        assert faults(theirs) == {}
    finally:
        admin.execute(f"DROP ROLE {login}")
    monkeypatch.setattr(machine, "disk", lambda path, *_: wrong("disk", "planted", "Mend it."))
    only(faults(place), "disk", State.WRONG, "planted")


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_cannot_hold_every_text(place: Settings, admin: Admin, encoding: str) -> None:
    name = f"{admin.info.dbname}_{encoding.lower()}"
    admin.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0")
    url = make_conninfo(place.database_url or "", dbname=name)
    unfit = replace(place, database_url=url)
    try:
        system = System(unfit, None)
        with pytest.raises(StoreMismatch, match=f"encoding {encoding}.*ENCODING 'UTF8'"):
            system.migrate()
        system.close()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT to_regnamespace('candour') IS NULL").fetchone() == (True,)
        only(faults(unfit), "encoding", State.WRONG, encoding, "ENCODING 'UTF8'")
        assert [each.check for each in check_projections(unfit)] == ["encoding"]
    finally:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_the_worst_decides() -> None:
    each = [good("a", "x"), note("b", "x", "y"), behind("c", "x", "y"), wrong("d", "x", "y")]
    for most in range(1, 5):
        assert worst(reversed(each[:most])) is each[most - 1].state


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_answers_and_its_exit_code_says_the_worst(
    place: Settings, admin: Admin, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    def ask() -> tuple[int, Any]:
        code, said = run(["doctor", *(["--json"] if as_json else [])]), capsys.readouterr()
        assert said.err == ""
        return code, orjson.loads(said.out) if as_json else said.out

    monkeypatch.setenv("DATABASE_URL", place.database_url or "")
    monkeypatch.setenv("CANDOUR_DATA_DIR", str(place.data_dir))
    code, answer = ask()
    assert code == 0
    if as_json:
        assert (answer["state"] in ("good", "note"), answer["exit_code"]) == (True, 0)
        assert {"check", "state", "found", "advice"} == set(answer["findings"][0])
    admin.execute("UPDATE candour.read_models SET failed = 'planted'")
    code, answer = ask()
    assert code == 6
    of_database(admin, "synchronous_commit", "off")
    code, answer = ask()
    assert code == 5
    assert "Set synchronous_commit = on" in (repr(answer) if as_json else answer)
