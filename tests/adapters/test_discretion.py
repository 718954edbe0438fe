"""What `candour doctor` says of the key of the receipts, and of a database that writes down too much."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from log_entries import appends
from processes import wait_until

from adapters.checkup import keys
from adapters.finding import Finding, State
from adapters.postgres import checkup
from adapters.postgres.discretion import discretion
from adapters.security.keys import BadKey
from adapters.system import System
from application.ports import ByReporter

STREAM = "report-00000000-0000-4000-8000-000000000001"


def test_the_embedded_server_keeps_nothing_of_reporters(system: System) -> None:
    with system.connect("candour_writer") as writer:
        assert [found.state for found in discretion(writer)] == [State.GOOD]


@pytest.mark.parametrize(
    ("settings", "state", "words"),
    [
        ({"log_statement": "all"}, State.WRONG, "log_statement = all, with the values"),
        ({"log_min_duration_statement": "1s"}, State.WRONG, "log_min_duration_statement = 1000, with the values"),
        ({"log_statement": "all", "log_parameter_max_length": "0"}, State.NOTE, "log_statement = all"),
        ({"log_parameter_max_length_on_error": "-1"}, State.WRONG, "with errors"),
        ({"log_error_verbosity": "default"}, State.NOTE, "log_error_verbosity = default"),
    ],
)
def test_a_server_that_writes_down_too_much_is_noticed(
    system: System, settings: dict[str, str], state: State, words: str
) -> None:
    with system.connect("admin") as admin:
        for name, value in settings.items():
            admin.execute("SELECT set_config(%s, %s, false)", (name, value))
        [found] = discretion(admin)
    assert (found.state, words in found.found) == (state, True), found
    assert found.advice.endswith(".")


def with_a_receipt(system: System) -> None:
    item = appends(STREAM, 0)._replace(by_reporter=ByReporter(system.receipts.digest("some words")))
    system.store.append(item)


def told(system: System, folder: Path) -> Any:
    with system.connect("admin") as admin:
        known = checkup.receipt_key(admin)
    settings = replace(system.settings, data_dir=folder)
    return next(found for found in keys(settings, None, known) if found.check == "receipt key")


def test_the_key_of_the_receipts_is_looked_at(system: System, tmp_path: Path) -> None:
    assert told(system, tmp_path).state is State.NOTE, "it is made when it is needed"
    with_a_receipt(system)
    assert told(system, tmp_path).state is State.WRONG, "it is missing"
    (tmp_path / "keys").mkdir()
    key = tmp_path / "keys" / "receipt.key"
    key.write_text("ab" * 32)
    key.chmod(0o600)
    assert "not the key under which" in told(system, tmp_path).found
    key.write_text(system.settings.receipt_key.read_text())
    assert told(system, tmp_path).state is State.GOOD


def test_a_store_with_receipts_is_not_served_with_another_key(system: System, tmp_path: Path) -> None:
    with_a_receipt(system)
    assert system.settings.database_url is not None
    other = System(replace(system.settings, data_dir=tmp_path), None)
    with pytest.raises(BadKey, match="is missing"):
        _ = other.receipts
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "receipt.key").write_text("ab" * 32)
    with pytest.raises(BadKey, match="not the receipt key of this store"):
        _ = other.receipts


def test_without_receipts_another_key_may_take_its_place(system: System, tmp_path: Path) -> None:
    first = system.receipts.fingerprint
    other = System(replace(system.settings, data_dir=tmp_path), None)
    assert other.receipts.fingerprint != first
    with psycopg.connect(system.settings.database_url or "", autocommit=True) as admin:
        assert admin.execute("SELECT fingerprint FROM candour.receipt_key").fetchall() == [
            (other.receipts.fingerprint,)
        ]


def test_lines_about_checkpoints_are_noticed(system: System) -> None:
    changes = ("ALTER SYSTEM SET log_checkpoints = on", "ALTER SYSTEM RESET log_checkpoints")
    with system.connect("admin") as admin:
        try:
            for change in (changes[0], "SELECT pg_reload_conf()"):
                admin.execute(change)  # pyright: ignore
            wait_until(lambda: _found(system), 10)
            [found] = _found(system)
        finally:
            for change in (changes[1], "SELECT pg_reload_conf()"):
                admin.execute(change)  # pyright: ignore
    assert (found.state, found.found) == (State.NOTE, "log_checkpoints = on")


def _found(system: System) -> list[Finding]:
    with system.connect("candour_writer") as writer:
        return [found for found in discretion(writer) if found.state is not State.GOOD]
