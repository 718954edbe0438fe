"""The naive oracle of a waiting time: the product-limit estimate, over each distinct time anew, in exact fractions."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

Course = tuple[Fraction, str]
"""How long it was followed, in the unit of the figure, and whether it was `recorded`, is `competing` or `open`."""
STATES = ("recorded", "competing", "open")


def delay(courses: Sequence[Course]) -> dict[str, Any]:
    """The figure but for what is excluded, and for the mean of what is done."""
    courses = [(max(waited, Fraction(0)), state) for waited, state in courses]
    median, p90 = (_quantile(courses, share) for share in (Fraction(1, 2), Fraction(9, 10)))
    recorded, competing, still_open = (sum(state == each for _, state in courses) for each in STATES)
    return {
        "value": median,
        "median": median,
        "p90": p90,
        "numerator": recorded,
        "denominator": len(courses),
        "competing": competing,
        "open": still_open,
    }


def _quantile(courses: Sequence[Course], share: Fraction) -> float | None:
    waiting, incidence = Fraction(1), Fraction(0)
    for end in sorted({waited for waited, _ in courses}):
        at_risk = sum(waited >= end for waited, _ in courses)
        recorded = sum(waited == end and state == "recorded" for waited, state in courses)
        left = sum(waited == end and state != "open" for waited, state in courses)
        incidence += waiting * Fraction(recorded, at_risk)
        waiting *= 1 - Fraction(left, at_risk)
        if incidence >= share:
            return round(float(end), 4)
    return None
