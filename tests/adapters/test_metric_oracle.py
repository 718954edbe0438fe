"""Every metric equals a naive oracle that reads raw events, and the truth that a simulation wrote down."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import oracle
import pytest
from asking import OF_CASES, UNSHRUNK, ask, differences, fresh, listed, project, questions, raw
from histories import Told, histories, write
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters import simulator
from adapters.postgres.ledger import Ledger, Wanted
from adapters.system import System
from application.ports import Append, NewEvent
from application.simulation import Plan
from domain.case.flags import CrimeFlag, CrimeFlagged, CrimeUnflagged
from domain.case.recording import CrimeRecorded
from domain.event import Purpose, RecordedEvent, Role
from domain.values import instant
from projections.case_facts import CaseFacts, case_facts

DAYS = [date(2015, 3, 29), date(2015, 4, 1), date(2024, 3, 1), date(2024, 3, 31), date(2024, 10, 27)]
AS_OF = [datetime(2024, 3, 31, 0, 30, tzinfo=UTC), datetime(2024, 11, 20, tzinfo=UTC)]
PLAN = Plan(("kent", "essex"), 300, 11, date(2025, 4, 1), months=12, unauthorised=0.08, factually_wrong=0.08)


class Simulated(NamedTuple):
    """A simulated store with its read model, its log and the truth about it."""

    system: System
    events: list[oracle.Raw]
    truth: dict[str, Any]


@pytest.fixture(scope="module")
def simulated(new_kept_system: Callable[..., System], tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """600 reports of two forces, with planted wrongs and corrections."""
    system = new_kept_system(synthetic=True)
    file: Path = tmp_path_factory.mktemp("simulated") / "truth.json"
    simulator.write(system, PLAN, file)
    flag(system)
    project(system)
    return Simulated(system, raw(system), json.loads(file.read_bytes()))


def flag(system: System) -> None:
    """Every third case turns out to be domestic abuse; of every tenth it turns out that it is not."""
    events = raw(system)
    versions = Counter(event.stream for event in events)
    for number, (stream, version) in enumerate(versions.items()):
        if stream.startswith("case-") and (number % 3 == 0 or number % 10 == 0):
            what = (CrimeFlagged if number % 3 == 0 else CrimeUnflagged)(flag=CrimeFlag.DOMESTIC_ABUSE)
            at = events[-1].written_at
            new = NewEvent(uuid4(), what, instant(at), "staff-1", Role.RECORDER, Purpose.CRIME_RECORDING)
            force = next(event.force for event in events if event.stream == stream)
            system.store.append(Append(stream, version, force, (new._replace(written_at=at),)))


def compared(system: System, data: st.DataObject, page: int) -> list[str]:
    """What differs, over everything that can be asked."""
    project(system, page)
    events = raw(system)
    position = data.draw(st.integers(1, len(events)), "known_at")
    instant = events[data.draw(st.integers(0, len(events) - 1))].written_at + timedelta(microseconds=1)
    as_of = [at for at in AS_OF if at <= events[-1].written_at]
    moments = [data.draw(st.sampled_from([None, instant])), position]
    days = sorted(data.draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True)))
    turn = data.draw(st.integers(0, 3), "turn")
    asked = questions(days=days, moments=moments, force="kent", as_of=as_of, turn=turn, turns=4)
    return differences(system, events, asked)


def judged(new_system: Callable[..., System], told: list[Told], page: int, data: st.DataObject) -> None:
    with fresh(new_system) as system:
        write(system, told)
        assert not compared(system, data, page)


@settings(UNSHRUNK, max_examples=12)
@given(told=histories(), page=st.sampled_from([1, 2, 3, 7, 5000]), data=st.data())
def test_every_metric_equals_its_oracle(
    new_system: Callable[..., System], told: list[Told], page: int, data: st.DataObject
) -> None:
    judged(new_system, told, page, data)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@settings(UNSHRUNK, max_examples=500)
@given(told=histories(most=12), page=st.sampled_from([1, 2, 3, 7, 5000]), data=st.data())
def test_every_metric_equals_its_oracle_at_length(
    new_system: Callable[..., System], told: list[Told], page: int, data: st.DataObject
) -> None:
    judged(new_system, told, page, data)


def test_every_metric_of_a_simulated_store_equals_its_oracle(simulated: Simulated) -> None:
    system, events, _ = simulated
    days = [date(2024, 5, 1), date(2024, 10, 27), date(2025, 1, 15), date(2025, 3, 30)]
    as_of = [datetime(2024, 9, 1, tzinfo=UTC), events[-1].written_at]
    moments = [None, len(events), len(events) // 2, datetime(2024, 12, 24, 18, tzinfo=UTC)]
    assert not differences(system, events, questions(days=days, moments=moments, force="essex", as_of=as_of))


def test_figures_are_those_of_the_truth(simulated: Simulated) -> None:
    system, _, truth = simulated
    for name in ("linked", "cancelled", "transferred", "corrections"):
        assert sum(summary[name] for summary in truth["summary"].values()) > 0
    for force, summary in truth["summary"].items():
        in_time = ask(system, "recorded_within_24h", force=force)
        assert in_time["numerator"] == summary["recorded_within_24h_as_stated"]
        backlog = ask(system, "unrecorded_backlog", force=force)
        assert backlog["value"] == summary["never_decided"] > 0
        never_decided = sorted(summary["never_decided_cases"])
        assert listed(system, "unrecorded_backlog", "counted", page=7, force=force) == never_decided
        for standing, expected in (("alleged", set(summary["alleged_cases"])), ("confirmed", None)):
            page = Ledger(system.metrics).find(Wanted(force=force, standing=standing, limit=1000))["cases"]
            confirmed = set(never_decided) - set(summary["alleged_cases"])
            assert {case["case"] for case in page} == (confirmed if expected is None else expected)


ANYTHING_UNAUTHORISED = "whatever breaks a rule"


@pytest.mark.parametrize(
    ("planted", "name", "verdict"),
    [
        ("back_dated_recording", "back_dating", "counted"),
        ("cancelled_by_its_recorder", "unauthorised_cancellation", "counted"),
        ("closed_without_the_victims_word", "evidence_of_victim_wish", "not_counted"),
        (ANYTHING_UNAUTHORISED, "testimony_breaking_rules", "counted"),
    ],
)
def test_exactly_what_was_planted_shows(simulated: Simulated, planted: str, name: str, verdict: str) -> None:
    system, _, truth = simulated
    wrongs = [w for w in truth["wrongs"] if planted in (w["which"], w["broken"] and ANYTHING_UNAUTHORISED)]
    linked = listed(system, name, "excluded: counted with the case it is linked to")
    assert listed(system, name, verdict, page=3) == sorted({w["stream"] for w in wrongs} - {*linked})
    assert wrongs


COUNTS = {name: "recorded" for name, metric in OF_CASES.items() if metric.kind == "delay"}


@pytest.mark.parametrize("name", OF_CASES)
def test_an_event_that_the_figure_lacks_is_noticed(simulated: Simulated, name: str) -> None:
    """Negative control: the log of the oracle lacks a case that the figure counts."""
    system, events, _ = simulated
    lost = listed(system, name, COUNTS.get(name, "counted"))[0]
    fewer = [event for event in events if event.stream != lost]
    known_at = events[-1].written_at
    assert differences(system, events, [(name, {"known_at": known_at})]) == []
    assert differences(system, fewer, [(name, {"known_at": known_at})]) != []


def test_a_wrong_handler_is_noticed(
    simulated: Simulated, new_system: Callable[..., System], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the projection takes the time of writing for the time of the act."""
    system = new_system(synthetic=True)
    simulator.write(system, replace(PLAN, reports=80, unauthorised=0.25), tmp_path / "truth.json")
    sound = case_facts._handlers[CrimeRecorded]

    def wrong(row: CaseFacts, entry: RecordedEvent, event: CrimeRecorded) -> Mapping[str, object]:
        return sound(row, entry._replace(at=instant(entry.written_at)), event)

    monkeypatch.setitem(case_facts._handlers, CrimeRecorded, wrong)
    project(system)
    asked = [(name, {"known_at": datetime(2025, 3, 1, tzinfo=UTC)}) for name in OF_CASES]
    assert {found.partition(" ")[0] for found in differences(system, raw(system), asked)} >= {
        "recorded_within_24h",
        "decided_within_24h",
        "recording_delay",
        "back_dating",
    }
