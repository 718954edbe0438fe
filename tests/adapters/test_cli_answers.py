"""What the command line answers with, as JSON, and with which exit code."""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from processes import CANDOUR, Done, free_port, wait_until

from adapters.cli.exits import EXITS, exit_code_of
from adapters.listening import bound
from adapters.security.tokens import Tokens
from adapters.settings import Settings, from_environment
from adapters.system import System
from application.ports import StoreUnavailable
from domain.event import Role
from projections import ALL as PROJECTIONS
from projections.metrics import ALL

Candour = Callable[..., Done]

HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context\n"
)


def street(path: Path, rows: int = 4) -> Path:
    """A street file of one force and month; its last row states a month that does not exist."""
    good = [f"{number:064x},2026-03,Kent Police,Kent Police,,,On or near X,,,Drugs,," for number in range(rows)]
    path.write_text(HEADER + "\n".join([*good, good[0].replace("2026-03", "2026-13")]) + "\n")
    return path


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return street(tmp_path / "2026-03-kent-street.csv")


def test_help_names_every_command_and_exit_code(candour: Candour) -> None:
    done = candour()
    assert (done.code, done.err) == (0, "")
    for command in (
        "demo",
        "serve",
        "project",
        "projections",
        "migrate",
        "simulate",
        "import",
        "metrics",
        "replay",
        "token",
    ):
        assert f"  {command} " in done.out
    for code, meaning in EXITS.items():
        assert f"{code} {meaning}" in " ".join(done.out.split())
    assert candour("--help").out == done.out


def test_the_catalogue(candour: Candour) -> None:
    described = candour("metrics", "--json").json["metrics"]
    assert [metric["name"] for metric in described] == [metric.name for metric in ALL]
    table = candour("metrics").out
    assert "unrecorded_backlog" in table


def test_an_import_accounts_for_every_row(candour: Candour, system: System, file: Path) -> None:
    start = system.store.head().position
    dry = candour("import", "police-uk", str(file), "--dry-run", "--json")
    assert dry.code == 0
    assert dry.json["dry_run"] is True
    assert system.store.head().position == start
    account = candour("import", "police-uk", str(file), "--json").json
    counted = ("rows_read", "rows_applied", "rows_already_known", "rows_quarantined")
    assert [account[name] for name in counted] == [5, 4, 0, 1]
    assert [dry.json[name] for name in counted] == [account[name] for name in counted]
    assert sum(account["quarantined"].values()) == 1
    assert Path(account["quarantine"]).read_text().count("\n") == 2
    assert account["events_appended"] > 0
    assert system.store.head().position > start
    known = system.store.head().position
    again = candour("import", "police-uk", str(file), "--json").json
    assert (again["earlier_batch"], again["events_appended"]) == (account["batch"], 0)
    assert again["digest"] == account["digest"]
    assert system.store.head().position == known


def test_several_files_are_accounted_for_apart(candour: Candour, file: Path, tmp_path: Path) -> None:
    other = street(tmp_path / "2026-03-kent-street-again.csv", rows=5)
    accounts = candour("import", "police-uk", str(file), str(other), "--json").json
    assert [account["file"] for account in accounts] == [file.name, other.name]
    assert [account["rows_already_known"] for account in accounts] == [0, 4]
    candour("import", "police-uk", str(file), str(other), "--quarantine", "q.csv").is_one_line(2, "--quarantine")


def test_an_import_shows_how_far_it_is(candour: Candour, file: Path) -> None:
    done = candour("import", "police-uk", str(file))
    assert f"{file.name}: importing: 5 done" in done.err
    assert file.name in done.out


def test_project_then_a_figure(candour: Candour, system: System, file: Path) -> None:
    candour("import", "police-uk", str(file))
    candour("metrics", "recorded_within_24h").is_one_line(6, "candour project")
    results = candour("project", "--json").json
    assert [result["projection"] for result in results] == [projection.name for projection in PROJECTIONS]
    assert {result["position"] for result in results} == {system.store.head().position}
    answer = candour("metrics", "recorded_within_24h", "--force", "kent", "--by", "month", "--json").json
    wanted = "value numerator denominator excluded interval position known_at definition_version synthetic series"
    assert set(wanted.split()) <= answer.keys()
    assert answer["position"] == system.store.head().position
    assert sum(answer["excluded"].values()) == 4  # months are not hours
    assert answer["synthetic"] is False
    assert "excluded: 4" in candour("metrics", "recorded_within_24h").out
    as_csv = candour("metrics", "recorded_within_24h", "--by", "month", "--csv").out.splitlines()
    assert len(as_csv) >= 2
    assert as_csv[0].startswith("metric,")


def test_a_rebuild_agrees_and_a_planted_difference_has_an_exit_code(
    candour: Candour, system: System, file: Path
) -> None:
    candour("import", "police-uk", str(file))
    candour("project")
    agreed = candour("project", "--rebuild", "--json")
    assert (agreed.code, agreed.json[0]["agrees"]) == (0, True)
    row_of(system, "case_facts", "outcome = 99")
    differs = candour("project", "--rebuild", "--json")
    assert (differs.code, differs.json[0]["agrees"]) == (6, False)
    assert "IT DIFFERS" in differs.err
    assert "candour projections diff case_facts" in differs.err


def row_of(system: System, projection: str, change: str) -> None:
    """One present row of the build in use changed by hand."""
    with psycopg.connect(system.settings.database_url or "", autocommit=True) as admin:
        [(table,)] = admin.execute(
            "SELECT format('candour_read.%%I', projection || '_' || build) FROM candour.read_models"
            " WHERE projection = %s AND promoted",
            (projection,),
        ).fetchall()
        text = f"UPDATE {table} SET {change} WHERE ctid = (SELECT min(ctid) FROM {table})"
        assert admin.execute(text).rowcount == 1  # type: ignore[call-overload]


def test_projections_are_shown_rebuilt_compared_and_promoted(candour: Candour, system: System, file: Path) -> None:
    unbuilt = candour("projections", "status", "--json")
    assert (unbuilt.code, {row["state"] for row in unbuilt.json["projections"]}) == (6, {"not built"})
    candour("import", "police-uk", str(file))
    candour("project")
    status = candour("projections", "status", "--check", "--json")
    assert status.code == 0, status
    rows = {row["projection"]: row for row in status.json["projections"]}
    assert list(rows) == [projection.name for projection in PROJECTIONS]
    assert {(row["position"], row["lag"], row["state"]) for row in rows.values()} == {
        (system.store.head().position, 0, "in use")
    }
    assert (status.json["log"], status.json["exit_code"]) == ([], 0)
    candour("projections", "diff", "case_facts").is_one_line(4, "no build of case_facts waits")
    candour("projections", "promote", "case_facts").is_one_line(4, "no build of case_facts waits")
    for command in ("diff", "promote", "rebuild"):
        candour("projections", command, "cases").is_one_line(4, "there are case_facts, ")
    agreed = candour("projections", "rebuild", "case_facts", "duties", "--json")
    assert (agreed.code, [done["agrees"] for done in agreed.json]) == (0, [True, True])
    row_of(system, "case_facts", "outcome = 99")
    differs = candour("projections", "rebuild", "case_facts", "--json")
    assert (differs.code, differs.json[0]["agrees"]) == (6, False)
    assert differs.json[0]["difference"] == "1 present rows differ"
    found = candour("projections", "diff", "case_facts", "--json")
    assert (found.code, found.json["rows"]["changed"], found.json["digests"]) == (6, 1, True)
    assert [(each["column"], each["before"]) for each in found.json["sample"]] == [("outcome", 99)]
    assert all(faults == [] for faults in found.json["events"].values())
    shown = candour("projections", "diff", "case_facts")
    assert shown.code == 6
    assert "outcome" in shown.out
    assert "99" in shown.out
    assert "1 present rows differ" in candour("projections", "status").out
    refused = candour("projections", "promote", "case_facts", "--reason", " ")
    assert refused.code == 3
    assert "give --reason" in refused.err
    done = candour(
        "projections", "promote", "case_facts", "--reason", "A row was changed.", "--by", "staff-1", "--json"
    )
    assert done.code == 0, done
    [entry] = system.store.load("projection-case_facts")
    assert (entry.actor, entry.position) == ("staff-1", done.json["event"]["position"])
    candour("project")
    assert candour("projections", "status").code == 0


def test_a_skipped_event_is_named_by_the_status(candour: Candour, system: System, file: Path) -> None:
    candour("import", "police-uk", str(file))
    candour("project")
    with psycopg.connect(system.settings.database_url or "", autocommit=True) as admin:
        admin.execute("ALTER TABLE candour.events DISABLE TRIGGER USER")
        admin.execute("UPDATE candour.events SET force = 'essex' WHERE position = 14")
    found = candour("projections", "status", "--check", "--json")
    assert found.code == 6
    named = {row["unsound"] for row in found.json["projections"]}
    assert named == {"the event at position 14 was applied otherwise than it is in the log"}
    assert "position 14" in candour("projections", "status").out


def test_migrate_says_what_it_did(candour: Candour) -> None:
    answer = candour("migrate", "--json").json
    assert answer["steps"] == []
    assert answer["synthetic"] is False
    assert len(answer["store_id"]) == 36


def test_replay(candour: Candour, file: Path, system: System) -> None:
    candour("import", "police-uk", str(file))
    case = next(entry.stream for entry in system.store.read_log(0, 100) if entry.stream.startswith("case-"))
    answer = candour("replay", case, "--json").json
    assert answer["case"] == case
    assert answer["version"] == len(answer["events"])
    assert 2 <= answer["events"][0]["source"]["row"] <= 5
    text = candour("replay", case)
    assert text.code == 0
    assert f"{case} of kent: " in text.out


def test_a_token(candour: Candour, system: System) -> None:
    asked = ("token", "--role", "analyst", "--role", "auditor", "--force", "*", "--staff-id", "a-1", "--hours", "1")
    actor = system.tokens.verify(candour(*asked).out.strip())
    assert (actor.id, actor.force, actor.roles) == ("a-1", "*", {Role.ANALYST, Role.AUDITOR})
    answer = candour(*asked, "--json").json
    assert system.tokens.verify(answer.pop("token")) == actor
    assert answer == {"staff_id": "a-1", "roles": ["analyst", "auditor"], "force": "*", "unit": None, "hours": 1}


def test_tokens_need_no_database(candour: Candour, tmp_path: Path) -> None:
    url = f"postgresql://127.0.0.1:{free_port()}/nowhere"
    folder = tmp_path / "data"
    asked = ("token", "--role", "analyst", "--force", "kent", "--staff-id", "a-1")
    done = candour(*asked, DATABASE_URL=url, CANDOUR_DATA_DIR=str(folder))
    key = bytes.fromhex((folder / "keys" / "token.key").read_text())
    assert Tokens(key).verify(done.out.strip()).force == "kent"
    assert (folder / "keys").stat().st_mode & 0o777 == 0o700
    assert (folder / "keys" / "token.key").stat().st_mode & 0o777 == 0o600


def test_simulate_writes_down_what_it_planted(
    candour: Candour, new_system: Callable[..., System], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    url = new_system(synthetic=True).settings.database_url or ""
    asked = ("simulate", "--force", "kent", "--reports", "20", "--seed", "7", "--months", "3", "--truth", "truth.json")
    done = candour(*asked, "--json", DATABASE_URL=url)
    assert done.code == 0
    assert done.json["reports"] == 20
    assert done.json["events"] > 20
    assert json.loads((tmp_path / "truth.json").read_text())
    candour("project", DATABASE_URL=url)
    assert candour("metrics", "decided_within_24h", "--json", DATABASE_URL=url).json["synthetic"] is True
    missing = str(tmp_path / "nowhere" / "truth.json")
    candour(*asked[:-1], missing, DATABASE_URL=url).is_one_line(3, "the truth file cannot be written")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_follow_goes_on_until_it_is_stopped(system: System, number: int, code: int) -> None:
    environment = os.environ | {
        "DATABASE_URL": system.settings.database_url or "",
        "CANDOUR_DATA_DIR": str(system.settings.data_dir),
    }
    command = [CANDOUR, "project", "--follow"]
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            wait_until(lambda: _position(system) == system.store.head().position, 30)
            assert process.poll() is None
            process.send_signal(number)
            assert process.wait(20) == code
            assert b"Traceback" not in (process.stderr.read() if process.stderr else b"")
        finally:
            process.kill()


def _position(system: System) -> int:
    with psycopg.connect(system.settings.database_url or "") as connection:
        row = connection.execute("SELECT max(position) FROM candour.read_models WHERE promoted").fetchone()
    return row[0] or 0 if row else 0


def test_every_known_error_has_a_documented_exit_code() -> None:
    from adapters.cli import exits

    assert set(exits._CODES.values()) <= EXITS.keys()
    assert exit_code_of(psycopg.errors.DiskFull()) == 5
    assert exit_code_of(RuntimeError()) is None


SETTINGS: list[tuple[dict[str, str], str, Any]] = [
    ({}, "host", "127.0.0.1"),
    ({}, "port", 8000),
    ({}, "database_url", None),
    ({"CANDOUR_HOST": "0.0.0.0"}, "host", "0.0.0.0"),
    ({"CANDOUR_HOST": ""}, "host", "127.0.0.1"),  # never all interfaces by accident
    ({"CANDOUR_PORT": "8123"}, "port", 8123),
    ({"CANDOUR_PORT": ""}, "port", 8000),
    ({"CANDOUR_DATA_DIR": "/var/tmp/x"}, "data_dir", Path("/var/tmp/x")),
    ({"CANDOUR_DATA_DIR": "/var/tmp/x"}, "keys_dir", Path("/var/tmp/x/keys")),
    ({"DATABASE_URL": "postgresql://u@h/d"}, "database_url", "postgresql://u@h/d"),
    ({"DATABASE_URL": ""}, "database_url", None),
]


@pytest.mark.parametrize(("environment", "name", "value"), SETTINGS, ids=str)
def test_every_setting_is_honoured(environment: dict[str, str], name: str, value: Any) -> None:
    assert getattr(from_environment(environment), name) == value


def test_the_data_stays_beside_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert from_environment({}).data_dir == tmp_path / ".candour"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert from_environment({}).data_dir.parent == Path("/var/tmp")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_an_address_is_held_once(host: str) -> None:
    settings = Settings(None, Path("nowhere"), host, free_port())
    try:
        with bound(settings) as first:
            assert first.getsockname()[1] == settings.port
            first.listen()
            with pytest.raises(StoreUnavailable, match="CANDOUR_PORT"), bound(settings):
                pass
    except StoreUnavailable:
        if host == "::1":
            pytest.skip("no IPv6 here")
        raise


def test_times_of_an_answer_have_a_zone(candour: Candour, file: Path) -> None:
    candour("import", "police-uk", str(file))
    candour("project")
    known_at = candour("metrics", "recorded_within_24h", "--json").json["known_at"]
    assert datetime.fromisoformat(known_at).tzinfo is not None
