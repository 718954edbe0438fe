"""Cumulative incidence and kappa, against an independent library and a naive oracle."""

import random
from itertools import pairwise

import numpy
import pytest
from statsmodels.duration.survfunc import CumIncidenceRight
from statsmodels.stats.inter_rater import cohens_kappa

from domain.inspection.statistics.agreement import NO_PAIRS, NO_VARIETY, kappa
from domain.inspection.statistics.incidence import Span, Step, incidence, quantile

EVENTS = ("recorded", "declined", "n100")


def spans(seed: int, *, size: int = 60, ties: int = 12) -> list[Span]:
    draw = random.Random(seed)
    return [Span(float(draw.randint(0, ties)), draw.choice([*EVENTS, "recorded", None])) for _ in range(size)]


def naive(found: list[Span], event: str, upto: float) -> float:
    """Each length in turn: those who survived until then, times the part of them that ends so."""
    total, surviving = 0.0, 1.0
    for length in sorted({span.length for span in found if span.length <= upto}):
        still = [span for span in found if span.length >= length]
        now = [span for span in still if span.length == length]
        total += surviving * sum(span.event == event for span in now) / len(still)
        surviving *= 1 - sum(span.event is not None for span in now) / len(still)
    return total


def differs(steps: tuple[Step, ...], found: list[Span]) -> bool:
    return any(
        abs(step.incidence.get(event, 0.0) - naive(found, event, step.length)) > 1e-12
        for step in steps
        for event in EVENTS
    )


def test_the_curves_agree_with_a_naive_oracle() -> None:
    for seed in range(200):
        found = spans(seed, size=1 + seed % 60)
        assert not differs(incidence(found), found)


def test_censoring_that_is_counted_as_an_event_or_left_out_is_noticed() -> None:
    caught = 0
    for seed in range(20):
        found = spans(seed)
        without_open = [span for span in found if span.event is not None]
        at_zero = [span if span.event else Span(0.0, None) for span in found]
        caught += differs(incidence(without_open), found) and differs(incidence(at_zero), found)
    assert caught == 20


def test_the_curves_agree_with_the_library() -> None:
    codes = {event: number for number, event in enumerate(EVENTS, start=1)}
    for seed in range(50):
        found = spans(seed, size=200, ties=40)
        lengths = numpy.array([span.length for span in found])
        with numpy.errstate(divide="ignore", invalid="ignore"):  # of its standard errors, where all have ended
            library = CumIncidenceRight(lengths, numpy.array([codes.get(span.event or "", 0) for span in found]))
        steps = {step.length: step.incidence for step in incidence(found)}
        for event, number in codes.items():
            for length, share in zip(library.times, library.cinc[number - 1], strict=True):
                assert steps[length][event] == pytest.approx(share, abs=1e-9)


def test_the_curves_never_fall_and_never_exceed_one_together() -> None:
    for seed in range(50):
        steps = incidence(spans(seed))
        assert all(b.incidence[e] >= a.incidence[e] for a, b in pairwise(steps) for e in a.incidence)
        assert all(sum(step.incidence.values()) <= 1 + 1e-9 for step in steps)


def test_without_open_ones_or_competitors_the_median_is_the_plain_one() -> None:
    steps = incidence([Span(length, "recorded") for length in (1, 2, 3, 4, 5)])
    assert quantile(steps, "recorded", 0.5).value == 3
    assert quantile(steps, "recorded", 0.9).value == 5


def test_a_quantile_that_is_not_reached_is_none_and_says_why() -> None:
    steps = incidence([Span(1, "recorded"), Span(2, "declined"), Span(3, "declined"), Span(4, None)])
    found = quantile(steps, "recorded", 0.5)
    assert found.value is None
    assert found.reason == "only 25.0% had ended with recorded by the end of what was followed"
    assert quantile((), "recorded", 0.5).reason == "there is nothing to follow"
    assert quantile(steps, "recorded", 0.25).value == 1
    with pytest.raises(ValueError, match="a share lies"):
        quantile(steps, "recorded", 0)


def test_not_closing_never_looks_good() -> None:
    closed = [Span(5.0, "recorded") for _ in range(4)] + [Span(50.0, "recorded") for _ in range(6)]
    kept_open = [span if span.length < 50 else Span(50.0, None) for span in closed]
    assert quantile(incidence(closed), "recorded", 0.5).value == 50
    assert quantile(incidence(kept_open), "recorded", 0.5).value is None


def test_kappa_agrees_with_the_library() -> None:
    answers = (True, False, None)
    for seed in range(100):
        draw = random.Random(seed)
        pairs = [(first := draw.choice(answers), draw.choice([first, *answers])) for _ in range(80)]
        table = [[sum(pair == (a, b) for pair in pairs) for b in answers] for a in answers]
        library, ours = cohens_kappa(numpy.array(table)), kappa(pairs)
        assert ours.value == pytest.approx(library.kappa, abs=1e-9)
        assert ours.standard_error == pytest.approx(library.std_kappa, abs=1e-9)
        assert (ours.pairs, ours.agreed) == (80, sum(a == b for a, b in pairs))
        assert ours.value != pytest.approx(ours.agreed / ours.pairs, abs=1e-9)  # plain agreement is something else


def test_kappa_is_undefined_without_variety_or_pairs() -> None:
    same = kappa([(True, True)] * 5)
    assert (same.value, same.reason, same.agreed) == (None, NO_VARIETY, 5)
    assert kappa([]).reason == NO_PAIRS
    assert kappa([(True, True), (False, False)]).value == 1
    assert kappa([(True, False), (False, True)]).value == -1
