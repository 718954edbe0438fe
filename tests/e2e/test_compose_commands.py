"""The commands of `docker-compose.yml` with its environment, as processes: on a PostgreSQL that wants a password."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from overseeing import end_of_log
from processes import Place, only_where_proc_is, wait_until
from ruamel.yaml import YAML

from adapters.postgres.embedded import EmbeddedPostgres
from projections import ALL

pytestmark = only_where_proc_is

PASSWORD = "correct horse' \\ battery"
REPORT = {"route": "online", "reporter_role": "victim", "alleged": "104", "received_at": "2026-03-02T09:14:00Z"}
SERVICES: Any = YAML(typ="safe").load((Path(__file__).parent.parent.parent / "docker-compose.yml").read_text())[
    "services"
]


@pytest.fixture
def url(place: Place) -> Iterator[str]:
    """The address of a server whose account `candour` is a superuser with a password, as in the container."""
    with EmbeddedPostgres(place.folder / "server") as server:
        with psycopg.connect(server.conninfo("postgres"), autocommit=True) as admin:
            admin.execute(psycopg.sql.SQL("CREATE ROLE candour SUPERUSER LOGIN PASSWORD {}").format(PASSWORD))
            admin.execute("CREATE DATABASE candour OWNER candour")
            rules = server.cluster / "pg_hba.conf"
            rules.write_text("local candour candour scram-sha-256\n" + rules.read_text())
            admin.execute("SELECT pg_reload_conf()")
        yield f"postgresql://candour@/candour?host={server.socket_dir}"
        for running in place.running:
            if running.process.poll() is None:
                running.interrupt()


def environment(place: Place, url: str, service: str) -> dict[str, str]:
    """The service's own, with the secrets and the server where they are here."""
    secrets = place.folder / "secrets"
    given = {
        name: value.replace("/run/secrets", str(secrets)) for name, value in SERVICES[service]["environment"].items()
    }
    return given | {"DATABASE_URL": url, "CANDOUR_HOST": "127.0.0.1", "CANDOUR_PORT": str(place.port)}


def test_migrate_api_and_projector_work_together_and_make_no_file(place: Place, url: str) -> None:
    secrets = place.folder / "secrets"
    secrets.mkdir()
    for name, secret in (
        ("database_password", PASSWORD),
        ("master_key", "ab" * 32),
        ("token_key", "cd" * 32),
        ("receipt_key", "ef" * 32),
    ):
        (secrets / name).write_text(secret + "\n")
    env = {name: environment(place, url, name) for name in ("migrate", "api", "projector")}
    assert place.run("doctor", **env["migrate"]).code == 5
    assert place.run(*SERVICES["migrate"]["command"], **env["migrate"]).code == 0
    api = place.start(*SERVICES["api"]["command"], **env["api"]).ready()
    projector = place.start(*SERVICES["projector"]["command"], **env["projector"])
    assert httpx.get(f"{api.url}/health/ready", timeout=30).status_code == 200
    issued = place.run("token", "--role", "recorder", "--force", "kent", "--staff-id", "r-1", **env["migrate"])
    headers = {"authorization": f"Bearer {issued.out.strip()}"}
    answer = httpx.post(f"{api.url}/v1/cases/report-crime", json=REPORT, headers=headers, timeout=30)
    assert answer.status_code == 201
    issued = place.run("token", "--role", "auditor", "--force", "*", "--staff-id", "a-1", **env["migrate"])
    headers = {"authorization": f"Bearer {issued.out.strip()}"}
    figure = f"{api.url}/v1/metrics/recorded_within_24h?min_position={end_of_log(api, headers)}"
    assert httpx.get(figure, headers=headers | {"prefer": "wait=25"}, timeout=40).status_code == 200
    wait_until(lambda: place.run("doctor", **env["migrate"]).code == 0, 30)
    examined = place.run("doctor", "--json", **env["migrate"])
    assert {found["state"] for found in examined.json["findings"]} <= {"good", "note"}
    assert not place.data.exists(), "everything it needs was given"
    told = [examined.out, api.output(), projector.output(), *place.processes().values()]
    assert not any(secret in text for text in told for secret in (PASSWORD, "ab" * 32, "cd" * 32))
    # The health check of the projector, while it runs and when it does not.
    check = SERVICES["projector"]["healthcheck"]["test"][2:]
    healthy = place.run(*check, "--json", **env["projector"])
    assert (healthy.code, {found["state"] for found in healthy.json["findings"]}) == (0, {"good"})
    assert projector.end(signal.SIGTERM) == 143
    stopped = place.run(*check, "--json", **env["projector"])
    assert stopped.code == 6
    behind = {found["check"] for found in stopped.json["findings"] if found["state"] == "behind"}
    assert behind == {f"projector {projection.name}" for projection in ALL}
    # Another password: one sentence, which does not tell it.
    (secrets / "database_password").write_text("hunter2\n")
    refused = place.run("migrate", **env["migrate"])
    refused.is_one_line(5, "password authentication failed")
    assert "hunter2" not in refused.err
    assert api.end(signal.SIGTERM) == 143
