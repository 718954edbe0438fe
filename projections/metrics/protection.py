"""Small-number protection of a figure that is published by force: what is withheld, so that no total gives it away.

A row is withheld as a whole as soon as one of its counts is small. Then as many other rows are withheld, those with the
fewest cases first, until at least two are and what they come to together is small in no count.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from domain.rules.disclosure import DisclosureRules
from projections.metrics.kinds import Delay, Metric, Mix

WITHHELD = "withheld: too few to be published, or needed to protect those that are"
FIGURES = (
    "value",
    "median",
    "p90",
    "numerator",
    "denominator",
    "competing",
    "open",
    "interval",
    "effective_size",
    "recorded_crime",
    "funnel",
)
OF_TWO_PARTS = frozenset({"share", "stockshare", "estimate", "extrapolation"})
COUNTS = ("numerator", "competing", "open")

Figure = Mapping[str, Any]


class Row(NamedTuple):
    """One line of the table: the force, its counts in a fixed order, and what is published of it."""

    force: str
    counts: tuple[int, ...]
    shown: dict[str, Any]

    @property
    def cases(self) -> int:
        """How many cases stand behind it."""
        return sum(self.counts)


def protected(metric: Metric, answer: Figure, rules: DisclosureRules) -> dict[str, Any]:
    """The table that is published: the figure of all forces together, and of each that can be shown."""
    rows = [_row(metric, each["force"], each) for each in answer["series"]]
    whole = _row(metric, "all", answer)
    withheld = _withheld(rows, whole, rules)
    table: dict[str, Any] = {
        "metric": metric.name,
        "question": metric.question,
        "unit": metric.unit,
        "definition_version": metric.definition_version,
        "all": WITHHELD if _is_small(whole, rules) else whole.shown,
        "forces": [{"force": row.force, **row.shown} for row in rows if row.force not in withheld],
        "withheld": sorted(withheld),
        "excluded": {
            reason: WITHHELD if rules.is_small(count) else count for reason, count in answer["excluded"].items()
        },
        "note": metric.note,
    }
    if isinstance(metric, Mix) and not _is_small(whole, rules):
        parts: Mapping[str, int] = answer["parts"]
        hidden = parts_withheld(parts, rules)
        table["parts"] = {name: WITHHELD if name in hidden else count for name, count in parts.items()}
    return table


def _row(metric: Metric, force: str, figure: Figure) -> Row:
    shown = {name: figure[name] for name in FIGURES if name in figure}
    if isinstance(metric, Mix):  # by force, only how many there are; of what, for all forces together
        return Row(force, (figure["denominator"],), shown)
    if isinstance(metric, Delay):
        return Row(force, tuple(figure[name] for name in COUNTS), shown)
    if metric.kind in OF_TWO_PARTS:
        return Row(force, (figure["numerator"], figure["denominator"] - figure["numerator"]), shown)
    return Row(force, (figure["denominator"] if metric.kind == "mean" else figure["numerator"],), shown)


def _withheld(rows: Sequence[Row], whole: Row, rules: DisclosureRules) -> frozenset[str]:
    small = [row for row in rows if _is_small(row, rules)]
    if not small or _is_small(whole, rules):  # without a total there is nothing to take the others from
        return frozenset(row.force for row in small)
    others = sorted((row for row in rows if row not in small), key=lambda row: (row.cases, row.force))
    hidden = list(small)
    while others and (len(hidden) < 2 or _is_small(_together(hidden), rules)):
        hidden.append(others.pop(0))
    return frozenset(row.force for row in hidden)


def _together(rows: Sequence[Row]) -> Row:
    return Row("", tuple(map(sum, zip(*(row.counts for row in rows), strict=True))), {})


def _is_small(row: Row, rules: DisclosureRules) -> bool:
    return any(map(rules.is_small, row.counts)) or rules.is_small(row.cases)


def parts_withheld(parts: Mapping[str, int], rules: DisclosureRules) -> frozenset[str]:
    """Which parts of a total are withheld: the small ones, and the next greater until they are not small together."""
    hidden = {name: count for name, count in parts.items() if rules.is_small(count)}
    others = _in_order((name, count) for name, count in parts.items() if name not in hidden and count)
    while hidden and others and (len(hidden) < 2 or rules.is_small(sum(hidden.values()))):
        name, count = others.pop(0)
        hidden[name] = count
    return frozenset(hidden)


def _in_order(parts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(parts, key=lambda part: (part[1], part[0]))
