"""One proportion: its intervals, how good they are, and how many items a target takes."""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil, comb, sqrt
from statistics import NormalDist

Z95 = NormalDist().inv_cdf(0.975)
"""The normal deviate of 95 %. Published figures use 1.96."""
PUBLISHED_Z = 1.96


class Method(StrEnum):
    """How an interval is made: by Wilson's score, or by Wald's normal approximation (the published `± points`)."""

    WILSON = "wilson"
    WALD = "wald"


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`, both included; a bound that does not exist is None."""

    low: float | None
    high: float | None

    def covers(self, value: float) -> bool:
        """Whether the value lies within."""
        return (self.low is None or self.low <= value) and (self.high is None or value <= self.high)


def wilson(k: float, n: float, z: float = Z95) -> Interval:
    """Wilson's score interval of k out of n > 0, from 0 to 1. `n` may be an effective size. Source: Wilson (1927)."""
    p = _share(k, n)
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # At the ends the two terms are equal, and only rounding would say otherwise.
    return Interval(0.0 if k == 0 else max(0.0, middle - half), 1.0 if k == n else min(1.0, middle + half))


def wald(k: float, n: float, z: float = Z95) -> Interval:
    """The normal approximation p ± z √(p(1-p)/n), cut to 0 … 1. Its half-width is what was published as ± points."""
    p, half = _share(k, n), wald_half_width(k, n, z)
    return Interval(max(0.0, p - half), min(1.0, p + half))


def wald_half_width(k: float, n: float, z: float = Z95) -> float:
    """z √(p(1-p)/n) as a share: 0.0167 is printed as ± 1.67 points."""
    p = _share(k, n)
    return z * sqrt(p * (1 - p) / n)


def interval(method: Method, k: float, n: float, z: float = Z95) -> Interval:
    """The interval of that method."""
    return wilson(k, n, z) if method is Method.WILSON else wald(k, n, z)


def corrected_size(n: float, population: float | None) -> float | None:
    """The size that tells as much without end as `n` of a finite population: n (N - 1) / (N - n).

    None for a census, about which nothing is uncertain; `population` None: without end. Source: Cochran (1977), 2.
    """
    if population is None:
        return n
    if population < n:
        raise ValueError("a sample is not larger than what it is drawn from")
    return None if population == n else n * (population - 1) / (population - n)


def effective_size(rate: float, half_width: float, z: float = PUBLISHED_Z) -> float:
    """The size of a simple sample that would give the half-width: z² r (1 - r) / half-width² (shares, not points)."""
    return z * z * rate * (1 - rate) / half_width**2


def sample_size(half_width: float, rate: float = 0.5, population: int | None = None, z: float = Z95) -> int:
    """How many items give that half-width (a share) at the rate that is expected, at least 1, at most all of them."""
    if not 0 < half_width < 1 or not 0 <= rate <= 1:
        raise ValueError("a half-width lies between 0 and 1, and so does a rate")
    size = z * z * rate * (1 - rate) / half_width**2
    if population is None:
        return max(1, ceil(size - 1e-9))
    if population == 0:
        return 0
    # The half-width of n out of N is that of n (N - 1) / (N - n): solved for n.
    size = size * population / (size + population - 1)
    return min(population, max(1, ceil(size - 1e-9)))


def coverage(method: Method, n: int, p: float, z: float = Z95) -> float:
    """How often the interval of k out of n covers p: the exact sum over the binomial distribution."""
    chances = (comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1))
    return sum(chance for k, chance in enumerate(chances) if interval(method, k, n, z).covers(p))


def _share(k: float, n: float) -> float:
    if not n > 0 or not 0 <= k <= n:
        raise ValueError("a share takes 0 ≤ k ≤ n and n > 0")
    return k / n
