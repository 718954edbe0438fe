"""Cumulative incidence, against an independent library and a naive oracle."""

import random
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from statsmodels.duration.survfunc import CumIncidenceRight

from projections.metrics.incidence import Courses, incidence, incidence_quantiles

RECORDED, COMPETING = "recorded", "competing"


class Span(NamedTuple):
    """How long something was followed, and how it ended; None: it is still open."""

    length: float
    event: str | None


def spans(seed: int, *, size: int = 60, ties: int = 12) -> list[Span]:
    draw = random.Random(seed)
    events = (RECORDED, RECORDED, COMPETING, COMPETING, None)
    return [Span(float(draw.randint(0, ties)), draw.choice(events)) for _ in range(size)]


def courses(found: list[Span], event: str = RECORDED, of: list[Span] | None = None) -> Courses:
    """Of some spans, which are those of a list or of another."""
    other = COMPETING if event == RECORDED else RECORDED
    ordered = [
        (place, span) for place, span in enumerate(sorted(of or found, key=lambda span: span.length)) if span in found
    ]
    recorded, competing = (np.array([span.event == one for _, span in ordered], bool) for one in (event, other))
    waits, places = np.array([span.length for _, span in ordered], float), [place for place, _ in ordered]
    return Courses(waits, recorded, competing, np.array(places, int))


def curve(found: list[Span], event: str = RECORDED) -> dict[float, float]:
    times, shares = incidence(courses(found, event))
    return dict(zip(times.tolist(), shares.tolist(), strict=True))


def quantile(found: list[Span], share: float) -> float | None:
    return incidence_quantiles(courses(found), (("it", share),))["it"]


def naive(found: list[Span], event: str, upto: float) -> float:
    """Each length in turn: those who survived until then, times the part of them that ends so."""
    total, surviving = 0.0, 1.0
    for length in sorted({span.length for span in found if span.length <= upto}):
        still = [span for span in found if span.length >= length]
        now = [span for span in still if span.length == length]
        total += surviving * sum(span.event == event for span in now) / len(still)
        surviving *= 1 - sum(span.event is not None for span in now) / len(still)
    return total


def differs(shares: dict[float, float], found: list[Span], event: str = RECORDED) -> bool:
    return any(abs(share - naive(found, event, length)) > 1e-12 for length, share in shares.items())


def test_the_curves_agree_with_a_naive_oracle() -> None:
    for seed in range(200):
        found = spans(seed, size=1 + seed % 60)
        assert not differs(curve(found), found)
        assert not differs(curve(found, COMPETING), found, COMPETING)


def test_censoring_that_is_counted_as_an_event_or_left_out_is_noticed() -> None:
    caught = 0
    for seed in range(20):
        found = spans(seed)
        without_open = [span for span in found if span.event is not None]
        at_zero = [span if span.event else Span(0.0, None) for span in found]
        caught += differs(curve(without_open), found) and differs(curve(at_zero), found)
    assert caught == 20


def test_the_curves_agree_with_the_library() -> None:
    codes = {RECORDED: 1, COMPETING: 2, None: 0}
    for seed in range(50):
        found = spans(seed, size=200, ties=40)
        lengths = np.array([span.length for span in found])
        with np.errstate(divide="ignore", invalid="ignore"):  # of its standard errors, where all have ended
            library = CumIncidenceRight(lengths, np.array([codes[span.event] for span in found]))
        for event in (RECORDED, COMPETING):
            ours = curve(found, event)
            for length, share in zip(library.times, library.cinc[codes[event] - 1], strict=True):
                assert ours[length] == pytest.approx(share, abs=1e-9)


def test_the_curves_never_fall_and_never_exceed_one_together() -> None:
    for seed in range(50):
        first, second = (list(curve(spans(seed), event).values()) for event in (RECORDED, COMPETING))
        assert all(later >= earlier for shares in (first, second) for earlier, later in pairwise(shares))
        assert all(a + b <= 1 + 1e-9 for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("of", [3, 2], ids=["the whole", "a part of it"])
def test_parts_give_the_curve_of_what_they_are_together(of: int) -> None:
    for seed in range(20):
        found = spans(seed)
        lengths = sorted({span.length for span in found})
        parts = [[span for span in found if span.length in lengths[begin::3]] for begin in range(of)]
        together = Courses.together(courses(part, of=found) for part in parts)
        whole = courses([span for part in parts for span in part])
        assert [part.tolist() for part in incidence(together)] == [part.tolist() for part in incidence(whole)]


def test_without_open_ones_or_competitors_the_median_is_the_plain_one() -> None:
    found = [Span(length, RECORDED) for length in (1, 2, 3, 4, 5)]
    assert quantile(found, 0.5) == 3
    assert quantile(found, 0.9) == 5


def test_a_quantile_that_is_not_reached_is_none() -> None:
    found = [Span(1, RECORDED), Span(2, COMPETING), Span(3, COMPETING), Span(4, None)]
    assert quantile(found, 0.5) is None
    assert quantile(found, 0.25) == 1
    assert quantile([], 0.5) is None


def test_not_closing_never_looks_good() -> None:
    closed = [Span(5.0, RECORDED) for _ in range(4)] + [Span(50.0, RECORDED) for _ in range(6)]
    kept_open = [span if span.length < 50 else Span(50.0, None) for span in closed]
    assert quantile(closed, 0.5) == 50
    assert quantile(kept_open, 0.5) is None
