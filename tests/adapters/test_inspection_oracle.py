"""Every figure from inspections, and cases per 1,000 staff, equals a naive oracle over the raw events."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import oracle
import oracle_inspection as naive
import pytest
from asking import Asked, ask, fresh, instant_of, listed, projecting, raw
from histories import write
from inspection_histories import FORCES, told

from adapters.system import System
from projections.fact_tables import TABLES
from projections.metrics import CATALOGUE
from projections.metrics.inspection import INSPECTION

NAMES = [*(metric.name for metric in INSPECTION), naive.PER_STAFF]
OWN = ("value", "numerator", "denominator", "interval", "wilson", "wald", "effective_size", "funnel", "excluded")
DAYS = (date(2022, 3, 1), date(2022, 6, 30), date(2022, 7, 1), date(2023, 3, 31), date(2023, 12, 31))


def project(system: System, page: int) -> None:
    for name in sorted({CATALOGUE[name].over for name in NAMES}):
        with projecting(system, TABLES[name].projection) as projector:
            while projector.step(page).events:
                pass
            projector.catch_up()


def own(figure: dict[str, Any]) -> dict[str, Any]:
    return {name: figure[name] for name in OWN if name in figure}


def differences(system: System, events: Sequence[oracle.Raw], asked: Iterator[tuple[str, Asked]]) -> list[str]:
    found: list[str] = []
    for name, question in asked:
        answer = ask(system, name, **question)
        known = question.get("known_at") or instant_of(answer["known_at"])
        expected = naive.answer(events, name, **question | {"known_at": known})
        given: dict[str, Any] = own(answer)
        if question.get("by"):
            by = question["by"]
            # No single figure prints its interval as null: the reader does, once for the answer.
            given["series"] = [(part[by], {"interval": None} | own(part)) for part in answer["series"]]
        if not naive.alike(given, expected):
            found.append(f"{name} {question}:\n  given    {given}\n  expected {expected}")
        if answer["value"] is None and not answer.get("no_value_because"):
            found.append(f"{name} {question}: no value, and no reason")
    return found


def questions(names: Sequence[str], moments: Sequence[Any], draw: Random) -> Iterator[tuple[str, Asked]]:
    """Each metric: by a dimension, of a force and in a period, as known now and at these moments."""
    for name in names:
        for moment in moments:
            known: Asked = {} if moment is None else {"known_at": moment}
            yield name, known | {"by": draw.choice(CATALOGUE[name].dimensions)}
            yield name, known | {"force": draw.choice(FORCES)}
            since, until = sorted(draw.sample(DAYS, 2))
            yield name, known | {"since": since, "until": until, "by": draw.choice(("force", "month"))}


def judged(new_system: Callable[..., System], seed: int) -> tuple[int, int]:
    """How many questions were asked, and how many of them had a value."""
    draw = Random(seed)
    with fresh(new_system) as system:
        write(system, told(seed))
        project(system, draw.choice((3, 50, 5000)))
        events = raw(system)
        moments = [None, draw.randrange(1, len(events) + 1)]
        moments.append(events[draw.randrange(len(events))].written_at + timedelta(microseconds=1))
        asked = list(questions(NAMES, moments, draw))
        assert not differences(system, events, iter(asked)), seed
        for name in NAMES:  # what is opened is what was counted
            found = naive.rows(events, name, known_at=events[-1].position)
            for verdict in ("counted", "not_counted", "excluded"):
                assert sorted(listed(system, name, verdict, page=7)) == naive.keys(found, verdict), (
                    seed,
                    name,
                    verdict,
                )
        return len(asked), sum(ask(system, name)["value"] is not None for name in NAMES)


def test_every_figure_from_inspections_equals_its_oracle(new_system: Callable[..., System]) -> None:
    told_by = [judged(new_system, seed) for seed in range(2)]
    assert sum(values for _, values in told_by) > len(NAMES)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_every_figure_from_inspections_equals_its_oracle_at_length(new_system: Callable[..., System]) -> None:
    for seed in range(1_000, 1_500):
        judged(new_system, seed)


def test_a_verdict_that_the_oracle_lacks_is_noticed(new_system: Callable[..., System]) -> None:
    """Negative control: of one item the oracle reads that it was not recorded, or that another force was inspected."""
    with fresh(new_system) as system:
        write(system, told(1))
        project(system, 5000)
        events = raw(system)
        counted = listed(system, "recording_rate_violent", "counted")
        item = counted[0].partition("/")[2]
        asked = [("recording_rate_violent", {"known_at": events[-1].written_at, "by": "force"})]
        assert not differences(system, events, iter(asked))
        other = [with_verdict(event, item) for event in events]
        assert differences(system, other, iter(asked))
        elsewhere = [inspected_elsewhere(event) for event in events]
        assert differences(system, elsewhere, iter(asked))


def with_verdict(event: oracle.Raw, item: str) -> oracle.Raw:
    data = event.state["data"]
    if data.get("case") != item:
        return event
    verdict = data["verdict"] | {"recorded": not data["verdict"]["recorded"]}
    return event._replace(state=event.state | {"data": data | {"verdict": verdict}})


def inspected_elsewhere(event: oracle.Raw) -> oracle.Raw:
    data = event.state["data"]
    return (
        event._replace(state=event.state | {"data": data | {"inspected": "surrey"}}) if "inspected" in data else event
    )


def test_a_figure_of_one_inspection_is_what_it_concluded(new_system: Callable[..., System]) -> None:
    """Value, both intervals and effective size, to the sixth place; of every stratum and of all crime."""
    compared = 0
    with fresh(new_system) as system:
        write(system, [one for seed in (4, 5, 6, 7) for one in told(seed) if one.stream.startswith("inspection-")])
        project(system, 5000)
        concluded = {
            event.stream: event.state["data"] for event in raw(system) if event.name.startswith("inspection_concluded.")
        }
        for stream, said in concluded.items():
            rates = {f"recording_rate_{each['stratum']}": each["recorded"] for each in said["strata"]}
            for name, rate in {**rates, "recording_rate_all": said["overall"]}.items():
                parts = ask(system, name, by="inspection_id")["series"]
                found = next((part for part in parts if part["inspection_id"] == stream), None)
                if rate["rate"] is None:
                    assert found is None or found["value"] is None, (name, stream)
                    continue
                assert found is not None
                compared += 1
                given = {each: found[each] for each in ("value", "wilson", "wald", "effective_size")}
                expected = {"value": rate["rate"]} | {each: rate[each] for each in ("wilson", "wald", "effective_size")}
                assert naive.alike(given, expected), (name, stream, given, expected)
                assert found["interval"]["method"] == said["printed"]
            for name, which in (("unrecorded_estimate", "unrecorded"), ("additional_recorded", "additional")):
                parts = ask(system, name, by="inspection_id")["series"]
                [found] = [part for part in parts if part["inspection_id"] == stream]
                told_of = said[which]
                assert found["value"] == told_of["value"]
                if found["value"] is not None:
                    assert (found["interval"]["low"], found["interval"]["high"]) == (told_of["low"], told_of["high"])
                else:
                    assert list(found["excluded"]) == [told_of["reason"]]
    assert compared > 10
