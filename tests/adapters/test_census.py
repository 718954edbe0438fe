"""Figures over a whole simulated world equal what was planted in it, exactly."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import projected
import pytest
from asking import ask

from adapters import simulator
from adapters.system import System
from application.ports import Append, NewEvent
from application.simulation import Plan, World
from domain.case.recording import DeclineReason, RecordingDeclined
from domain.event import Purpose, Role
from domain.values import instant
from projections import ALL
from projections.metrics import CATALOGUE
from projections.metrics.misconduct import MISCONDUCT

FORCES = ("kent", "essex")
PLAN = Plan(FORCES, 220, 3, date(2026, 1, 1), world=World(), conduct=104, contacts=12)
MODELS = tuple(each for each in ALL if each.name in {metric.over for metric in CATALOGUE.values()})
# Waiting times have a distribution, which their oracle judges; letters of allegations, headcounts and acknowledgements
# of reviews are not planted.
NOT_IN_TRUTH = {"first_contact_wait", "finalisation_wait", "review_wait", "triage_time", "allegation_mix"} | {
    "cases_per_1000_staff",
    "review_acknowledged_5wd",
}
Census = dict[str, dict[str, list[int]]]


class Planted(NamedTuple):
    """A store of a world, with its read models, and the truth about it."""

    system: System
    truth: dict[str, Any]


@pytest.fixture(scope="module")
def planted(new_kept_system: Callable[..., System], tmp_path_factory: pytest.TempPathFactory) -> Planted:
    system = new_kept_system(synthetic=True)
    file: Path = tmp_path_factory.mktemp("census") / "truth.json"
    simulator.write(system, PLAN, file)
    projected.project(system, *MODELS)
    return Planted(system, json.loads(file.read_bytes()))


def counted(system: System, census: Census) -> Census:
    """The same figures, as the metrics answer them at the end of the log."""
    position = system.store.head().position
    found: Census = {}
    for force, figures in census.items():
        for name in figures:
            metric, _, part = name.partition("/")
            if metric not in CATALOGUE:
                continue
            answer = ask(system, metric, known_at=position, force=force)
            of = 0 if part else answer["denominator"] or 0
            value = answer["parts"][part] if part else answer["numerator"] if of else answer["value"]
            found.setdefault(force, {})[name] = [value, of]
    return found


def differing(found: Census, census: Census) -> dict[tuple[str, str], tuple[list[int], list[int]]]:
    """By force and figure, what was found and what was planted, where that differs."""
    return {
        (force, name): (both, census[force][name])
        for force, figures in found.items()
        for name, both in figures.items()
        if both != census[force][name]
    }


def test_the_census_equals_what_was_planted(planted: Planted) -> None:
    census = planted.truth["census"]
    assert set(census) == set(FORCES)
    found = counted(planted.system, census)
    assert not differing(found, census)
    asked = {name.partition("/")[0] for figures in found.values() for name in figures}
    assert asked >= {metric.name for metric in MISCONDUCT} - NOT_IN_TRUTH
    assert planted.truth["planted_exactly"] == World().counts(220)


def test_a_decision_that_was_not_planted_shows(planted: Planted) -> None:
    """Negative control: one report that nobody was to decide on is declined."""
    system, truth = planted
    case = truth["summary"]["kent"]["never_decided_cases"][0]
    declined = RecordingDeclined(reason=DeclineReason.BALANCE_NOT_MET, rationale="Not in the truth.")
    at = system.store.head().written_at
    assert at is not None
    envelope = (instant(at), "staff-1", Role.RECORDER, Purpose.CRIME_RECORDING)
    event = NewEvent(uuid4(), declined, *envelope, written_at=at)
    system.store.append(Append(case, len(system.store.load(case)), "kent", (event,)))
    projected.project(system, *MODELS)
    found = counted(system, truth["census"])
    assert set(differing(found, truth["census"])) == {("kent", "unrecorded_backlog"), ("kent", "back_dating")}
