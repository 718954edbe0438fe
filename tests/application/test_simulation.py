import gc
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from itertools import pairwise
from random import Random
from typing import Any, get_args
from uuid import UUID

import pytest

from application.ports import Append
from application.simulation import (
    BadPlan,
    Fate,
    Plan,
    Simulated,
    SimulatedStream,
    Truth,
    World,
    everything,
    in_order_of_writing,
    simulate,
    written_at,
)
from application.simulation.wrongs import FACTUALLY_WRONG
from domain.case.attestation import FactAttested
from domain.case.linking import CaseJoined, CaseParted
from domain.case.recording import CrimeRecorded, CrimeReported
from domain.case.state import Case, CaseEvent, replay
from domain.case.testimony import CrimeRecordEvidenced, SourceRowWithdrawn
from domain.event import RecordedEvent, Refused
from domain.rules import rule_book
from domain.values import london_midnight

FORCES = ("kent", "essex", "surrey")
PLAN = Plan(FORCES, 400, 7, date(2026, 1, 1), unauthorised=0.1, factually_wrong=0.1)


def digest_of(plan: Plan) -> str:
    """Of every byte of the events, in order, and of the truth."""
    truth = Truth(plan)
    sums = sha256()
    for append in in_order_of_writing(truth.watch(simulate(plan, rule_book()))):
        for new in append.events:
            sums.update(repr((append.stream, append.expected, append.force, new)).encode())
    sums.update(repr(truth.account()).encode())
    return sums.hexdigest()


@pytest.fixture(scope="module")
def streams() -> list[SimulatedStream]:
    return list(simulate(PLAN, rule_book()))


@pytest.fixture(scope="module")
def acts(streams: list[SimulatedStream]) -> list[Append]:
    return list(in_order_of_writing(streams))


def test_the_same_plan_gives_the_same_bytes_in_another_process_and_another_seed_does_not() -> None:
    plan = Plan(FORCES, 60, 7, date(2026, 1, 1), unauthorised=0.1, factually_wrong=0.1)
    program = (
        "import sys; sys.path[:0] = sys.argv[1:3]; import test_simulation as t; from datetime import date;"
        "print(t.digest_of(t.Plan(t.FORCES, 60, 7, date(2026, 1, 1), unauthorised=0.1, factually_wrong=0.1)))"
    )
    here = os.path.dirname(__file__)
    elsewhere = subprocess.run(
        [sys.executable, "-c", program, here, os.getcwd()],
        env={**os.environ, "PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert elsewhere.stdout.strip() == digest_of(plan)
    assert digest_of(Plan(FORCES, 60, 8, date(2026, 1, 1), unauthorised=0.1, factually_wrong=0.1)) != digest_of(plan)


def test_acts_come_in_order_of_writing_and_each_stream_in_order_of_version(acts: list[Append]) -> None:
    assert all(written_at(one) <= written_at(other) for one, other in pairwise(acts))
    versions = Counter[str]()
    for act in acts:
        assert act.expected == versions[act.stream]
        assert len({event.written_at for event in act.events}) == 1
        versions[act.stream] += len(act.events)
    start, end = london_midnight(PLAN.start), london_midnight(PLAN.end)
    assert start <= written_at(acts[0]) < written_at(acts[-1]) < end
    assert len(versions) == 3 * 400


def test_a_stream_that_opens_too_late_would_be_seen(streams: list[SimulatedStream]) -> None:
    """Negative control of the test of order: `opens` must not lie after the first act."""
    late = [stream._replace(opens=stream.opens + timedelta(days=30)) for stream in streams]
    acts = list(in_order_of_writing(late))
    assert not all(written_at(one) <= written_at(other) for one, other in pairwise(acts))


def lawful_and_not(streams: list[SimulatedStream]) -> tuple[set[UUID], dict[UUID, tuple[str, ...]]]:
    """The ids of events that break no rule, and the rules that the others break."""
    events = [event for stream in streams for act in stream.appends for event in act.events]
    broken = {event.event_id: event.broken for event in events if event.broken}
    return {event.event_id for event in events} - broken.keys(), broken


def test_unauthorised_events_carry_the_rules_they_break_and_nothing_else_does(streams: list[SimulatedStream]) -> None:
    wrongs = [wrong for stream in streams for wrong in stream.wrongs]
    expected = {
        "late_without_a_reason": ("late_recording_needs_a_reason",),
        "outcome_not_for_this_offence": ("outcome_type_fits_offence",),
        "n100_not_for_rape": ("n100_is_for_rape",),
        "outcome_without_a_record": ("move_is_open",),
        "cancelled_by_its_recorder": ("cancellation_by_decision_maker", "recorder_does_not_cancel"),
        "cancelled_without_evidence": ("c2_needs_verifiable_information",),
        "closed_without_the_victims_word": ("victim_statement_before_14_or_16",),
        "closed_without_telling_the_victim": ("victim_is_told_before_closing",),
    }
    back_dated = {"back_dated_recording", "back_dated_outcome"}
    unauthorised = [wrong for wrong in wrongs if wrong.kind == "unauthorised"]
    assert {wrong.which for wrong in unauthorised} == expected.keys() | back_dated
    _, broken = lawful_and_not(streams)
    assert broken == {
        event: expected[wrong.which] for wrong in unauthorised if wrong.which in expected for event in wrong.event_ids
    }
    # No rule of a case sees back-dating, as at the live door it cannot happen: it shows in the times alone.
    tolerance = rule_book().back_dating
    dated_back = {
        event.event_id
        for stream in streams
        for act in stream.appends
        for event in act.events
        if event.written_at is None or event.written_at - event.at.earliest > tolerance
    }
    assert dated_back == {event for wrong in unauthorised if wrong.which in back_dated for event in wrong.event_ids}
    assert all(not wrong.broken for wrong in wrongs if wrong.kind == "factually_wrong" or wrong.which in back_dated)


def test_every_history_replays_to_the_state_it_was_decided_on(streams: list[SimulatedStream]) -> None:
    for stream in streams:
        entries = [
            RecordedEvent(
                stream.stream,
                act.expected + number,
                0,
                written_at(act),
                new.event_id,
                act.force,
                new.at,
                new.actor,
                new.role,
                new.purpose,
                new.event,
                broken=new.broken,
            )
            for act in stream.appends
            for number, new in enumerate(act.events, start=1)
        ]
        state = replay(entries)
        assert replace(state, facts={}) == replace(stream.state, facts={})


def test_a_lawful_act_that_breaks_a_rule_is_refused_and_not_written() -> None:
    """Planted defect: a rule book in which outcome type 18 is for fraud only, which the story does not know."""
    rules = rule_book()
    without_fraud = {**rules.outcomes, 18: replace(rules.outcomes[18], only_group="fraud")}
    with pytest.raises(Refused, match="19 is for fraud"):
        list(simulate(PLAN, replace(rules, outcomes=without_fraud)))


def never_seen(streams: list[SimulatedStream]) -> set[str]:
    """The events of a case that no simulated case has; what only files testify to is not looked for."""
    told_by_files = (FactAttested, CrimeRecordEvidenced, SourceRowWithdrawn)
    told_by_others = (CaseJoined, CaseParted)  # written with a link in the other case, which a life does not reach
    seen = {type(new.event) for stream in streams for act in stream.appends for new in act.events}
    return {event.__name__ for event in set(get_args(CaseEvent)) - seen - {*told_by_files, *told_by_others}}


def test_everything_that_can_happen_to_a_case_happens(streams: list[SimulatedStream]) -> None:
    assert not never_seen(streams)
    # Negative control: the cases in which nothing was paused do not show it.
    assert "DutyPaused" in never_seen([s for s in streams if not any(d.kind == "update" for d in s.state.duties)])


def test_what_is_factually_wrong_looks_right(streams: list[SimulatedStream]) -> None:
    seen = Counter[str]()
    for stream in streams:
        for wrong in stream.wrongs:
            if wrong.kind != "factually_wrong":
                continue
            seen[wrong.which] += 1
            events = {new.event_id: new.event for act in stream.appends for new in act.events}
            told: Any = events[wrong.event_ids[-1]]
            match wrong.which:
                case "receipt_stated_late":
                    assert isinstance(told, CrimeReported)
                    assert str(told.received_at) > wrong.true["received_at"]
                    recorded = stream.state.recording.recorded_at
                    assert recorded is None or str(recorded) <= str(told.record_by)
                case "offence_understated":
                    assert isinstance(told, CrimeRecorded)
                    assert told.offence != wrong.true["offence"]
                case _:
                    assert told.rationale
    assert set(seen) == FACTUALLY_WRONG.keys()


def test_forces_differ_as_their_profiles_do() -> None:
    plan = Plan((*FORCES, "sussex"), 1500, 11, date(2026, 1, 1))
    truth = Truth(plan)
    for _ in truth.watch(simulate(plan, rule_book())):
        pass
    summary = truth.account()["summary"]

    def share(figure: str, of: str) -> list[float]:
        return [summary[force][figure] / summary[force][of] for force in plan.forces]

    in_time = share("recorded_within_24h_as_stated", "recorded")
    assert in_time[0] > in_time[1] + 0.05 > in_time[2] + 0.15
    assert in_time[3] == pytest.approx(in_time[0], abs=0.03), "the fourth is as good as the first"
    undecided = share("never_decided", "reports")
    assert undecided[0] < undecided[1] < undecided[2]
    assert all(
        summary[force]["recorded_within_24h_in_truth"] < summary[force]["recorded_within_24h_as_stated"]
        for force in plan.forces
    )


def test_no_wrongs_are_planted_when_none_are_asked_for() -> None:
    plan = Plan(("kent",), 300, 7, date(2026, 1, 1), unauthorised=0, factually_wrong=0)
    streams = list(simulate(plan, rule_book()))
    assert not any(stream.wrongs for stream in streams)
    assert not lawful_and_not(streams)[1]


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (Plan(("atlantis",), 1, 1, date(2026, 1, 1)), "'atlantis' is no force; choose from: avon-and-somerset"),
        (Plan((), 1, 1, date(2026, 1, 1)), "at least one force"),
        (Plan(("kent", "kent"), 1, 1, date(2026, 1, 1)), "each force once"),
        (Plan(("kent",), 0, 1, date(2026, 1, 1)), "at least 1 per force"),
        (Plan(("kent",), 1, 1, date(2026, 1, 1), months=0), "1 to 600"),
        (Plan(("kent",), 1, 1, date(2026, 1, 1), unauthorised=0.3, factually_wrong=0.3), "together at most 0.5"),
        (Plan(("kent",), 1, 1, date(2026, 1, 1), unauthorised=-0.1), "at least 0"),
        (Plan(("kent",), 1, 1, date(2026, 1, 1), conduct=1, months=17), "at least 18 months"),
        (Plan(("kent",), 1, 1, date(2021, 1, 1), conduct=1), "from 2020-02-01 on"),
        (Plan(("kent",), 1, 1, date(2026, 1, 1), contacts=-1), "less than 0"),
        (Plan(("kent",), 1, 1, date(2026, 1, 1), world=World(late=0.6, wrongly_cancelled=0.5)), "at most 1 together"),
        (Plan(("kent",), 1, 1, date(2026, 1, 1), world=World(unrecorded=1.1)), "between 0 and 1"),
        (Plan(("kent",), 1, 1, date(2026, 1, 1), months=4, world=World()), "to settle"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_says_why(plan: Plan, message: str) -> None:
    with pytest.raises(BadPlan, match=message):
        simulate(plan, rule_book())


@pytest.mark.parametrize(("reports", "months", "seed"), [(1, 1, 1), (50, 1, 2), (200, 1, 3), (5, 120, 4)])
def test_short_and_long_periods_hold_as_many_reports_as_asked_for(reports: int, months: int, seed: int) -> None:
    plan = Plan(("kent",), reports, seed, date(2024, 2, 29), months=months, unauthorised=0.2, factually_wrong=0.2)
    streams = list(simulate(plan, rule_book()))
    assert [len(stream.appends) > 0 for stream in streams] == [True] * reports
    assert all(stream.state != Case() for stream in streams)


def ends(seed: int, reports: int) -> dict[str, Counter[Fate | None]]:
    """How the reports of a world end, by force."""
    plan = Plan(("kent", "essex"), reports, seed, date(2026, 1, 1), months=12, world=World())
    found: dict[str, Counter[Fate | None]] = {force: Counter() for force in plan.forces}
    for stream in simulate(plan, rule_book()):
        found[stream.force][stream.fate] += 1
    return found


def test_a_world_has_exactly_the_rates_that_were_planted() -> None:
    planted = World().counts(90)
    assert sum(planted.values()) == 90
    assert [planted[fate] for fate in (Fate.NEVER_DECIDED, Fate.WRONGLY_DECLINED)] == [7, 11], "18 of 81 crimes"
    assert ends(1, 90) == ends(2, 90) == {"kent": planted, "essex": planted}
    # Negative control: rates that are drawn, and not allotted, differ from one seed to another.
    fates = list(planted)
    drawn = [Counter(Random(seed).choices(fates, list(planted.values()), k=90)) for seed in (1, 2)]
    assert drawn[0] != drawn[1]


def test_conduct_and_contacts_are_the_same_for_the_same_seed_and_leave_the_cases_as_they_are() -> None:
    plan = Plan(("kent",), 60, 7, date(2026, 1, 1), conduct=30, contacts=5)

    def streams(of: Plan) -> list[Simulated]:
        return list(everything(of, rule_book()))

    found = streams(plan)
    assert found == streams(plan)
    assert found != streams(replace(plan, seed=8)), "negative control"
    cases = [stream for stream in found if isinstance(stream, SimulatedStream)]
    assert cases == list(simulate(replace(plan, conduct=0, contacts=0), rule_book()))
    assert Counter(stream.stream.partition("-")[0] for stream in found)["report"] == 30


def most_objects(plan: Plan, keep: bool) -> int:
    """How many more objects than before were alive at once while all acts of the plan went by."""
    kept: list[Append] = []
    gc.collect()
    before, most = len(gc.get_objects()), 0
    truth = Truth(plan)
    for number, act in enumerate(in_order_of_writing(truth.watch(simulate(plan, rule_book())))):
        if keep:
            kept.append(act)
        if number % 2500 == 2499:
            gc.collect()
            most = max(most, len(gc.get_objects()) - before)
    return most


@pytest.mark.soak
def test_only_cases_that_are_still_open_are_held_in_memory() -> None:
    assert most_objects(Plan(("kent",), 10_000, 7, date(2026, 1, 1)), keep=False) < 20_000
    held = most_objects(Plan(("kent",), 2_500, 7, date(2026, 1, 1)), keep=True)
    assert held > 100_000, "negative control: a quarter of that history, held as a whole"
