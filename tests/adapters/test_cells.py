"""Cells of a figure: they add up to it, each lists its own rows, and each was what it was as known at any time."""

import random
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from asking import OF_CASES, UNSHRUNK, ask, fresh, project, raw
from histories import Told, histories, write
from hypothesis import given, settings
from hypothesis import strategies as st
from opening import judge_cells, rows_of

from adapters import simulator
from adapters.comparing import compare
from adapters.postgres import arrays, selecting
from adapters.postgres.columns import Columns, View
from adapters.postgres.metric_reader import stream_of
from adapters.postgres.periods import PERIODS, last_days, name_of
from adapters.postgres.question import BadQuestion, Question
from adapters.postgres.read_model import ReadModel, promoted
from adapters.postgres.revisions import revisions
from adapters.questions import cell
from adapters.system import System
from application.known_at import KnownAt
from application.simulation import Plan
from domain.values import instant
from projections.case_facts import case_facts
from projections.metrics import CATALOGUE

LONDON = ZoneInfo("Europe/London")
PLAN = Plan(("kent", "essex", "sussex"), 120, 7, date(2025, 4, 1), months=14, unauthorised=0.06, factually_wrong=0.06)


class Simulated(NamedTuple):
    system: System
    events: list[Any]


@pytest.fixture(scope="module")
def simulated(new_kept_system: Callable[..., System], tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    system = new_kept_system(synthetic=True)
    file: Path = tmp_path_factory.mktemp("cells") / "truth.json"
    simulator.write(system, PLAN, file)
    project(system)
    return Simulated(system, raw(system))


def judged(simulated: Simulated) -> tuple[System, int, Iterable[str]]:
    return simulated.system, len(simulated.events), OF_CASES


def test_cells_add_up_to_the_figure_and_list_their_own_rows(simulated: Simulated) -> None:
    assert judge_cells(*judged(simulated), random.Random(1), 150).total() >= 150


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_ten_thousand_cells_add_up(simulated: Simulated) -> None:
    cells = judge_cells(*judged(simulated), random.Random(2), 10_000)
    assert cells.keys() == OF_CASES.keys()
    assert cells.total() >= 10_000


def test_a_row_that_is_listed_twice_or_not_at_all_is_noticed(
    simulated: Simulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: a page begins with the row at which the one before ended."""
    sound = selecting.listed

    def doctored(view: View, *given: Any) -> Any:
        found, verdict, after, limit = given
        number = view.number[after] if after else 0
        return sound(view, found, verdict, view.keys[number - 1] if number > 1 else after, limit)

    monkeypatch.setattr("adapters.postgres.metric_reader.listed", doctored)
    with pytest.raises(AssertionError):
        judge_cells(*judged(simulated), random.Random(1), 150)


def test_each_row_comes_with_the_events_that_were_known(simulated: Simulated) -> None:
    system, events = simulated
    position = len(events) * 2 // 3
    question = Question(CATALOGUE["decided_within_24h"], known_at=KnownAt(position=position))
    for row in system.metrics.cases(question, None, "", 40)[0]["cases"]:
        known = [each for each in events if each.stream == stream_of(row["case"]) and each.position <= position]
        assert [each["position"] for each in row["events"]] == [each.position for each in known] != []
    blind = Question(CATALOGUE["decided_within_24h"], force="kent", positions=False)
    untold, _ = system.metrics.cases(blind, None, "", 5)
    assert untold["cases"]
    assert not any("position" in event for row in untold["cases"] for event in row["events"])


def test_periods_are_those_of_the_calendar_of_london(simulated: Simulated) -> None:
    """The days of the raw events, named here anew, give the same counts by each period."""
    system, events = simulated
    received: dict[str, date] = {}
    for event in events:
        if event.name == "crime_reported.v1":
            at = datetime.fromisoformat(event.state["data"]["received_at"])
            received[event.stream] = at.astimezone(LONDON).date()
    rows = rows_of(system, Question(CATALOGUE["decided_within_24h"]), None, 1000)
    known_late = {case for case in rows if case not in received}
    assert len(known_late) < len(rows) / 10
    for period in PERIODS:
        told = ask(system, "decided_within_24h", by=period)["series"]
        for part in told[: 12 if period == "day" else None]:
            question = Question(CATALOGUE["decided_within_24h"], cell=((period, part[period]),))
            for case in rows_of(system, question, None, 1000).keys() - known_late:
                if not any((e.stream == case and "correct" in e.name) or "established" in e.name for e in events):
                    assert part[period] == called(period, received[case])


def called(period: str, day: date) -> str:
    match period:
        case "day":
            return day.strftime("%Y-%m-%d")
        case "week":
            return day.strftime("%G-W%V")
        case "month":
            return day.strftime("%Y-%m")
        case "quarter":
            return f"{day.year}-Q{1 + (day.month - 1) // 3}"
        case "year":
            return str(day.year)
        case _:
            begins = day.year - (day < date(day.year, 4, 1))
            return f"{begins}/{str(begins + 1)[2:]}"


@pytest.mark.parametrize("period", PERIODS)
def test_every_day_has_the_name_of_its_period(period: str) -> None:
    for number in range(-400, 1200):
        day = date(2025, 4, 1) + timedelta(days=number)
        assert name_of(period, day) == called(period, day)
    ends = last_days(period, date(2024, 1, 1), date(2026, 1, 1))
    assert [called(period, end) for end in ends] == list(
        dict.fromkeys(called(period, date(2024, 1, 1) + timedelta(days=n)) for n in range(731))
    )[: len(ends)]


def test_days_of_london_are_those_of_its_clock() -> None:
    draw = random.Random(3)
    times = [
        datetime(draw.randrange(1900, 2150), 1, 1, tzinfo=UTC) + timedelta(hours=draw.randrange(8760))
        for _ in range(500)
    ]
    times += [
        datetime(2024, 3, 30, 23, 59, tzinfo=UTC),
        datetime(2024, 3, 31, 23, tzinfo=UTC),
        datetime(1970, 6, 1, 23, tzinfo=UTC),
    ]
    found = arrays.london_days(np.array([arrays.micros(at) for at in times], np.int64))
    assert [arrays.day_of(int(day)) for day in found] == [at.astimezone(LONDON).date() for at in times]


@pytest.mark.parametrize(("name", "period"), [("charge_rate", "month"), ("recording_delay", "quarter")])
def test_a_triangle_holds_what_was_known_then(simulated: Simulated, name: str, period: str) -> None:
    system, _ = simulated
    found = revisions(system.metrics, Question(CATALOGUE[name]), period)
    assert len(found["known"]) > 4
    cells = {(row["period"], row["known_at"]): row for row in found["revisions"]}
    told_of = {
        each: {(row["value"], row["numerator"]) for (of, _), row in cells.items() if of == each} for each, _ in cells
    }
    assert max(map(len, told_of.values())) > 1
    for known in found["known"]:
        told = ask(system, name, known, by=period)["series"]
        expected = {part[period]: [part[part_of] for part_of in ("value", "numerator", "denominator")] for part in told}
        expected.pop("unknown", None)
        given = {
            of: [row["value"], row["numerator"], row["denominator"]] for (of, at), row in cells.items() if at == known
        }
        assert given == expected
    assert all(name_of(period, instant(datetime.fromisoformat(at)).london_date) >= of for of, at in cells)


def test_a_triangle_of_a_stock_has_what_stood_at_the_end_of_each_period(simulated: Simulated) -> None:
    system, _ = simulated
    found = revisions(system.metrics, Question(CATALOGUE["unrecorded_backlog"]), "quarter")
    assert found["revisions"]
    for row in found["revisions"]:
        end = next(
            datetime.fromisoformat(at)
            for at in found["known"]
            if name_of("quarter", instant(datetime.fromisoformat(at)).london_date) == row["period"]
        )
        assert ask(system, "unrecorded_backlog", row["known_at"], as_of=end)["value"] == row["value"]


def test_a_force_is_placed_among_the_others(simulated: Simulated) -> None:
    system, _ = simulated
    question = Question(CATALOGUE["recorded_within_24h"], force="kent", since=date(2024, 10, 1), until=date(2025, 1, 1))
    found = compare(system.metrics, question, ("essex", "dorset"))
    known = found["known_at"]
    assert found["year_before"]["since"] == "2023-10-01"
    own_of = {
        force: ask(system, "recorded_within_24h", known, force=force, since=question.since, until=question.until)
        for force in PLAN.forces
    }
    assert [each["value"] for each in found["similar"]] == [own_of["essex"]["value"], None]
    p = sum(each["numerator"] for each in own_of.values()) / sum(each["denominator"] for each in own_of.values())
    for row in found["funnel"]:
        n, value = own_of[row["force"]]["denominator"], own_of[row["force"]]["value"]
        spread = (p * (1 - p) / n) ** 0.5
        assert row["warning_low"] == pytest.approx(max(0, p - 1.96 * spread), abs=2e-6)
        assert row["action_high"] == pytest.approx(min(1, p + 3.09 * spread), abs=2e-6)
        beyond = abs(value - p) / spread
        assert row["place"] == ("inside" if beyond <= 1.96 else "beyond_warning" if beyond <= 3.09 else "beyond_action")
    assert compare(system.metrics, question, ())["similar"] is None
    delay = Question(CATALOGUE["recording_delay"], force="kent")
    assert compare(system.metrics, delay, ())["funnel"] is None
    assert compare(system.metrics, delay, ())["year_before"]["value"] is None


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("month", "cell: 'month' is not dimension=member"),
        ("month=2026-13", "cell: '2026-13' is not a month; write month=2026-03"),
        ("financial_year=2026", "write financial_year=2025/26"),
        ("force=atlantis", "'atlantis' is not a force"),
    ],
)
def test_a_cell_that_there_is_not_is_refused(text: str, because: str) -> None:
    with pytest.raises(BadQuestion, match=because):
        cell(text)


def test_what_cannot_be_asked_of_a_cell_is_refused(simulated: Simulated) -> None:
    metric = CATALOGUE["recorded_within_24h"]
    assert cell("financial_year=2025/26/force=kent") == (("financial_year", "2025/26"), ("force", "kent"))
    with pytest.raises(BadQuestion, match=r"can be broken down by force, .*; not by colour"):
        Question(metric, cell=(("colour", "red"),))
    with pytest.raises(BadQuestion, match="name one dimension, or two"):
        Question(metric, by="force,month,route")
    with pytest.raises(BadQuestion, match="after: give `next_after`"):
        simulated.system.metrics.cases(Question(metric), None, "case-nobody", 5)
    with pytest.raises(BadQuestion, match="'decade' is not a period of"):
        revisions(simulated.system.metrics, Question(metric), "decade")
    with pytest.raises(BadQuestion, match="force: name the force"):
        compare(simulated.system.metrics, Question(metric), ())


def held(view: View) -> list[Any]:
    """All that a view holds, in an order of its own."""
    names = sorted(view.columns)
    texts = {name: [*view.columns[name].texts.values] for name in names}
    rows: list[Any] = []
    for row in range(len(view.key)):
        values = [view.columns[name].values[row] for name in names]
        shown = [
            texts[name][int(value)] if view.columns[name].values.dtype == np.int32 else str(value)
            for name, value in zip(names, values, strict=True)
        ]
        rows.append((view.keys[view.key[row]], int(view.since[row]), int(view.until[row]), shown))
    return sorted(rows, key=lambda row: row[:3])


@settings(UNSHRUNK, max_examples=6)
@given(told=histories(least=3, most=6), data=st.data())
def test_columns_that_are_read_on_are_those_that_are_read_afresh(
    new_system: Callable[..., System], told: list[Told], data: st.DataObject
) -> None:
    names = selecting.columns_of(CATALOGUE["recording_delay"]) | selecting.columns_of(CATALOGUE["unrecorded_backlog"])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(told)), min_size=1, max_size=3), "read at"))
    with fresh(new_system) as system, system.connect("candour_reader") as reader:
        columns: Columns | None = None
        for begin, end in zip([0, *cuts], [*cuts, len(told)], strict=True):
            write(system, told[begin:end], after=told[:begin])
            project(system)
            build, position, _ = promoted(reader, case_facts.name) or ("", 0, None)
            model = ReadModel(case_facts, build)
            columns = columns or Columns(model, names)
            with reader.transaction():
                view = columns.upto(reader, position)
            with reader.transaction():
                anew = Columns(model, names).upto(reader, position)
            assert held(view) == held(anew)
            assert view.keys == anew.keys
