"""From verdicts to findings: pure functions over the sample."""

from collections.abc import Callable, Sequence
from statistics import NormalDist

from domain.inspection.findings import Agreement, Bounds, EstimatedCrimes, OverallFindings, Rate, StratumFindings
from domain.inspection.judging import Judgements, Verdict
from domain.inspection.sampling import Sample, StratumDrawn
from domain.inspection.scope import WEIGHED
from domain.inspection.statistics import unrecorded as missing
from domain.inspection.statistics.audited import Audited, by_reports
from domain.inspection.statistics.proportion import Interval, Method
from domain.inspection.statistics.stratified import effective, rate, stratified_interval

NOTHING_TO_JUDGE = "no audited item raises the question"
NOT_AUDITED = "not every stratum was audited: {strata}"
NO_REFERENCE = "no recorded crime of 12 months was adopted"
NO_PREVIOUS = "no earlier inspection with an overall rate was named"
NO_RATE = "there is no overall rate"
RATE_OF_ZERO = "at a rate of 0 nothing follows for how many there were"


def deviate(level: float) -> float:
    """The normal deviate of a two-sided level, such as 1.96 for 0.95."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def of_stratum(drawn: StratumDrawn, judgements: Judgements, z: float) -> StratumFindings:
    """The findings of one stratum."""
    verdicts = [verdict for case in drawn.cases if (verdict := judgements.final(case)) is not None]

    def share(of: Callable[[Verdict], bool], holds: Callable[[Verdict], bool | None]) -> Rate:
        asked = [verdict for verdict in verdicts if of(verdict)]
        return _rate(sum(bool(holds(verdict)) for verdict in asked), len(asked), drawn, z)

    return StratumFindings(
        stratum=drawn.stratum,
        reports=drawn.frame,
        audited=len(verdicts),
        recorded=share(lambda v: v.should_be_recorded, lambda v: v.recorded),
        over_recorded=share(lambda v: v.recorded, lambda v: not v.should_be_recorded),
        right_class=share(lambda v: v.right_class is not None, lambda v: v.right_class),
        in_time=share(lambda v: v.in_time is not None, lambda v: v.in_time),
        cancelled_rightly=share(lambda v: v.cancelled_rightly is not None, lambda v: v.cancelled_rightly),
        victim_told=share(lambda v: v.victim_told is not None, lambda v: v.victim_told),
    )


def overall(sample: Sample, strata: Sequence[StratumFindings], z: float) -> OverallFindings:
    """The rate over all crime, each stratum weighted by its share of the reports; none where one was not audited.

    What was reported to public protection is an audit of its own, and in no weight.
    """
    there = [
        (drawn, found)
        for drawn, found in zip(sample.strata, strata, strict=True)
        if drawn.frame and drawn.stratum in WEIGHED
    ]
    silent = [found.stratum for _, found in there if found.recorded.n == 0]
    if silent or not there:
        return OverallFindings(reason=NOT_AUDITED.format(strata=", ".join(silent) or "none has a report"))
    whole = sum(drawn.frame for drawn, _ in there)
    parts = by_reports([_audited(found.recorded.k, found.recorded.n, drawn) for drawn, found in there])
    return OverallFindings(
        rate=rate(parts),
        wilson=Bounds.of(stratified_interval(Method.WILSON, parts, z)),
        wald=Bounds.of(stratified_interval(Method.WALD, parts, z)),
        effective_size=effective(parts),
        weights={drawn.stratum.value: drawn.frame / whole for drawn, _ in there},
    )


def unrecorded(found: OverallFindings, printed: Method, crime: int | None, source: str | None) -> EstimatedCrimes:
    """How many crimes of 12 months went unrecorded, with the interval that the printed one gives."""
    told = EstimatedCrimes(formula=missing.NOTE, recorded_crime=crime, source=source)
    if found.rate is None or crime is None:
        return _without(told, NO_RATE if found.rate is None else NO_REFERENCE)
    value = missing.unrecorded(crime, found.rate)
    around = missing.unrecorded_interval(crime, interval_of(found, printed))
    return _crimes(value, around, told)


def additional(
    found: OverallFindings, before: OverallFindings | None, printed: Method, crime: int | None, source: str | None
) -> EstimatedCrimes:
    """How many more were recorded than would have been at the rate of the inspection before."""
    told = EstimatedCrimes(formula=missing.ADDITIONAL_NOTE, recorded_crime=crime, source=source)
    if found.rate is None or crime is None:
        return _without(told, NO_RATE if found.rate is None else NO_REFERENCE)
    if before is None or before.rate is None:
        return _without(told, NO_PREVIOUS)
    value = missing.additional(crime, before.rate, found.rate)
    bounds = interval_of(before, printed), interval_of(found, printed)
    around = missing.additional_interval(crime, before.rate, bounds[0], found.rate, bounds[1])
    return _crimes(value, around, told)


def agreement(judgements: Judgements) -> tuple[Agreement, ...]:
    """Cohen's kappa by question."""
    return tuple(
        Agreement(
            question=question,
            pairs=found.pairs,
            agreed=found.agreed,
            kappa=found.value,
            standard_error=found.standard_error,
            reason=found.reason,
        )
        for question, found in judgements.agreement().items()
    )


def interval_of(found: OverallFindings, printed: Method) -> Interval:
    """The interval that is printed of a rate that there is."""
    bounds = found.wilson if printed is Method.WILSON else found.wald
    assert bounds is not None
    return Interval(bounds.low, bounds.high)


def _rate(k: int, n: int, drawn: StratumDrawn, z: float) -> Rate:
    if n == 0:
        return Rate(k=0, n=0, reason=NOTHING_TO_JUDGE)
    found = _audited(k, n, drawn).sampled(1.0)
    return Rate(
        k=k,
        n=n,
        rate=found.rate,
        wilson=Bounds.of(found.interval(Method.WILSON, z)),
        wald=Bounds.of(found.interval(Method.WALD, z)),
        effective_size=found.size,
    )


def _audited(k: int, n: int, drawn: StratumDrawn) -> Audited:
    return Audited(drawn.frame, len(drawn.cases), k, n)


def _crimes(value: float | None, around: Interval, told: EstimatedCrimes) -> EstimatedCrimes:
    if value is None:
        return _without(told, RATE_OF_ZERO)
    low, high = (None if bound is None else round(bound) for bound in (around.low, around.high))
    return told.model_copy(update={"value": round(value), "low": low, "high": high})


def _without(told: EstimatedCrimes, reason: str) -> EstimatedCrimes:
    return told.model_copy(update={"reason": reason})
