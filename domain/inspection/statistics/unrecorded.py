"""How many crimes went unrecorded, from a recording rate and a year's recorded crime."""

from math import sqrt

from domain.inspection.statistics.proportion import Interval

FORMULA = "U = R × (1 − r) / r"
NOTE = (
    f"{FORMULA}, R: recorded crime of the 12 months that end with the audit period, fraud excluded. The orientation of "
    "the formula is inferred: the inspectorate's notes say only that the findings of the audit are applied to R. "
    "R is taken as exact."
)
ADDITIONAL_NOTE = "additional = R × (1 − r_old / r_new), on the same base; the orientation is inferred as that of U."


def unrecorded(recorded: float, rate: float) -> float | None:
    """R (1 - r) / r crimes; None at a rate of 0, which says nothing of how many there were."""
    return recorded * (1 - rate) / rate if rate > 0 else None


def unrecorded_interval(recorded: float, of_rate: Interval) -> Interval:
    """The interval of U, from that of the rate: U falls as the rate rises. No upper bound where the rate may be 0."""
    low = None if of_rate.high is None else unrecorded(recorded, of_rate.high)
    high = None if of_rate.low is None else unrecorded(recorded, of_rate.low)
    return Interval(low, high)


def base_of(unrecorded_crimes: float, rate: float) -> float:
    """The 12-month recorded crime R that a published U and rate imply; shows plumbing only, R being made from U."""
    return unrecorded_crimes * rate / (1 - rate)


def additional(recorded: float, rate_before: float, rate_now: float) -> float | None:
    """R (1 - r_old / r_new): crimes recorded that would not have been before; negative if accuracy fell."""
    return recorded * (1 - rate_before / rate_now) if rate_now > 0 else None


def additional_interval(
    recorded: float, rate_before: float, before: Interval, rate_now: float, now: Interval
) -> Interval:
    """The interval of what was recorded additionally, from those of two independent rates.

    The ratio's bounds are recovered from theirs. Source: Donner and Zou (2012). A bound that needs a rate of 0 below
    the line does not exist.
    """
    low, high = _ratio(rate_before, before, rate_now, now)
    return Interval(
        None if high is None else recorded * (1 - high),
        None if low is None else recorded * (1 - low),
    )


def _ratio(over: float, bounds: Interval, under: float, below: Interval) -> tuple[float | None, float | None]:
    assert None not in (bounds.low, bounds.high, below.low, below.high)
    l1, u1, l2, u2 = bounds.low or 0.0, bounds.high or 0.0, below.low or 0.0, below.high or 0.0
    product = over * under
    low = high = None
    if u2 > 0 and 2 * under > u2:
        root = sqrt(max(0.0, product**2 - l1 * u2 * (2 * over - l1) * (2 * under - u2)))
        low = (product - root) / (u2 * (2 * under - u2))
    if l2 > 0:
        root = sqrt(max(0.0, product**2 - u1 * l2 * (2 * over - u1) * (2 * under - l2)))
        high = (product + root) / (l2 * (2 * under - l2))
    return low, high
