"""Every figure about complaints and misconduct equals a naive oracle that reads raw events."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import oracle
import oracle_misconduct_figures as figures
import pytest
from asking import UNSHRUNK, Asked, ask, fresh, instant_of, listed, own, projecting, raw
from histories import Told, write
from hypothesis import given, settings
from hypothesis import strategies as st
from report_histories import histories
from report_scenario import received

from adapters.system import System
from domain.values import instant
from projections.fact_tables import TABLES
from projections.metrics import CATALOGUE
from projections.metrics.kinds import PerStaff, Stock
from projections.metrics.misconduct import MISCONDUCT

# What is per head has a second source, and its oracle in test_inspection_oracle.
NAMES = [metric.name for metric in MISCONDUCT if not isinstance(metric, PerStaff)]
OWN = ("parts", "shares")
DAYS = [date(2022, 6, 1), date(2023, 3, 26), date(2024, 3, 1), date(2024, 10, 27), date(2025, 6, 1)]
AS_OF = [datetime(2024, 3, 31, 0, 30, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC)]


def project(system: System, page: int = 5000) -> None:
    for name in sorted({CATALOGUE[name].over for name in NAMES}):
        with projecting(system, TABLES[name].projection) as projector:
            while projector.step(page).events:
                pass
            projector.catch_up()


def part(figure: dict[str, Any]) -> dict[str, Any]:
    return own(figure) | {name: figure[name] for name in OWN if name in figure}


def differences(system: System, events: Sequence[oracle.Raw], asked: Iterator[tuple[str, Asked]]) -> list[str]:
    found: list[str] = []
    for name, question in asked:
        known_at, as_of = question.get("known_at"), question.get("as_of")
        known = events[known_at - 1].written_at if isinstance(known_at, int) else known_at
        if as_of is not None and as_of > (known or events[-1].written_at):
            continue
        answer = ask(system, name, **question)
        expected = figures.answer(events, name, **question | {"known_at": known_at or instant_of(answer["known_at"])})
        given = part(answer)
        if question.get("by"):
            given["series"] = [(each[question["by"]], part(each)) for each in answer["series"]]
        if given != expected:
            found.append(f"{name} {question}:\n  given    {given}\n  expected {expected}")
    return found


def questions(
    names: Sequence[str], days: Sequence[date], moments: Sequence[int | datetime | None]
) -> Iterator[tuple[str, Asked]]:
    for name in names:
        metric = CATALOGUE[name]
        for moment in moments:
            known: Asked = {} if moment is None else {"known_at": moment}
            yield name, known
            for by in metric.dimensions:
                yield name, known | {"by": by}
            yield name, known | {"force": "kent"}
            if isinstance(metric, Stock):
                yield from ((name, known | {"as_of": at, "by": "force"}) for at in AS_OF)
                continue
            yield from ((name, known | {"since": day, "by": "month"}) for day in days)
            for since, until in pairwise(days):
                yield name, known | {"since": since, "until": until, "by": "force"}


def judged(new_system: Callable[..., System], told: list[Told], page: int, data: st.DataObject) -> None:
    with fresh(new_system) as system:
        write(system, told)
        project(system, page)
        events = raw(system)
        position = data.draw(st.integers(1, len(events)), "known_at")
        instant = events[data.draw(st.integers(0, len(events) - 1))].written_at + timedelta(microseconds=1)
        days = sorted(data.draw(st.lists(st.sampled_from(DAYS), min_size=2, max_size=3, unique=True)))
        moments = [data.draw(st.sampled_from([None, instant])), position]
        assert not differences(system, events, questions(NAMES, days, moments))


@settings(UNSHRUNK, max_examples=12)
@given(told=histories(), page=st.sampled_from([1, 3, 5000]), data=st.data())
def test_every_figure_about_misconduct_equals_its_oracle(
    new_system: Callable[..., System], told: list[Told], page: int, data: st.DataObject
) -> None:
    judged(new_system, told, page, data)


def test_a_report_that_the_figure_lacks_is_noticed(synthetic: System) -> None:
    """Negative control: the log of the oracle lacks a report that the figure counts."""
    at = datetime(2024, 5, 1, 9, tzinfo=UTC)
    told = [
        Told(
            f"report-{n:08x}-0000-4000-8000-000000000000",
            "kent",
            received(channel="public"),
            instant(at),
            at,
            uuid4(),
            None,
        )
        for n in range(3)
    ]
    write(synthetic, told)
    project(synthetic)
    events = raw(synthetic)
    lost = listed(synthetic, "complaints_logged", "counted", page=2)[0]
    asked: tuple[str, Asked] = ("complaints_logged", {"known_at": events[-1].written_at})
    fewer = [event for event in events if event.stream != lost]
    assert differences(synthetic, events, iter([asked])) == []
    assert differences(synthetic, fewer, iter([asked])) != []


@pytest.mark.soak
@pytest.mark.timeout(7200)
@settings(UNSHRUNK, max_examples=500)
@given(told=histories(most=10), page=st.sampled_from([1, 3, 5000]), data=st.data())
def test_every_figure_about_misconduct_equals_its_oracle_at_length(
    new_system: Callable[..., System], told: list[Told], page: int, data: st.DataObject
) -> None:
    judged(new_system, told, page, data)
