"""What is asked of a metric. Apart from the counting, so that asking does not load what counts."""

from dataclasses import dataclass
from datetime import date, datetime

from adapters.postgres.periods import PERIODS
from application.known_at import KnownAt
from projections.metrics.kinds import Metric, Stock

MONTH = "month"
MOST_DIMENSIONS = 2
Cell = tuple[tuple[str, str], ...]
"""Members of dimensions, such as (("month", "2026-03"), ("force", "kent"))."""


class BadQuestion(ValueError):
    """The parameters do not fit the metric; the message says which do."""


@dataclass(frozen=True, slots=True)
class Question:
    """A figure's identity: metric, parameters and what is to be known. `min_position`: read your own writes.

    `positions`: whether whoever asks is told positions of the log. If not, nothing in the answer, and nothing about
    when there is one, depends on what is written beside the streams that the metric counts. `besides`: streams that are
    not counted, because whoever asks must not know of them.
    """

    metric: Metric
    force: str | None = None
    since: date | None = None
    until: date | None = None
    by: str | None = None
    as_of: datetime | None = None
    known_at: KnownAt | None = None
    min_position: int = 0
    wait: float = 0.0
    positions: bool = True
    cell: Cell = ()
    besides: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse what cannot be asked of this metric."""
        metric = self.metric
        possible = dimensions_of(metric)
        for dimension in (*self.dimensions, *(dimension for dimension, _ in self.cell)):
            if dimension not in possible:
                raise BadQuestion(f"by: {metric.name} can be broken down by {', '.join(possible)}; not by {dimension}")
        if len(self.dimensions) > MOST_DIMENSIONS or len(set(self.dimensions)) < len(self.dimensions):
            raise BadQuestion("by: name one dimension, or two with a comma between them, such as month,force")
        if isinstance(metric, Stock) and (self.since or self.until):
            raise BadQuestion(f"{metric.name} is a stock at one moment; ask with as_of, not with since or until")
        if not isinstance(metric, Stock) and self.as_of:
            raise BadQuestion(f"{metric.name} counts what happened in a period; ask with since and until, not as_of")
        if self.since and self.until and self.since >= self.until:
            raise BadQuestion("since must lie before until; until is the first day that is no longer counted")

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What it is broken down by."""
        return tuple(self.by.split(",")) if self.by else ()


def dimensions_of(metric: Metric) -> tuple[str, ...]:
    """What a metric can be broken down by: what can be by month can be by any period."""
    names = [each for name in metric.dimensions for each in (PERIODS if name == MONTH else (name,))]
    return tuple(dict.fromkeys(names))
