import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from adapters import simulator
from adapters.simulator import CannotSimulate, write
from adapters.system import System, now
from application.ports import Append, NewEvent
from application.simulation import BadPlan, Plan
from domain.case.recording import DeclineReason, IncidentRegistered, RecordingDeclined
from domain.event import Purpose, Role
from domain.values import instant

PLAN = Plan(("kent", "essex", "surrey"), 300, 7, date(2026, 1, 1), unauthorised=0.08, factually_wrong=0.08)
Row = dict[str, Any]


def rows(system: System) -> list[Row]:
    """Every event of a case, as the database has it, in order of position."""
    query = (
        "SELECT stream_id, version, name, position, written_at, event_id, force, state"
        " FROM candour.events WHERE stream_id LIKE 'case-%' ORDER BY position"
    )
    names = ("stream", "version", "name", "position", "written_at", "event_id", "force")
    with system.connect("candour_reader") as reader:
        found = reader.execute(query).fetchall()
    return [dict(zip(names, row, strict=False)) | json.loads(str(row[7])) for row in found]


def counted(log: list[Row]) -> dict[str, dict[str, Any]]:
    """The summary of the truth file as far as the log can tell it, counted with plain JSON and nothing else."""
    cases: dict[str, list[Row]] = {}
    for row in log:
        cases.setdefault(row["stream"], []).append(row)
    corrected: dict[str, Row] = {}
    for row in log:
        if row["name"] == "fact_corrected.v1":
            corrected.setdefault(row["data"]["corrects"], {}).update(row["data"]["facts"])
    summary: dict[str, dict[str, Any]] = {}
    figures = ("reports", "recorded", "declined", "n100", "outcomes", "corrections", "never_decided", "events")
    ends = {"cancellation_approved": "cancelled", "transfer_accepted": "transferred", "cancellation_reversed": None}
    for stream, events in cases.items():
        figure = summary.setdefault(
            events[0]["force"],
            dict.fromkeys((*figures, *filter(None, ends.values()), "linked", "recorded_within_24h_as_stated"), 0)
            | {"never_decided_cases": set(), "alleged_cases": set()},
        )
        by_name: dict[str, list[Row]] = {}
        for row in events:
            by_name.setdefault(row["name"].partition(".")[0], []).append(row)
        figure["reports"] += len(by_name["crime_reported"])
        figure["events"] += len(events)
        figure["outcomes"] += len(by_name.get("outcome_assigned", ()))
        figure["corrections"] += len(by_name.get("fact_corrected", ()))
        figure["recorded"] += "crime_recorded" in by_name
        figure["declined"] += "recording_declined" in by_name
        figure["n100"] += "n100_recorded" in by_name
        last = [ends[name] for row in events if (name := row["name"].partition(".")[0]) in ends]
        if last and last[-1] is not None:
            figure[last[-1]] += 1
        if len(by_name.get("case_linked", ())) > len(by_name.get("case_unlinked", ())):
            figure["linked"] += 1
            continue
        report = by_name["crime_reported"][0]
        if not by_name.keys() & {"crime_recorded", "recording_declined", "n100_recorded"}:
            figure["never_decided"] += 1
            figure["never_decided_cases"].add(stream)
            if report["data"].get("receipt") == "claimed" and "receipt_established" not in by_name:
                figure["alleged_cases"].add(stream)
        if "crime_recorded" in by_name:
            received = (report["data"] | corrected.get(str(report["event_id"]), {}))["received_at"]
            for established in by_name.get("receipt_established", ()):
                received = established["data"]["received_at"]
            taken = datetime.fromisoformat(by_name["crime_recorded"][0]["at"]) - datetime.fromisoformat(received)
            figure["recorded_within_24h_as_stated"] += taken <= timedelta(hours=24)
    return summary


def test_the_truth_adds_up_with_the_log(synthetic: System, tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    written = write(synthetic, PLAN, tmp_path / "truth.json", lambda done, of: calls.append((done, of)))
    truth = json.loads((tmp_path / "truth.json").read_bytes())
    log = rows(synthetic)
    assert (truth["seed"], truth["forces"], truth["start"], truth["end"]) == (
        7,
        list(PLAN.forces),
        "2024-01-01",
        "2026-01-01",
    )
    assert written.events == len(log) == sum(force["events"] for force in truth["summary"].values())
    assert calls[-1] == (written.reports, 900)
    assert calls == sorted(calls)

    def told(summary: dict[str, dict[str, Any]], like: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        return {
            force: {
                name: set(value) if name.endswith("_cases") else value
                for name, value in summary[force].items()
                if name in like[force]
            }
            for force in summary
        }

    independent = counted(log)
    assert told(truth["summary"], independent) == independent

    by_id = {str(row["event_id"]): row for row in log}
    carried = {event: tuple(wrong["broken"]) for wrong in truth["wrongs"] for event in wrong["event_ids"]}
    assert {event: tuple(row["broken"]) for event, row in by_id.items() if "broken" in row} == {
        event: broken for event, broken in carried.items() if broken
    }
    assert all(by_id[event]["stream"] == w["stream"] for w in truth["wrongs"] for event in w["event_ids"])
    assert sum(truth["planted"].values()) == len(truth["wrongs"]) > 50
    late = timedelta(hours=1)
    back_dated = {event for event, row in by_id.items() if row["written_at"] - datetime.fromisoformat(row["at"]) > late}
    assert back_dated == {
        event for w in truth["wrongs"] if w["which"].startswith("back_dated") for event in w["event_ids"]
    }

    # Negative control: one decision more than the truth knows of does not add up.
    case = truth["summary"]["surrey"]["never_decided_cases"][0]
    version = max(row["version"] for row in log if row["stream"] == case)
    declined = RecordingDeclined(reason=DeclineReason.BALANCE_NOT_MET, rationale="Not in the truth.")
    event = NewEvent(uuid4(), declined, instant(now()), "staff-1", Role.RECORDER, Purpose.CRIME_RECORDING)
    synthetic.store.append(Append(case, version, "surrey", (event,)))
    differing = counted(rows(synthetic))
    assert told(truth["summary"], differing) != differing


def test_positions_are_dense_and_times_are_those_of_the_plan(synthetic: System, tmp_path: Path) -> None:
    write(synthetic, replace(PLAN, reports=60), tmp_path / "truth.json")
    log = rows(synthetic)
    first = log[0]["position"]
    assert [row["position"] for row in log] == list(range(first, first + len(log)))
    times = [row["written_at"] for row in log]
    assert times == sorted(times)
    assert datetime(2024, 1, 1, tzinfo=UTC) < times[0] < times[-1] < datetime(2026, 1, 1, tzinfo=UTC)
    versions: dict[str, list[int]] = {}
    for row in log:
        versions.setdefault(row["stream"], []).append(row["version"])
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())
    assert len([entry for entry in synthetic.store.reveal(synthetic.store.read_log(0, 1000)) if entry.broken]) > 0


def test_two_stores_get_the_same_history_but_for_what_is_sealed(
    new_system: Callable[..., System], tmp_path: Path
) -> None:
    logs: list[list[Row]] = []
    for name in ("one", "two"):
        system = new_system(synthetic=True)
        write(system, replace(PLAN, reports=60), tmp_path / name)
        logs.append(rows(system))
        for row in logs[-1]:
            row["data"] = {key: value for key, value in row["data"].items() if "sealed:" not in str(value)}
    assert logs[0] == logs[1]
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    system = new_system(synthetic=True)
    write(system, replace(PLAN, reports=60, seed=8), tmp_path / "three")
    assert rows(system) != logs[0], "negative control"


def test_an_interrupted_run_is_taken_up_where_it_stopped(
    new_system: Callable[..., System], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken_off = new_system(synthetic=True), new_system(synthetic=True)
    monkeypatch.setattr(simulator, "CHUNK", 100)
    write(whole, replace(PLAN, reports=60), tmp_path / "whole")

    def stop(done: int, of: int) -> None:
        if done > 90:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(broken_off, replace(PLAN, reports=60), tmp_path / "truth", stop)
    assert list(tmp_path.iterdir()) == [tmp_path / "whole"]
    begun = len(rows(broken_off))
    with pytest.raises(CannotSimulate, match="time does not go back"):
        write(broken_off, replace(PLAN, reports=61), tmp_path / "truth")
    written = write(broken_off, replace(PLAN, reports=60), tmp_path / "truth")
    assert (written.already_known, written.events) == (begun, len(rows(whole)) - begun)
    assert [row["event_id"] for row in rows(broken_off)] == [row["event_id"] for row in rows(whole)]
    assert (tmp_path / "truth").read_bytes() == (tmp_path / "whole").read_bytes()
    assert write(broken_off, replace(PLAN, reports=60), tmp_path / "truth").events == 0

    case = rows(broken_off)[0]["stream"]
    version = len(broken_off.store.load(case))
    event = NewEvent(uuid4(), IncidentRegistered(), instant(now()), "a", Role.RECORDER, Purpose.CRIME_RECORDING)
    broken_off.store.append(Append(case, version, "kent", (event,)))
    with pytest.raises(CannotSimulate, match="other events after it"):
        write(broken_off, replace(PLAN, reports=60), tmp_path / "truth")


def test_a_later_period_follows_on_an_earlier_one(synthetic: System, tmp_path: Path) -> None:
    earlier = Plan(("kent",), 40, 1, date(2024, 7, 1), months=6)
    write(synthetic, earlier, tmp_path / "one.json")
    write(synthetic, replace(earlier, end=date(2025, 1, 1), seed=2), tmp_path / "two.json")
    assert len({row["stream"] for row in rows(synthetic)}) == 80
    with pytest.raises(CannotSimulate, match="holds events up to 2024-"):
        write(synthetic, replace(earlier, seed=3), tmp_path / "three.json")


@pytest.mark.parametrize("file", ["missing/truth.json", ""])
def test_nothing_is_written_if_the_truth_could_not_be(synthetic: System, tmp_path: Path, file: str) -> None:
    with pytest.raises(CannotSimulate, match="the truth file cannot be written"):
        write(synthetic, PLAN, tmp_path / file)
    assert rows(synthetic) == []
    assert list(tmp_path.iterdir()) == []


def test_only_a_synthetic_store_and_the_past_can_be_simulated(
    system: System, synthetic: System, tmp_path: Path
) -> None:
    with pytest.raises(CannotSimulate, match="is a live one"):
        write(system, PLAN, tmp_path / "truth.json")
    assert rows(system) == []
    with pytest.raises(CannotSimulate, match="in the future"):
        write(synthetic, replace(PLAN, end=now().date() + timedelta(days=2)), tmp_path / "truth.json")
    with pytest.raises(BadPlan, match="is no force"):
        write(synthetic, replace(PLAN, forces=("atlantis",)), tmp_path / "truth.json")
    assert rows(synthetic) == []
    assert list(tmp_path.iterdir()) == []


def test_a_stream_may_come_in_parts_within_one_append(system: System) -> None:
    def part(stream: str, expected: int, rationale: str) -> Append:
        fact = RecordingDeclined(reason=DeclineReason.BALANCE_NOT_MET, rationale=rationale)
        event = NewEvent(uuid4(), fact, instant(now()), "a", Role.RECORDER, Purpose.CRIME_RECORDING)
        return Append(stream, expected, "kent", (event,))

    one, two = f"case-{uuid4()}", f"case-{uuid4()}"
    system.store.append_many([part(one, 0, "first"), part(two, 0, "other"), part(one, 1, "second")])
    entries = system.store.reveal(system.store.load(one))
    assert [(entry.version, entry.event.rationale) for entry in entries] == [(1, "first"), (2, "second")]  # type: ignore[attr-defined]
    assert [row["stream"] for row in islice(rows(system), 3)] == [one, two, one]
    with pytest.raises(ValueError, match="does not follow on"):
        system.store.append_many([part(two, 1, "third"), part(two, 3, "fifth")])
