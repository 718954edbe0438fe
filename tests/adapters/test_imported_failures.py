"""What inspectors found in a force, loaded from an extract of its own system: it shows in the figures."""

from pathlib import Path
from typing import Any

import pytest
from asking import ask, project
from tables import Desk

from adapters.system import System
from projections.case_facts import case_facts
from projections.metrics import CATALOGUE

MAPPING = """
source = "kentrms"
coverage = "full"
key = "No"
force = { constant = "kent" }

[time]
zone = "Europe/London"
formats = ["%d/%m/%Y %H:%M"]

[[event]]
name = "CrimeReported"
at = "Received"
fields = { route = { constant = "online" }, reporter_role = { constant = "victim" } }

[[event]]
name = "RecordingDeclined"
at = "Declined"
fields = { reason = { constant = "balance_not_met" } }

[[event]]
name = "CrimeRecorded"
at = "Recorded"
fields = { offence = { constant = "45" }, crime_reference = "No" }

[[event]]
name = "VictimInformed"
at = "Told"
fields = { about = { constant = "not_recorded" } }

[[event]]
name = "VictimStatementRecorded"
at = "Statement"
fields = { supports = { constant = false } }

[[event]]
name = "OutcomeAssigned"
at = "Closed"
fields = { outcome = { constant = 16 } }

[[event]]
name = "CancellationRequested"
at = "Asked"
fields = { code = { constant = "C2" }, verifiable_information = "Information" }

[[event]]
name = "CancellationApproved"
at = "Cancelled"
"""
HOUR = "01/03/2024 {:02}:00"
COLUMNS = ("Received", "Declined", "Told", "Recorded", "Statement", "Closed", "Asked", "Cancelled")
CASES: dict[str, tuple[str, ...]] = {
    "never decided": ("Received",),
    "declined, victim told": ("Received", "Declined", "Told"),
    "declined, victim never told": ("Received", "Declined"),
    "closed on the victim's word": ("Received", "Recorded", "Statement", "Closed"),
    "closed without the victim's word": ("Received", "Recorded", "Closed"),
    "cancelled without evidence": ("Received", "Recorded", "Asked", "Cancelled"),
}
FIGURES: dict[str, tuple[Any, ...]] = {
    "unrecorded_backlog": (1, None, {}),
    "victim_told_not_recorded": (1, 2, {}),
    "evidence_of_victim_wish": (1, 2, {}),
    "cancellation_rate": (1, 3, {}),
    "unauthorised_cancellation": (0, 0, {"who approved it is not stated": 1}),
    # An outcome without the victim's word, a C2 without evidence.
    "testimony_breaking_rules": (2, 6, {}),
}


def loaded(tmp_path: Path, system: System) -> System:
    """The extract, in a live store, with its read model."""
    lines = [",".join(("No", *COLUMNS, "Information"))]
    for number, told in enumerate(CASES.values()):
        times = [HOUR.format(9 + place) if name in told else "" for place, name in enumerate(COLUMNS)]
        lines.append(",".join((f"K/{number}", *times, "")))
    result = Desk(tmp_path, system, MAPPING).take("\r\n".join(lines) + "\r\n")
    assert (result.account.rows_applied, result.account.rows_quarantined) == (len(CASES), 0)
    project(system)
    return system


def figures(system: System) -> dict[str, tuple[Any, ...]]:
    answers = {name: ask(system, name, force="kent") for name in FIGURES}
    return {name: (one["numerator"], one["denominator"], one["excluded"]) for name, one in answers.items()}


def test_what_inspectors_found_shows_in_the_figures(tmp_path: Path, system: System) -> None:
    assert figures(loaded(tmp_path, system)) == FIGURES


def test_an_imported_failure_that_is_lost_is_noticed(
    tmp_path: Path, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the projection forgets the rules that an import names."""
    for event, sound in case_facts._handlers.items():
        monkeypatch.setitem(
            case_facts._handlers,
            event,
            lambda row, entry, event, sound=sound: {**sound(row, entry._replace(broken=()), event)},
        )
    found = figures(loaded(tmp_path, system))
    assert {name for name in CATALOGUE if name in FIGURES and found[name] != FIGURES[name]} == {
        "testimony_breaking_rules"
    }
