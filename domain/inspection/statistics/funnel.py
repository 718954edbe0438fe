"""Funnel limits: how far a rate may lie from the common one by chance alone, given its size."""

from math import sqrt
from typing import NamedTuple

WARNING, ACTION = 1.96, 3.09
"""About 95 % and 99.8 % of rates lie within them if all differ by chance only."""


class Funnel(NamedTuple):
    """The limits around a common rate, cut to 0 … 1: the inner pair at 1.96, the outer at 3.09 standard deviations."""

    action_low: float
    warning_low: float
    warning_high: float
    action_high: float

    def place(self, rate: float) -> str:
        """`inside`, `beyond_warning` or `beyond_action`."""
        if self.warning_low <= rate <= self.warning_high:
            return "inside"
        return "beyond_warning" if self.action_low <= rate <= self.action_high else "beyond_action"


def funnel(p: float, n: int) -> Funnel:
    """The limits p ± 1.96 and ± 3.09 √(p(1-p)/n) for a body of size n ≥ 1. Source: Spiegelhalter (2005)."""
    if n < 1 or not 0 <= p <= 1:
        raise ValueError("a funnel takes a rate from 0 to 1 and a size of at least 1")
    spread = sqrt(p * (1 - p) / n)
    return Funnel(
        max(0.0, p - ACTION * spread),
        max(0.0, p - WARNING * spread),
        min(1.0, p + WARNING * spread),
        min(1.0, p + ACTION * spread),
    )
