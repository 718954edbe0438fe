"""With `DATABASE_URL`: a PostgreSQL of one's own, whose login takes the roles; nothing embedded is started."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import psycopg
import pytest
from overseeing import end_of_log, overseer
from processes import Place, Running, only_where_proc_is

from adapters.postgres.embedded import EmbeddedPostgres

pytestmark = [only_where_proc_is, pytest.mark.usefixtures("unhurried")]

REPORT = {"route": "online", "reporter_role": "victim", "alleged": "104"}


@pytest.fixture
def url(server: EmbeddedPostgres, place: Place) -> Iterator[str]:
    """The address of a database whose owner is no superuser."""
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as admin:
        admin.execute("CREATE ROLE landlord LOGIN CREATEROLE")
        admin.execute("CREATE DATABASE rented OWNER landlord")
        for role in ("candour_owner", "candour_writer", "candour_projector", "candour_reader"):
            # They are of the whole server, and other tests may have made them.
            if admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
                admin.execute(f"GRANT {role} TO landlord WITH ADMIN OPTION")
        yield f"postgresql://landlord@/rented?host={server.socket_dir}"
        for running in place.running:
            if running.process.poll() is None:
                running.interrupt()
        admin.execute("DROP DATABASE rented WITH (FORCE)")


def report(running: Running, token: str) -> httpx.Response:
    return httpx.post(
        f"{running.url}/v1/cases/report-crime",
        json=REPORT | {"received_at": datetime.now(UTC).isoformat()},
        headers={"authorization": f"Bearer {token}"},
        timeout=30,
    )


def test_migrate_serve_ask_and_refuse(place: Place, url: str) -> None:
    place.run("serve", DATABASE_URL=url).is_one_line(5, "run `candour migrate`")
    steps = place.run("migrate", "--json", DATABASE_URL=url).json["steps"]
    assert "001_events.sql" in steps
    token = place.run("token", "--role", "recorder", "--force", "kent", "--staff-id", "r-1").out.strip()
    running = place.start("serve", DATABASE_URL=url).ready()
    accepted = report(running, token)
    assert accepted.status_code == 201
    overseeing = overseer(place)
    position = end_of_log(running, overseeing)
    assert (
        place.run("replay", accepted.json()["case"], "--json", DATABASE_URL=url).json["events"][-1]["position"]
        == position
    )
    asked = ("metrics", "unrecorded_backlog", "--min-position", str(position), "--wait", "30", "--json")
    assert place.run(*asked, DATABASE_URL=url).json["position"] == position
    assert not (place.data / "postgres").exists()
    examined = place.run("doctor", "--json", DATABASE_URL=url).json["findings"]
    assert [found for found in examined if found["state"] not in ("good", "note")] == []
    _roles_may_not_change_the_log(url)
    assert running.interrupt() == 130
    place.must_be_quiet()
    _read_only(place, url, token, overseeing, position)


def _roles_may_not_change_the_log(url: str) -> None:
    for role in ("candour_writer", "candour_projector", "candour_reader", "candour_owner"):
        for change in (
            "UPDATE candour.events SET force = 'x'",
            "DELETE FROM candour.events",
            "TRUNCATE candour.events",
        ):
            with psycopg.connect(url, options=f"-c role={role}") as connection:
                assert connection.execute("SELECT current_user").fetchone() == (role,)
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(change)  # pyright: ignore


def _read_only(place: Place, url: str, token: str, overseeing: dict[str, str], position: int) -> None:
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("ALTER DATABASE rented SET default_transaction_read_only = on")
    running = place.start("serve", DATABASE_URL=url).ready()
    refused = report(running, token)
    assert refused.status_code == 503
    assert refused.json()["type"] == "/problems/store-unavailable"
    assert "read-only" in refused.json()["detail"]
    assert httpx.get(f"{running.url}/health/ready", timeout=30).status_code == 200
    assert end_of_log(running, overseeing) == position
    assert "Traceback" not in running.output()
    assert running.interrupt() == 130
    place.must_be_quiet()
    with psycopg.connect(url, autocommit=True, options="-c default_transaction_read_only=off") as owner:
        owner.execute("ALTER DATABASE rented RESET default_transaction_read_only")
    again = place.start("serve", DATABASE_URL=url).ready()
    assert report(again, token).status_code == 201
    assert end_of_log(again, overseeing) == position + 1
