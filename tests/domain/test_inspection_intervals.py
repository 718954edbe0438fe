"""The intervals agree with an independent library, with what was published, and cover as often as they claim."""

import random
from collections.abc import Callable
from math import comb, isclose, sqrt

import numpy
import pytest
from statsmodels.stats.proportion import proportion_confint, samplesize_confint_proportion

from domain.inspection.statistics.funnel import funnel
from domain.inspection.statistics.proportion import (
    Interval,
    Method,
    corrected_size,
    coverage,
    effective_size,
    interval,
    sample_size,
    wald,
    wald_half_width,
    wilson,
)
from domain.inspection.statistics.stratified import Sampled, effective, rate, stratified_interval, variance
from domain.inspection.statistics.unrecorded import (
    FORMULA,
    NOTE,
    additional,
    additional_interval,
    base_of,
    unrecorded,
    unrecorded_interval,
)

SIZES = (1, 2, 3, 5, 14, 17, 19, 33, 84, 85, 200, 580, 1071, 1872, 10_000)
LIBRARY = {Method.WILSON: "wilson", Method.WALD: "normal"}


def grid() -> list[tuple[int, int]]:
    return [(k, n) for n in SIZES for k in sorted({0, 1, n // 7, n // 3, n // 2, (9 * n) // 10, n - 1, n})]


def differing(make: "type[object] | object", method: Method) -> list[tuple[int, int]]:
    found = []
    for k, n in grid():
        ours = make(k, n)  # type: ignore[operator]
        low, high = proportion_confint(k, n, alpha=0.05, method=LIBRARY[method])
        if not (isclose(ours.low, low, abs_tol=1e-9) and isclose(ours.high, high, abs_tol=1e-9)):
            found.append((k, n))
    return found


@pytest.mark.parametrize(("method", "make"), [(Method.WILSON, wilson), (Method.WALD, wald)])
def test_an_interval_agrees_with_the_library_over_a_grid(method: Method, make: object) -> None:
    assert differing(make, method) == []


def test_a_wrong_interval_is_noticed() -> None:
    def rounded_deviate(k: int, n: int) -> Interval:
        return wilson(k, n, 1.96)

    assert len(differing(rounded_deviate, Method.WILSON)) > len(grid()) / 2
    assert len(differing(wald, Method.WILSON)) > len(grid()) / 2


def test_an_interval_takes_only_a_share() -> None:
    for k, n in ((1, 0), (-1, 5), (6, 5), (1, float("nan"))):
        with pytest.raises(ValueError, match="a share takes"):
            wilson(k, n)


# Force inspections with interval and estimate: rate %, ± points, U, implied R, effective size.
PUBLISHED = {
    "Durham 2017": (91.5, 1.67, 4_700, 50_594, 1_071),
    "Kent 2017": (83.6, 1.85, 24_300, 123_871, 1_539),
    "Kent 2017, violent": (79.2, 3.26, None, None, 595),
    "Leicestershire 2017": (75.8, 1.94, 21_200, 66_403, 1_872),
    "Leicestershire 2017, violent": (65.8, 3.25, None, None, 818),
    "Derbyshire 2018": (65.3, 2.16, 30_300, 57_020, 1_866),
    "Derbyshire 2018, violent": (56.6, 3.3, None, None, 867),
    "Greater Manchester 2020": (77.7, None, 80_100, 279_093, None),
}


def reproduced(made: str, z: float = 1.96) -> list[str]:
    """What of a published row comes out differently."""
    percent, points, missing, base, size = PUBLISHED[made]
    r, wrong = percent / 100, []
    if points is not None and size is not None:
        if round(effective_size(r, points / 100, z)) != size:
            wrong.append("effective size")
        if abs(100 * wald_half_width(r * size, size, z) - points) >= 0.005:
            wrong.append("± points")
    if missing is not None and base is not None:
        if round(unrecorded(base, r) or 0, -2) != missing:
            wrong.append("unrecorded")
        if round(base_of(missing, r)) != base:
            wrong.append("implied base")
    return wrong


@pytest.mark.parametrize("made", PUBLISHED)
def test_a_published_estimate_is_reproduced(made: str) -> None:
    assert reproduced(made) == []


def test_a_published_estimate_is_not_reproduced_by_another_deviate() -> None:
    assert "± points" in reproduced("Kent 2017", 1.645)


def test_the_other_orientation_of_the_formula_does_not_give_the_published_estimate() -> None:
    assert round(279_093 * (1 - 0.777)) == 62_238  # R(1 - r), the form that was not taken
    assert round(unrecorded(279_093, 0.777) or 0, -2) == 80_100
    assert FORMULA == "U = R × (1 − r) / r"
    assert "inferred" in NOTE


def test_leicestershire_recorded_as_many_more_as_was_published() -> None:
    assert round(additional(84_100, 0.758, 0.841) or 0, -2) == 8_300


SMALL = {
    "Cleveland 2014, recorded": (67, 85, 78.8, 69.0, 86.2),
    "Cleveland 2014, cancellations": (47, 84, 56.0, 45.3, 66.1),
    "Hampshire 2018, rape cancelled wrongly": (3, 19, 15.8, 5.5, 37.6),  # published as 16 %
    "Hampshire 2018, sexual cancelled wrongly": (9, 17, 52.9, 31.0, 73.8),  # published as 53 %
}


@pytest.mark.parametrize("audit", SMALL)
def test_the_bounds_of_a_small_audit_are_reproduced(audit: str) -> None:
    k, n, percent, low, high = SMALL[audit]
    found = wilson(k, n)
    assert (round(100 * k / n, 1), round(100 * found.low, 1), round(100 * found.high, 1)) == (percent, low, high)
    other = wald(k, n)
    assert (round(100 * other.low, 1), round(100 * other.high, 1)) != (low, high)


# Sizes from the smallest cancellation audit to that of a force, and rates in steps of 5 points.
NS = (14, 17, 19, 33, 84, 85, 150, 300, 600, 1_000)
PS = tuple(step / 20 for step in range(1, 20))


def covered(method: Method) -> list[float]:
    return [coverage(method, n, p) for n in NS for p in PS]


def honest(found: list[float]) -> bool:
    return 0.94 <= sum(found) / len(found) <= 0.96 and min(found) >= 0.92


def test_wilson_covers_as_often_as_it_claims() -> None:
    assert honest(covered(Method.WILSON))


def test_near_the_ends_wilson_covers_less_than_it_claims() -> None:
    assert min(coverage(Method.WILSON, n, step / 1_000) for n in (14, 19, 33) for step in range(1, 50)) < 0.85


def test_wald_does_not_and_that_is_noticed() -> None:
    found = covered(Method.WALD)
    assert not honest(found)
    assert min(found) < 0.75


def drawn_binomial(draw: random.Random, n: int, p: float) -> int:
    return sum(draw.random() < p for _ in range(n))


def off(hits: int, runs: int, exact: float) -> float:
    """How many simulation standard errors a simulated coverage lies from the exact one."""
    return abs(hits / runs - exact) / sqrt(exact * (1 - exact) / runs)


def test_a_simulation_finds_the_exact_coverage() -> None:
    draw, runs = random.Random(20201210), 2_000
    for method in Method:
        for n, p in ((14, 0.5), (19, 0.16), (33, 0.95), (85, 0.78), (150, 0.9)):
            hits = sum(interval(method, drawn_binomial(draw, n, p), n).covers(p) for _ in range(runs))
            exact = coverage(method, n, p)
            assert off(hits, runs, exact) <= 3, (method, n, p)
            assert off(hits, runs, exact - 0.04) > 3  # another coverage would be noticed


def far_off(method: Method, runs: int, exact: Callable[[Method, int, float], float] = coverage) -> list[float]:
    """How far each simulated coverage of the grid lies from the exact one, in simulation standard errors."""
    draw, found = numpy.random.default_rng(20201210), []
    for n in NS:
        intervals = [interval(method, k, n) for k in range(n + 1)]
        for p in PS:
            covers = numpy.array([each.covers(p) for each in intervals])
            hits, true = int(covers[draw.binomial(n, p, runs)].sum()), min(exact(method, n, p), 1.0)
            found.append(off(hits, runs, true) if true < 1 - 1e-9 else float(hits != runs))
    return found


@pytest.mark.parametrize("method", Method)
def test_a_simulation_finds_the_exact_coverage_over_the_whole_grid(method: Method) -> None:
    found = far_off(method, 5_000)
    # Of 190 comparisons with chance alone, one in 370 lies beyond 3.
    assert sum(each > 3 for each in found) <= 3
    assert max(found) < 4.5
    other = far_off(method, 5_000, lambda method, n, p: coverage(method, n, p) - 0.02)
    assert sum(each > 3 for each in other) > len(other) / 2  # another coverage is noticed


def of_finite(n: int, population: int, holding: int, *, corrected: bool = True) -> float:
    """The exact coverage over samples drawn without putting back: the sum over the hypergeometric distribution."""
    p, found = holding / population, 0.0
    for k in range(max(0, n - population + holding), min(n, holding) + 1):
        chance = comb(holding, k) * comb(population - holding, n - k) / comb(population, n)
        own = Sampled(1.0, k, n, population if corrected else None).interval(Method.WILSON)
        found += chance * own.covers(p)
    return found


def test_the_interval_of_a_large_part_of_the_whole_is_narrower_and_still_honest() -> None:
    found = [of_finite(100, 200, holding) for holding in range(20, 181, 4)]
    assert 0.94 <= sum(found) / len(found) <= 0.96
    assert min(found) >= 0.92
    without = [of_finite(100, 200, holding, corrected=False) for holding in range(20, 181, 4)]
    assert sum(without) / len(without) > 0.98  # uncorrected it claims too little


def test_a_census_is_certain_and_a_sample_is_never_larger_than_the_whole() -> None:
    assert corrected_size(200, 200) is None
    assert Sampled(1.0, 150, 200, 200).interval(Method.WILSON) == Interval(0.75, 0.75)
    assert corrected_size(10, None) == 10
    with pytest.raises(ValueError, match="not larger"):
        corrected_size(11, 10)


WEIGHTS = (0.35, 0.05, 0.60)


def design(ks: tuple[int, int, int], ns: tuple[int, int, int]) -> list[Sampled]:
    return [Sampled(weight, k, n) for weight, k, n in zip(WEIGHTS, ks, ns, strict=True)]


def stratified_coverage(method: Method, ns: tuple[int, int, int], ps: tuple[float, float, float]) -> float:
    """The exact coverage of the weighted rate: the sum over all outcomes of three strata."""
    truth = sum(weight * p for weight, p in zip(WEIGHTS, ps, strict=True))
    chances = [[(k, comb(n, k) * p**k * (1 - p) ** (n - k)) for k in range(n + 1)] for n, p in zip(ns, ps, strict=True)]
    likely = [[(k, chance) for k, chance in stratum if chance > 1e-7] for stratum in chances]
    return sum(
        a * b * c * stratified_interval(method, design((i, j, k), ns)).covers(truth)
        for i, a in likely[0]
        for j, b in likely[1]
        for k, c in likely[2]
    )


DESIGNS = [
    ((20, 20, 20), (0.6, 0.7, 0.9)),
    ((30, 15, 25), (0.75, 0.5, 0.8)),
    ((25, 25, 14), (0.9, 0.95, 0.9)),
    ((14, 14, 30), (0.5, 0.5, 0.5)),
    ((30, 14, 30), (0.79, 0.84, 0.66)),
]


def test_the_stratified_interval_covers_as_often_as_it_claims() -> None:
    found = [stratified_coverage(Method.WILSON, ns, ps) for ns, ps in DESIGNS]
    assert all(0.93 <= each <= 0.975 for each in found), found
    assert 0.94 <= sum(found) / len(found) <= 0.965, found
    wald_finds = [stratified_coverage(Method.WALD, ns, ps) for ns, ps in DESIGNS]
    assert min(wald_finds) < 0.93, wald_finds


def test_a_simulation_finds_the_exact_stratified_coverage() -> None:
    draw, runs = random.Random(4_700), 2_000
    for ns, ps in DESIGNS:
        truth = sum(weight * p for weight, p in zip(WEIGHTS, ps, strict=True))
        for method in Method:
            hits = 0
            for _ in range(runs):
                ks = tuple(drawn_binomial(draw, n, p) for n, p in zip(ns, ps, strict=True))
                hits += stratified_interval(method, design(ks, ns)).covers(truth)
            exact = stratified_coverage(method, ns, ps)
            assert off(hits, runs, exact) <= 3, (method, ns)
            assert off(hits, runs, exact - 0.04) > 3


def test_one_stratum_is_a_plain_sample() -> None:
    for method in Method:
        alone = stratified_interval(method, [Sampled(1.0, 67, 85)])
        plain = interval(method, 67, 85)
        assert alone.low == pytest.approx(plain.low)
        assert alone.high == pytest.approx(plain.high)
    assert effective([Sampled(1.0, 67, 85)]) == pytest.approx(85)


def test_a_weighted_rate_is_not_the_pooled_one() -> None:
    strata = [Sampled(0.2, 40, 100), Sampled(0.8, 90, 100)]
    assert rate(strata) == pytest.approx(0.8)
    assert variance(strata) == pytest.approx(0.04 * 0.4 * 0.6 / 100 + 0.64 * 0.9 * 0.1 / 100)
    assert effective(strata) == pytest.approx(0.16 / variance(strata))
    pooled = (40 + 90) / 200
    assert not stratified_interval(Method.WILSON, strata).covers(pooled)


def test_unequal_sampling_costs_size_and_proportional_does_not() -> None:
    equal = effective([Sampled(0.5, 80, 100), Sampled(0.5, 80, 100)])
    skewed = effective([Sampled(0.9, 80, 100), Sampled(0.1, 80, 100)])
    assert equal == pytest.approx(200)
    assert skewed is not None
    assert skewed < 125


def test_an_interval_does_not_close_where_nothing_varied() -> None:
    strata = [Sampled(0.5, 5, 5), Sampled(0.5, 0, 5)]
    assert effective(strata) is None
    assert stratified_interval(Method.WALD, strata) == Interval(0.5, 0.5)
    found = stratified_interval(Method.WILSON, strata)
    assert found.high - found.low > 0.3


def test_weights_sum_to_one() -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        rate([Sampled(0.5, 1, 2), Sampled(0.6, 1, 2)])


def test_a_sample_size_reaches_its_target_and_one_less_does_not() -> None:
    for half in (0.01, 0.02, 0.05):
        for p in (0.5, 0.777, 0.95):
            n = sample_size(half, p)
            assert n == max(1, int(-(-samplesize_confint_proportion(p, half) // 1)))
            assert wald_half_width(p * n, n) <= half + 1e-12
            assert wald_half_width(p * (n - 1), n - 1) > half


def test_a_sample_of_a_finite_whole_is_smaller_and_at_most_the_whole() -> None:
    for population in (1, 30, 400, 5_000, 300_000):
        n = sample_size(0.03, 0.8, population)
        assert 1 <= n <= population
        size = corrected_size(n, population)
        assert size is None or wald_half_width(0.8 * size, size) <= 0.03 + 1e-12
        less = corrected_size(n - 1, population) if n > 1 else None
        assert less is None or wald_half_width(0.8 * less, less) > 0.03
    assert sample_size(0.03, 0.8, 0) == 0
    with pytest.raises(ValueError, match="half-width"):
        sample_size(0.0)


def test_the_interval_of_the_unrecorded_is_that_of_the_rate_turned_round() -> None:
    found = unrecorded_interval(100_000, Interval(0.75, 0.8))
    assert (found.low, found.high) == (pytest.approx(25_000), pytest.approx(100_000 / 3))
    assert unrecorded_interval(100_000, Interval(0.0, 0.5)) == Interval(100_000, None)
    assert unrecorded(100_000, 0) is None
    assert unrecorded(100_000, 1) == 0


def test_what_was_recorded_additionally_lies_in_its_interval() -> None:
    before, now = wilson(1_419, 1_872), wilson(1_574, 1_872)
    found = additional_interval(84_100, 1_419 / 1_872, before, 1_574 / 1_872, now)
    assert found.covers(additional(84_100, 1_419 / 1_872, 1_574 / 1_872) or 0)
    assert 5_000 < (found.low or 0) < (found.high or 0) < 12_000
    assert additional(84_100, 0.5, 0) is None


def test_the_interval_of_what_was_additional_covers_as_often_as_it_claims() -> None:
    draw, runs, n, before, now = random.Random(8_300), 1_500, 300, 0.758, 0.841
    truth, hits, naive = 1 - before / now, 0, 0
    for _ in range(runs):
        k1, k2 = (sum(draw.random() < p for _ in range(n)) for p in (before, now))
        found = additional_interval(1, k1 / n, wilson(k1, n), k2 / n, wilson(k2, n))
        hits += found.covers(truth)
        naive += abs(1 - (k1 / n) / (k2 / n) - truth) <= wald_half_width(k1, n)  # one rate's width is too little
    allowed = 3 * sqrt(0.95 * 0.05 / runs)
    assert abs(hits / runs - 0.95) <= allowed
    assert naive / runs < 0.95 - allowed


def test_funnel_limits_are_those_of_the_formula() -> None:
    found = funnel(0.2, 400)
    assert found == pytest.approx((0.2 - 0.0618, 0.2 - 0.0392, 0.2 + 0.0392, 0.2 + 0.0618))
    assert [found.place(rate) for rate in (0.2, 0.25, 0.3)] == ["inside", "beyond_warning", "beyond_action"]
    assert funnel(0.001, 10).action_low == 0.0
    with pytest.raises(ValueError, match="a funnel takes"):
        funnel(0.5, 0)
