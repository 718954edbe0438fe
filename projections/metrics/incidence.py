"""How long things take when some are still open and some end otherwise: cumulative incidence (Aalen-Johansen)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Waits = NDArray[np.float64]
SLACK = 1e-12
"""Sums of floats reach a share up to so much."""


def incidence(recorded: Waits, competing: Waits, still_open: Waits) -> tuple[Waits, Waits]:
    """The distinct waits in order, and the share of all that had been `recorded` by each of them.

    Aalen and Johansen (1978), with one competing event; what is open is censored. At equal waits events come before
    censoring.
    """
    everything = np.sort(np.concatenate([recorded, competing, still_open]))
    at = np.flatnonzero(np.append(True, everything[1:] != everything[:-1])[: len(everything)])  # where each begins
    times = everything[at]
    at_risk = len(everything) - at
    left_after = np.append(at_risk[1:], 0)[: len(times)]
    gone = at_risk - left_after
    # Those of the larger group are what the other leaves.
    ended = gone - _at(still_open, times)
    now = ended - _at(competing, times) if len(recorded) > len(competing) else _at(recorded, times)
    # Survival is the share still followed, corrected at each time at which some went unobserved: where nobody did,
    # the counts are whole numbers and nothing is rounded.
    followed = at_risk - ended
    lost = np.where(followed > 0, left_after / np.maximum(followed, 1), 1.0)
    weight = np.append(1.0, 1.0 / np.cumprod(np.where(lost[:-1] > 0, lost[:-1], 1.0)))[: len(times)]
    return times, np.cumsum(now * weight) / max(len(everything), 1)


def incidence_quantiles(
    recorded: Waits, competing: Waits, still_open: Waits, quantiles: Sequence[tuple[str, float]]
) -> dict[str, float | None]:
    """The waits by which the cumulative incidence of `recorded` reaches each quantile; None where it does not."""
    times, shares = incidence(recorded, competing, still_open)
    found: dict[str, float | None] = {}
    for name, share in quantiles:
        reached = np.flatnonzero(shares >= share - SLACK)
        found[name] = float(times[reached[0]]) if len(reached) else None
    return found


def _at(waits: Waits, times: Waits) -> NDArray[Any]:
    """How many there are at each of the times, which are sorted."""
    return np.bincount(np.searchsorted(times, np.sort(waits)), minlength=len(times))
