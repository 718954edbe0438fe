"""Agreement of two reviewers beyond chance: Cohen's kappa."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import sqrt

NO_PAIRS = "no item was judged by two reviewers"
NO_VARIETY = "both reviewers gave the same one answer throughout; agreement by chance cannot be told from agreement"


@dataclass(frozen=True, slots=True)
class Kappa:
    """Cohen's kappa (-1 to 1) with its standard error over `pairs` items; None with the reason where undefined."""

    pairs: int
    agreed: int
    value: float | None
    standard_error: float | None
    reason: str | None = None


def kappa(judgements: Sequence[tuple[Hashable, Hashable]]) -> Kappa:
    """Kappa of pairs of answers, one pair per item. Sources: Cohen (1960); Fleiss, Cohen and Everitt (1969)."""
    n = len(judgements)
    if n == 0:
        return Kappa(0, 0, None, None, NO_PAIRS)
    table = Counter(judgements)
    first, second = Counter(a for a, _ in judgements), Counter(b for _, b in judgements)
    agreed = sum(count for (a, b), count in table.items() if a == b)
    observed = agreed / n
    chance = sum(first[answer] * second[answer] for answer in first) / n**2
    if chance == 1:
        return Kappa(n, agreed, None, None, NO_VARIETY)
    value = (observed - chance) / (1 - chance)
    on = off = 0.0
    for (a, b), count in table.items():
        if a == b:
            on += count / n * (1 - (first[a] + second[a]) / n * (1 - value)) ** 2
        else:
            off += count / n * ((second[a] + first[b]) / n) ** 2
    spread = on + (1 - value) ** 2 * off - (value - chance * (1 - value)) ** 2
    return Kappa(n, agreed, value, sqrt(max(0.0, spread) / n) / (1 - chance))
