"""What an inspection found, as it is stored when it concludes: rates with both intervals, counts, agreement."""

from domain.event import Fact
from domain.inspection.scope import Stratum
from domain.inspection.statistics.proportion import Interval


class Bounds(Fact):
    """An interval; a bound that does not exist is null."""

    low: float | None
    high: float | None

    @classmethod
    def of(cls, interval: Interval) -> "Bounds":
        """The same, to be stored."""
        return cls(low=interval.low, high=interval.high)


class Rate(Fact):
    """k of n, as a share with both intervals; null with the reason where n is 0. `effective_size`: after correction."""

    k: int
    n: int
    rate: float | None = None
    wilson: Bounds | None = None
    wald: Bounds | None = None
    effective_size: float | None = None
    reason: str | None = None


class StratumFindings(Fact):
    """A stratum: its reports, how many were audited, what of them should be recorded and was, and what else was found.

    `over_recorded`: recorded, and should not be. The intervals are corrected for the part of the stratum audited.
    """

    stratum: Stratum
    reports: int
    audited: int
    recorded: Rate
    over_recorded: Rate
    right_class: Rate
    in_time: Rate
    cancelled_rightly: Rate
    victim_told: Rate


class OverallFindings(Fact):
    """The weighted rate of all strata; null with the reason where it cannot be told."""

    rate: float | None = None
    wilson: Bounds | None = None
    wald: Bounds | None = None
    effective_size: float | None = None
    weights: dict[str, float] | None = None
    reason: str | None = None


class EstimatedCrimes(Fact):
    """A number of crimes with the interval that the printed one of the rate gives; null with the reason."""

    value: int | None = None
    low: int | None = None
    high: int | None = None
    formula: str
    recorded_crime: int | None = None
    source: str | None = None
    reason: str | None = None


class Agreement(Fact):
    """How far two reviewers agreed on a question beyond chance (Cohen's kappa), before differences were resolved."""

    question: str
    pairs: int
    agreed: int
    kappa: float | None = None
    standard_error: float | None = None
    reason: str | None = None
