"""How long things take when some are still open and some end otherwise: cumulative incidence (Aalen-Johansen)."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Waits = NDArray[np.float64]
Mask = NDArray[np.bool_]
SLACK = 1e-12
"""Sums of floats reach a share up to so much."""


class Courses(NamedTuple):
    """How long each was followed, the shortest first, and which ended `recorded` or otherwise; the rest are open.

    `places`: that of each in the order of all that it was counted with.
    """

    waits: Waits
    recorded: Mask
    competing: Mask
    places: NDArray[np.int64]

    @classmethod
    def together(cls, parts: Iterable["Courses"]) -> "Courses":
        """All of several that were counted with one another."""
        given = [*parts]
        if len(given) < 2:
            return given[0] if given else NO_COURSES
        waits, recorded, competing, places = (np.concatenate(column) for column in zip(*given, strict=True))
        order = np.empty(int(places.max()) + 1, np.int64)
        if len(order) == len(places):
            order[places] = np.arange(len(places))
        else:
            order = np.argsort(places)
        return cls(waits.take(order), recorded.take(order), competing.take(order), places.take(order))


NO_COURSES = Courses(np.empty(0), np.empty(0, np.bool_), np.empty(0, np.bool_), np.empty(0, np.int64))


def incidence(courses: Courses) -> tuple[Waits, Waits]:
    """The distinct waits in order, and the share of all that had been `recorded` by each of them.

    Aalen and Johansen (1978), with one competing event; what is open is censored. At equal waits events come before
    censoring.
    """
    waits, size = courses.waits, len(courses.waits)
    if not size:
        return waits, waits
    last = np.append(np.flatnonzero(waits[1:] != waits[:-1]), size - 1)  # where each wait ends
    recorded = np.cumsum(courses.recorded).take(last)
    left_after = size - 1 - last
    at_risk = np.append(size, left_after[:-1])
    ended = recorded + np.cumsum(courses.competing).take(last)
    if int(ended[-1]) == size:
        return waits.take(last), recorded / size
    # Survival is the share still followed, corrected at each time at which some went unobserved: where nobody did,
    # the counts are whole numbers and nothing is rounded.
    followed = at_risk - np.diff(ended, prepend=0)
    lost = np.where(followed > 0, left_after / np.maximum(followed, 1), 1.0)
    weight = np.append(1.0, 1.0 / np.cumprod(np.where(lost[:-1] > 0, lost[:-1], 1.0)))
    return waits.take(last), np.cumsum(np.diff(recorded, prepend=0) * weight) / size


def incidence_quantiles(courses: Courses, quantiles: Sequence[tuple[str, float]]) -> dict[str, float | None]:
    """The waits by which the cumulative incidence of `recorded` reaches each quantile; None where it does not."""
    times, shares = incidence(courses)
    found: dict[str, float | None] = {}
    for name, share in quantiles:
        place = int(np.searchsorted(shares, share - SLACK))  # shares never fall
        found[name] = float(times[place]) if place < len(times) else None
    return found
