"""The kinds of metric. Each is declared once, as pure functions over the fact row; SQL only counts, sums and sorts.

A metric names the fact table that it counts `over`; its functions take the rows of that table.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from domain.values import Moment, Precision
from projections.case_row import CaseFacts
from projections.projection import Derived

COUNTED, NOT_COUNTED, OUT = "counted", "not_counted", "out"
EXCLUDED = "excluded: "
RECORDED, COMPETING, OPEN = "recorded", "competing", "open"
NOT_DUE = "time allowed has not yet run"

DIMENSIONS = (
    "force",
    "area",
    "stratum",
    "offence_group",
    "offence",
    "route",
    "reporter_role",
    "receipt",
    "domestic_abuse",
    "decided_by_unit",
    "month",
)

ONLY_TO_THE_MONTH = "time known only to the month"
ONLY_TO_THE_DAY = "time known only to the day"
COARSE = {Precision.DAY: ONLY_TO_THE_DAY, Precision.MONTH: ONLY_TO_THE_MONTH}
DATE_UNKNOWN = "date of recording not published"
RECEIPT_UNKNOWN = "time of receipt not known"
RECORDED_ONLY = "source shows recorded crimes only"
NOT_DECIDABLE = "precision of the times cannot decide it"
UNKNOWN = "unknown"
LINKED = "counted with the case it is linked to"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A figure: its claim, its question in words, what it counts, on which dates, under which rules, from where."""

    name: str
    question: str
    unit: str
    cohort: str
    source: str
    rule_sets: tuple[str, ...]
    definition_version: int = 1
    dimensions: tuple[str, ...] = DIMENSIONS
    note: str | None = None
    over: str = "case_facts"
    beside: str | None = None

    @property
    def kind(self) -> str:
        """The kind in one word."""
        return type(self).__name__.lower()

    def derived(self) -> Sequence[Derived]:
        """The columns that the metric adds to the fact row."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Share(Metric):
    """Numerator over denominator: among rows that it is `of`, those that `counts`.

    `counts` gives None where the precision cannot decide. `due` names the moment that must have passed; until then the
    row is excluded, or with `only_due` no part of it at all.
    """

    of: Callable[[Any], bool]
    counts: Callable[[Any], bool | None]
    excluded_because: Callable[[Any], str | None]
    due: str | None = None
    only_due: bool = False

    def verdict(self, row: Any) -> str:
        """`counted`, `not_counted`, `out`, or `excluded: reason`."""
        ruled_out = _ruled_out(row, self.of, self.excluded_because)
        if ruled_out is not None:
            return ruled_out
        counts = self.counts(row)
        if counts is None:
            return EXCLUDED + NOT_DECIDABLE
        return COUNTED if counts else NOT_COUNTED

    def derived(self) -> Sequence[Derived]:
        """One column with the verdict."""
        return (Derived(self.name, str, self.definition_version, self.verdict),)


class Course(NamedTuple):
    """How far a row has come: `recorded` or `competing` after so many seconds, still `open`, `out` or excluded."""

    state: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay(Metric):
    """A waiting time: cumulative incidence with competing events; open rows are censored, never counted as zero.

    Measured in `hours` (the course is in seconds), or in `days` or `working_days` of London (it is in those).
    """

    course: Callable[[Any], Course]
    quantiles: tuple[tuple[str, float], ...] = (("median", 0.5), ("p90", 0.9))
    measured_in: str = "hours"

    def of(self, row: Any) -> Course:
        """How far the row has come; a linked case is excluded, whatever its course."""
        course = self.course(row)
        return Course(EXCLUDED + LINKED) if course.state != OUT and _is_linked(row) else course

    def derived(self) -> Sequence[Derived]:
        """Two columns: the state and the seconds."""
        course = _once(self.of)

        def state(row: Any) -> str:
            return course(row).state

        def seconds(row: Any) -> float | None:
            return course(row).seconds

        return (
            Derived(self.name, str, self.definition_version, state),
            Derived(f"{self.name}_seconds", float, self.definition_version, seconds),
        )


def _once(course: Callable[[Any], Course]) -> Callable[[Any], Course]:
    """The same function, which works out the course of the same row once for both columns."""
    last: tuple[Any, Course] | None = None

    def of(row: Any) -> Course:
        nonlocal last
        held = last
        if held is None or held[0] is not row:
            last = held = (row, course(row))
        return held[1]

    return of


class Band(NamedTuple):
    """An age band: its name and the age at which it ends (None: open)."""

    name: str
    upto: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock(Metric):
    """What is open at a moment: rows that began at or before `as_of` and had not ended by then."""

    ends: str
    excluded_because: Callable[[Any], str | None]
    of: Callable[[Any], bool]

    def verdict(self, row: Any) -> str:
        """`counted`, `out`, or `excluded: reason`; whether it is open at a moment is for the query."""
        return _ruled_out(row, self.of, self.excluded_because) or COUNTED

    def derived(self) -> Sequence[Derived]:
        """One column with the verdict."""
        return (Derived(self.name, str, self.definition_version, self.verdict),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog(Stock):
    """A stock by age."""

    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockShare(Stock):
    """Of what is open at a moment, the part whose `limit` had gone by then."""

    limit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(Metric):
    """How many rows there are in a period."""

    of: Callable[[Any], bool]
    excluded_because: Callable[[Any], str | None]

    def verdict(self, row: Any) -> str:
        """`counted`, `out`, or `excluded: reason`."""
        return _ruled_out(row, self.of, self.excluded_because) or COUNTED

    def derived(self) -> Sequence[Derived]:
        """One column with the verdict."""
        return (Derived(self.name, str, self.definition_version, self.verdict),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean(Count):
    """The mean of a whole number over the rows: each row counts once, so that a mean over forces is case-weighted."""

    measure: Callable[[Any], int]

    def derived(self) -> Sequence[Derived]:
        """Two columns: the verdict, and the number of a row that counts."""

        def number(row: Any) -> int | None:
            return self.measure(row) if self.verdict(row) == COUNTED else None

        return (
            Derived(self.name, str, self.definition_version, self.verdict),
            Derived(f"{self.name}_number", int, self.definition_version, number),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix(Count):
    """Of the rows, how many are of each part. `known` parts are shown even if empty; a row may be of several."""

    parts: Callable[[Any], tuple[str, ...]]
    known: Callable[[], tuple[str, ...]]

    def derived(self) -> Sequence[Derived]:
        """Two columns: the verdict, and the parts of a row that counts, with blanks between them."""

        def parts(row: Any) -> str | None:
            return " ".join(self.parts(row)) if self.verdict(row) == COUNTED else None

        return (
            Derived(self.name, str, self.definition_version, self.verdict),
            Derived(f"{self.name}_parts", str, self.definition_version, parts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate(Share):
    """A share of what was audited in samples, weighted over their strata, as the inspections conclude it.

    It is over the items of `strata`. Weighed by their reports (`by_reports`), or by what raises the question; with
    `every` there is none unless each of the strata was audited. Both intervals are given, and which one is printed.
    """

    strata: tuple[str, ...]
    every: bool = False
    by_reports: bool = False


class Bounded(NamedTuple):
    """What an inspection estimated: a number with its bounds (None: there is no such bound)."""

    number: int | None
    low: int | None
    high: int | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extrapolation(Metric):
    """A number of crimes of 12 months, extrapolated from audited samples, as each inspection concluded it."""

    estimate: Callable[[Any], Bounded]

    def verdict(self, row: Any) -> str:
        """`counted`, or `excluded: reason` for an inspection that could not tell."""
        found = self.estimate(row)
        return COUNTED if found.number is not None else f"{EXCLUDED}{found.reason}"

    def derived(self) -> Sequence[Derived]:
        """Three columns: the verdict, the number, and a text that says whose it is, from where to where, and of what.

        The text: inspection, force, interval, level, low, high, k, n, recorded crime, with blanks between them.
        """

        def number(row: Any) -> int | None:
            return self.estimate(row).number

        def told(row: Any) -> str:
            _, low, high, _ = self.estimate(row)
            of = (row.inspection_id, row.force, row.printed, row.level, low, high, row.k, row.n, row.recorded_crime)
            return " ".join(map(str, of))

        return (
            Derived(self.name, str, self.definition_version, self.verdict),
            Derived(f"{self.name}_number", int, self.definition_version, number),
            Derived(f"{self.name}_told", str, self.definition_version, told),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PerStaff(Count):
    """Rows per 1,000 staff: by the headcount that was adopted for the force; those of a force without are excluded."""


def _ruled_out(row: Any, of: Callable[[Any], bool], excluded_because: Callable[[Any], str | None]) -> str | None:
    """`out` or `excluded: reason`, unless the row is to be judged."""
    reason = excluded_because(row)
    if reason is None and not of(row):
        return OUT
    if _is_linked(row):
        return EXCLUDED + LINKED
    return None if reason is None else EXCLUDED + reason


def _is_linked(row: Any) -> bool:
    """Whether it is a case that is counted with another; nothing else is linked."""
    return getattr(row, "linked_under", None) is not None


def exactness(row: Any, *fields: str) -> str | None:
    """Why hours cannot be told: the first of these moments that is known only to the day or the month."""
    for field in fields:
        moment: Moment | None = getattr(row, field)
        if moment is not None and moment.precision in COARSE:
            return COARSE[moment.precision]
    return None


def known_to_the_day(*moments: Moment | None) -> str | None:
    """Why days cannot be counted: one of the moments is known only to the month."""
    coarse = any(moment is not None and moment.precision is Precision.MONTH for moment in moments)
    return ONLY_TO_THE_MONTH if coarse else None


def recorded_elsewhere(row: CaseFacts) -> str:
    """Why a crime has no hours that is known only from what was published about it."""
    if row.recorded_at is None:
        return DATE_UNKNOWN
    return exactness(row, "recorded_at") or NOT_DECIDABLE
