"""How long things take when some are still open and some end otherwise: cumulative incidence (Aalen-Johansen)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

SLACK = 1e-12
"""Sums of floats reach a share up to so much."""


class Span(NamedTuple):
    """How long something was followed, and the event that ended it; None: it is still open (censored)."""

    length: float
    event: str | None


class Step(NamedTuple):
    """After `length`: the share of all that had ended with each event by then; `at_risk` were still followed."""

    length: float
    at_risk: int
    incidence: dict[str, float]


@dataclass(frozen=True, slots=True)
class Quantile:
    """The length after which a share had ended so; None with its reason where that share is never reached."""

    share: float
    value: float | None
    reason: str | None = None


def incidence(spans: Iterable[Span]) -> tuple[Step, ...]:
    """The steps of the curves, in order of length. At equal lengths events come before censoring.

    Source: Aalen and Johansen (1978), for competing events.
    """
    ordered = sorted(spans, key=lambda span: span.length)
    at_risk, surviving = len(ordered), 1.0
    reached: dict[str, float] = dict.fromkeys((span.event for span in ordered if span.event is not None), 0.0)
    steps: list[Step] = []
    for length, together in groupby(ordered, key=lambda span: span.length):
        ended = Counter(span.event for span in together)
        gone = ended.total()
        open_still = ended.pop(None, 0)
        for event, count in ended.items():
            if event is not None:
                reached[event] += surviving * count / at_risk
        surviving *= 1 - (gone - open_still) / at_risk
        steps.append(Step(length, at_risk, dict(reached)))
        at_risk -= gone
    return tuple(steps)


def quantile(steps: Sequence[Step], event: str, share: float) -> Quantile:
    """When `share` (above 0, at most 1) of all had ended with the event."""
    if not 0 < share <= 1:
        raise ValueError("a share lies above 0 and is at most 1")
    for step in steps:
        if step.incidence.get(event, 0.0) >= share - SLACK:
            return Quantile(share, step.length)
    if not steps:
        return Quantile(share, None, "there is nothing to follow")
    reached = steps[-1].incidence.get(event, 0.0)
    return Quantile(share, None, f"only {reached:.1%} had ended with {event} by the end of what was followed")
