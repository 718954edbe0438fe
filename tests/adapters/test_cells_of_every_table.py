"""Cells of figures over reports, people, steps, contacts and inspections add up, as those of cases do."""

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path

import projected
import pytest
from asking import OF_CASES
from histories import write
from inspection_histories import told
from opening import judge_cells

from adapters import simulator
from adapters.system import System
from application.simulation import Plan, World
from projections.fact_tables import TABLES
from projections.metrics import CATALOGUE

PLAN = Plan(("kent", "essex"), 60, 11, date(2026, 1, 1), world=World(), conduct=60, contacts=40)
INSPECTIONS = 182  # a history with rows for each of their metrics
INSPECTED = [name for name, metric in CATALOGUE.items() if metric.over.startswith("inspection_")]
SIMULATED = [name for name in CATALOGUE if name not in OF_CASES and name not in INSPECTED]


def project(system: System, names: list[str]) -> int:
    projected.project(system, *(TABLES[over].projection for over in sorted({CATALOGUE[name].over for name in names})))
    return system.store.head().position


@pytest.fixture(scope="module")
def world(new_kept_system: Callable[..., System], tmp_path_factory: pytest.TempPathFactory) -> tuple[System, int]:
    system = new_kept_system(synthetic=True)
    truth: Path = tmp_path_factory.mktemp("cells_of_a_world") / "truth.json"
    simulator.write(system, PLAN, truth)
    return system, project(system, SIMULATED)


@pytest.fixture(scope="module")
def inspected(new_kept_system: Callable[..., System]) -> tuple[System, int]:
    system = new_kept_system(synthetic=True)
    write(system, told(INSPECTIONS))
    return system, project(system, INSPECTED)


def test_every_metric_over_another_table_has_cells_that_add_up(world: tuple[System, int]) -> None:
    for name in SIMULATED:
        assert judge_cells(*world, [name], random.Random(name), 1)[name]


def test_every_metric_of_inspections_has_cells_that_add_up(inspected: tuple[System, int]) -> None:
    for name in INSPECTED:
        assert judge_cells(*inspected, [name], random.Random(name), 1)[name]


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_ten_thousand_cells_add_up(world: tuple[System, int], inspected: tuple[System, int]) -> None:
    of_the_world = judge_cells(*world, SIMULATED, random.Random(5), 9000)
    of_inspections = judge_cells(*inspected, INSPECTED, random.Random(6), 1000)
    assert of_the_world.keys() | of_inspections.keys() == CATALOGUE.keys() - OF_CASES.keys()
