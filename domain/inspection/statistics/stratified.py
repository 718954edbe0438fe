"""A rate over strata that were sampled more or less densely: weighted, never pooled."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from domain.inspection.statistics.proportion import Z95, Interval, Method, corrected_size, interval


@dataclass(frozen=True, slots=True)
class Sampled:
    """A stratum: k of n hold; `weight` is its share of the whole (all sum to 1); `population`: what n is drawn from."""

    weight: float
    k: float
    n: float
    population: float | None = None

    @property
    def rate(self) -> float:
        """k / n."""
        return self.k / self.n

    @property
    def size(self) -> float | None:
        """n, corrected for a finite population; None for a census."""
        return corrected_size(self.n, self.population)

    @property
    def variance(self) -> float:
        """p (1 - p) / n with the finite-population correction."""
        return 0.0 if self.size is None else self.rate * (1 - self.rate) / self.size

    def interval(self, method: Method, z: float = Z95) -> Interval:
        """The interval of its own rate; a census has none but the rate itself."""
        if self.size is None:
            return Interval(self.rate, self.rate)
        return interval(method, self.rate * self.size, self.size, z)


def rate(strata: Sequence[Sampled]) -> float:
    """Σ wₕ rₕ. A pooled k/n would be biased where strata are sampled unequally. `ValueError` unless Σ wₕ = 1."""
    if not strata or abs(sum(stratum.weight for stratum in strata) - 1) > 1e-9:
        raise ValueError("the weights of the strata must sum to 1")
    return sum(stratum.weight * stratum.rate for stratum in strata)


def variance(strata: Sequence[Sampled]) -> float:
    """Σ wₕ² rₕ(1 - rₕ)/nₕ, each with its finite-population correction. Source: Cochran (1977), 5."""
    return sum(stratum.weight**2 * stratum.variance for stratum in strata)


def effective(strata: Sequence[Sampled]) -> float | None:
    """The size of a simple sample with the same variance, r (1 - r) / variance; None where nothing varied."""
    spread = variance(strata)
    found = rate(strata)
    return found * (1 - found) / spread if spread > 0 else None


def stratified_interval(method: Method, strata: Sequence[Sampled], z: float = Z95) -> Interval:
    """The interval of the weighted rate, cut to 0 … 1.

    Wald: r ± z √variance. Wilson: the distances of each stratum's own Wilson bounds from its rate, weighted, squared
    and added; it is Wilson's interval where there is one stratum, and never closes up where all or none of a stratum
    hold. Source: Zou and Donner (2008), variance estimates recovered from the bounds.
    """
    middle = rate(strata)
    if method is Method.WALD:
        half = z * sqrt(variance(strata))
        return Interval(max(0.0, middle - half), min(1.0, middle + half))
    below = above = 0.0
    for stratum in strata:
        own = stratum.interval(Method.WILSON, z)
        assert own.low is not None
        assert own.high is not None
        below += (stratum.weight * (stratum.rate - own.low)) ** 2
        above += (stratum.weight * (own.high - stratum.rate)) ** 2
    return Interval(max(0.0, middle - sqrt(below)), min(1.0, middle + sqrt(above)))
