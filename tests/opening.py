"""Opening cells of figures: whether they add up to the figure, and each lists its own rows."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from asking import own

from adapters.postgres.question import Question, dimensions_of
from adapters.system import System
from application.known_at import KnownAt
from projections.metrics import CATALOGUE
from projections.metrics.kinds import EXCLUDED, Backlog, Count, Delay, Estimate, Extrapolation, Mean, Metric

SUMMED = ("numerator", "denominator", "competing", "open")


def rows_of(system: System, question: Question, verdict: str | None, page: int) -> dict[str, str]:
    """All rows of a cell with their verdicts, read page by page."""
    found: dict[str, str] = {}
    after = ""
    while True:
        cases = system.metrics.cases(question, verdict, after, page)[0]["cases"]
        assert not found.keys() & {each["case"] for each in cases}
        found |= {each["case"]: each["verdict"] for each in cases}
        if len(cases) < page:
            return found
        after = cases[-1]["case"]


def sums(figures: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What adds up of figures."""
    excluded: Counter[str] = Counter()
    parts: Counter[str] = Counter()
    for figure in figures:
        excluded.update(figure["excluded"])
        parts.update(figure.get("parts") or {})
    found = {name: sum(figure.get(name) or 0 for figure in figures) for name in SUMMED}
    return found | {"excluded": dict(sorted(excluded.items())), "parts": dict(sorted((+parts).items()))}


def judge_rows(metric: Metric, figure: dict[str, Any], verdicts: dict[str, int]) -> None:
    """As many rows as the figure says, by verdict."""
    excluded = {EXCLUDED + reason: number for reason, number in figure["excluded"].items() if number}
    assert {said: number for said, number in verdicts.items() if said.startswith(EXCLUDED)} == excluded
    within = sum(verdicts.values()) - sum(excluded.values())
    counted = verdicts.get("counted", 0)
    match metric:
        case Estimate() | Extrapolation():
            pass  # weighted over strata
        case Mean():
            assert figure["denominator"] == counted, metric.name
        case Count():
            assert figure["numerator"] == counted, metric.name
        case Backlog():
            assert figure["value"] == counted == sum(figure["bands"].values()), metric.name
        case Delay():
            waits = tuple(verdicts.get(said, 0) for said in ("recorded", "competing", "open"))
            assert tuple(figure[name] for name in ("numerator", "competing", "open")) == waits, metric.name
            assert figure["denominator"] == within, metric.name
        case _:
            assert (figure["numerator"], figure["denominator"]) == (counted, within), metric.name


def judge_cells(system: System, last: int, names: Iterable[str], draw: random.Random, number: int) -> Counter[str]:
    """So many random cells of these metrics, as known in the second half of the log, by metric: their rows are as many
    as they say, are those of the whole that fall in it, and add up to it. Counts the cells that had rows."""
    judged: Counter[str] = Counter()
    names, drawn = list(names), 0
    while judged.total() < number:
        name = draw.choice(names)
        drawn += 1
        assert drawn <= 20 + number, f"too few cells have rows: {judged}"
        metric = CATALOGUE[name]
        position = draw.randrange(last // 2, last + 1)
        asked: dict[str, Any] = {"known_at": KnownAt(position=position)}
        by = draw.sample(dimensions := dimensions_of(metric), min(len(dimensions), draw.choice([1, 2])))
        figure = system.metrics.answer(Question(metric, by=",".join(by), **asked))
        assert sums(figure["series"]) == sums([figure]), name
        whole = rows_of(system, Question(metric, **asked), None, 1000)
        seen: dict[str, str] = {}
        for part in figure["series"]:
            of = tuple((dimension, part[dimension]) for dimension in by)
            question = Question(metric, cell=of, **asked)
            told, _ = system.metrics.cases(question, None, "", 1)
            assert own(told["figure"]) == own(part), (name, of)
            found = rows_of(system, question, None, draw.choice([2, 50, 1000]))
            assert Counter(found.values()) == Counter(told["verdicts"])
            judge_rows(metric, part, told["verdicts"])
            assert not seen.keys() & found.keys()
            seen |= found
            judged[name] += 1
        assert seen == whole, name
    return judged
