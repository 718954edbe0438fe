"""The figures of what victims are told, of transfers and of escalations equal a naive oracle that reads raw events."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import oracle
import oracle_steps
import pytest
from asking import UNSHRUNK, Asked, ask, fresh, instant_of, own, projecting, raw
from contact_histories import contacts
from histories import Told, conduct, write
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.system import System
from projections.fact_tables import TABLES
from projections.metrics import CATALOGUE

OVER = ("case_steps", "escalation_facts")
NAMES = [name for name, metric in CATALOGUE.items() if metric.over in OVER]
DAYS = [date(2015, 4, 1), date(2024, 3, 1), date(2024, 3, 31), date(2024, 10, 27)]
WHAT = ("record", "key", "key", "tell", "tell", "tell", "ask", "approve", "move", "move", "leave", "assess")
WHAT += ("correct", "flag", "link", "unlink")


@st.composite
def histories(draw: st.DrawFn, most: int = 4) -> list[Told]:
    """Several cases whose victims are told or not, and contacts, in the order in which they were written."""
    told = [one for number in range(draw(st.integers(1, most))) for one in draw(conduct(*WHAT, number=number))]
    told += [one for number in range(draw(st.integers(1, 3))) for one in draw(contacts(number))]
    return sorted(told, key=lambda one: one.written_at)


def project(system: System, page: int = 5000) -> None:
    for name in OVER:
        with projecting(system, TABLES[name].projection) as projector:
            while projector.step(page).events:
                pass
            projector.catch_up()


def part(figure: dict[str, Any]) -> dict[str, Any]:
    return own(figure) | {name: figure[name] for name in ("parts", "shares") if name in figure}


def differences(system: System, events: Sequence[oracle.Raw], asked: Iterator[tuple[str, Asked]]) -> list[str]:
    found: list[str] = []
    for name, question in asked:
        answer, known_at = ask(system, name, **question), question.get("known_at")
        expected = oracle_steps.answer(
            events, name, **question | {"known_at": known_at or instant_of(answer["known_at"])}
        )
        given = part(answer)
        if question.get("by"):
            given["series"] = [(each[question["by"]], part(each)) for each in answer["series"]]
        if given != expected:
            found.append(f"{name} {question}:\n  given    {given}\n  expected {expected}")
    return found


def questions(
    days: Sequence[date], moments: Sequence[int | datetime | None], turn: int, turns: int
) -> Iterator[tuple[str, Asked]]:
    for name in NAMES:
        for number, moment in enumerate(moments, start=turn):
            known: Asked = {} if moment is None else {"known_at": moment}
            yield name, known | {"force": "kent"}
            yield from ((name, known | {"by": by}) for by in CATALOGUE[name].dimensions[number % turns :: turns])
            for since, until in list(pairwise(days))[number % turns :: turns]:
                yield name, known | {"since": since, "until": until, "by": "month"}


def judged(new_system: Callable[..., System], told: list[Told], page: int, data: st.DataObject) -> None:
    with fresh(new_system) as system:
        write(system, told)
        project(system, page)
        events = raw(system)
        position = data.draw(st.integers(1, len(events)), "known_at")
        instant = events[data.draw(st.integers(0, len(events) - 1))].written_at + timedelta(microseconds=1)
        moments = [data.draw(st.sampled_from([None, instant])), position]
        assert not differences(system, events, questions(DAYS, moments, data.draw(st.integers(0, 2), "turn"), 3))


@settings(UNSHRUNK, max_examples=12)
@given(told=histories(), page=st.sampled_from([1, 3, 5000]), data=st.data())
def test_every_figure_of_steps_equals_its_oracle(
    new_system: Callable[..., System], told: list[Told], page: int, data: st.DataObject
) -> None:
    judged(new_system, told, page, data)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@settings(UNSHRUNK, max_examples=500)
@given(told=histories(most=6), page=st.sampled_from([1, 3, 5000]), data=st.data())
def test_every_figure_of_steps_equals_its_oracle_at_length(
    new_system: Callable[..., System], told: list[Told], page: int, data: st.DataObject
) -> None:
    judged(new_system, told, page, data)
