"""Figures over a whole simulated world equal what was planted in it, exactly."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import projected
import pytest
from asking import ask

from adapters import simulator
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.settings import Settings
from adapters.system import System, now
from application.ports import Append, NewEvent
from application.simulation import Plan, World
from domain.case.recording import DeclineReason, RecordingDeclined
from domain.event import Purpose, Role
from domain.values import instant
from projections.case_facts import case_facts

FORCES = ("kent", "essex")
PLAN = Plan(FORCES, 220, 3, date(2026, 1, 1), months=18, world=World())
Census = dict[str, dict[str, list[int]]]


class Planted(NamedTuple):
    """A store of a world, with its read models, and the truth about it."""

    system: System
    truth: dict[str, Any]


@pytest.fixture(scope="module")
def planted(
    server: EmbeddedPostgres, template: Callable[[bool], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Planted]:
    with System(Settings(server.conninfo("postgres", template(True)), server.data_dir), None).connect("admin") as admin:
        admin.execute(f"CREATE DATABASE census TEMPLATE {template(True)}")  # pyright: ignore
    system = System(Settings(server.conninfo("postgres", "census"), server.data_dir), None)
    file: Path = tmp_path_factory.mktemp("census") / "truth.json"
    simulator.write(system, PLAN, file)
    projected.project(system, case_facts)
    yield Planted(system, json.loads(file.read_bytes()))
    system.close()


def counted(system: System, census: Census) -> Census:
    """The same figures, as the metrics answer them at the end of the log."""
    position = system.store.head().position
    found: Census = {}
    for force, figures in census.items():
        for name in figures:
            answer = ask(system, name, known_at=position, force=force)
            of = answer["denominator"] or 0
            found.setdefault(force, {})[name] = [answer["numerator"] if of else answer["value"], of]
    return found


def test_the_census_equals_what_was_planted(planted: Planted) -> None:
    census = planted.truth["census"]
    assert set(census) == set(FORCES)
    assert len(census["kent"]) >= 8
    assert counted(planted.system, census) == census
    assert planted.truth["planted_exactly"] == World().counts(220)


def test_a_decision_that_was_not_planted_shows(planted: Planted) -> None:
    """Negative control: one report that nobody was to decide on is declined."""
    system, truth = planted
    case = truth["summary"]["kent"]["never_decided_cases"][0]
    declined = RecordingDeclined(reason=DeclineReason.BALANCE_NOT_MET, rationale="Not in the truth.")
    event = NewEvent(uuid4(), declined, instant(now()), "staff-1", Role.RECORDER, Purpose.CRIME_RECORDING)
    system.store.append(Append(case, len(system.store.load(case)), "kent", (event,)))
    projected.project(system, case_facts)
    found = counted(system, truth["census"])
    assert found["essex"] == truth["census"]["essex"]
    differing = {name for name, both in truth["census"]["kent"].items() if found["kent"][name] != both}
    assert differing >= {"unrecorded_backlog", "back_dating"}
