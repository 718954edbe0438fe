"""A stratum of an audit: what was found of a question in it, and how much it weighs."""

from collections.abc import Sequence
from typing import NamedTuple

from domain.inspection.statistics.stratified import Sampled


class Audited(NamedTuple):
    """So many of the reports of a stratum were audited; `n` of those raise a question, which holds of `k`."""

    reports: int
    audited: int
    k: int
    n: int

    @property
    def concerned(self) -> float:
        """How many reports of the stratum raise the question: n of a census, else as many as the sample stands for."""
        return self.n if self.audited == self.reports else self.n * self.reports / self.audited

    def sampled(self, weight: float) -> Sampled:
        """With a weight; n is corrected for what it is drawn from."""
        return Sampled(weight, self.k, self.n, self.concerned)


def by_reports(strata: Sequence[Audited]) -> list[Sampled]:
    """Each weighted by its share of the reports, as the rate over all crime is."""
    whole = sum(stratum.reports for stratum in strata)
    return [stratum.sampled(stratum.reports / whole) for stratum in strata]


def by_concern(strata: Sequence[Audited]) -> list[Sampled]:
    """Each weighted by its share of what raises the question, for a rate over a part of the reports.

    The share is estimated from the sample and taken as exact; it gives the combined ratio. Source: Cochran (1977), 6.
    """
    whole = sum(stratum.concerned for stratum in strata)
    return [stratum.sampled(stratum.concerned / whole) for stratum in strata]
