"""How long things take when some are still open and some end otherwise: cumulative incidence (Aalen-Johansen)."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Waits = NDArray[np.float64]
Mask = NDArray[np.bool_]
SLACK = 1e-12
"""Sums of floats reach a share up to so much."""


class Courses(NamedTuple):
    """How long each was followed, the shortest first, and which ended `recorded` or otherwise; the rest are open."""

    waits: Waits
    recorded: Mask
    competing: Mask

    @classmethod
    def together(cls, parts: Iterable["Courses"]) -> "Courses":
        """All of them."""
        given = [*parts]
        if len(given) < 2:
            return given[0] if given else NO_COURSES
        waits, recorded, competing = (np.concatenate(column) for column in zip(*given, strict=True))
        order = np.argsort(waits)
        return cls(waits[order], recorded[order], competing[order])


NO_COURSES = Courses(np.empty(0), np.empty(0, np.bool_), np.empty(0, np.bool_))


def incidence(courses: Courses) -> tuple[Waits, Waits]:
    """The distinct waits in order, and the share of all that had been `recorded` by each of them.

    Aalen and Johansen (1978), with one competing event; what is open is censored. At equal waits events come before
    censoring.
    """
    waits, size = courses.waits, len(courses.waits)
    if not size:
        return waits, waits
    at = np.flatnonzero(np.append(True, waits[1:] != waits[:-1]))  # where each wait begins
    at_risk, left_after = size - at, size - np.append(at[1:], size)
    now = _each(courses.recorded, at)
    # Survival is the share still followed, corrected at each time at which some went unobserved: where nobody did,
    # the counts are whole numbers and nothing is rounded.
    followed = at_risk - now - _each(courses.competing, at)
    lost = np.where(followed > 0, left_after / np.maximum(followed, 1), 1.0)
    weight = np.append(1.0, 1.0 / np.cumprod(np.where(lost[:-1] > 0, lost[:-1], 1.0)))
    return waits[at], np.cumsum(now * weight) / size


def incidence_quantiles(courses: Courses, quantiles: Sequence[tuple[str, float]]) -> dict[str, float | None]:
    """The waits by which the cumulative incidence of `recorded` reaches each quantile; None where it does not."""
    times, shares = incidence(courses)
    found: dict[str, float | None] = {}
    for name, share in quantiles:
        place = int(np.searchsorted(shares, share - SLACK))  # shares never fall
        found[name] = float(times[place]) if place < len(times) else None
    return found


def _each(holds: Mask, at: NDArray[np.int64]) -> NDArray[Any]:
    """Of how many it holds from each place to before the next."""
    upto = np.append(0, np.cumsum(holds))
    return np.diff(upto[np.append(at, len(holds))])
