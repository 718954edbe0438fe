"""The kinds of metric. Each is declared once, as pure functions over the fact row; SQL only counts, sums and sorts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from domain.values import Moment, Precision
from projections.case_row import CaseFacts
from projections.projection import Derived

COUNTED, NOT_COUNTED, OUT = "counted", "not_counted", "out"
EXCLUDED = "excluded: "
RECORDED, COMPETING, OPEN = "recorded", "competing", "open"
NOT_DUE = "time allowed has not yet run"

DIMENSIONS = ("force", "stratum", "offence_group", "route", "receipt", "month")

ONLY_TO_THE_MONTH = "time known only to the month"
ONLY_TO_THE_DAY = "time known only to the day"
COARSE = {Precision.DAY: ONLY_TO_THE_DAY, Precision.MONTH: ONLY_TO_THE_MONTH}
DATE_UNKNOWN = "date of recording not published"
RECORDED_ONLY = "source shows recorded crimes only"
NOT_DECIDABLE = "precision of the times cannot decide it"
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

    `counts` gives None where the precision cannot decide. `due` names the moment that must have passed.
    """

    of: Callable[[CaseFacts], bool]
    counts: Callable[[CaseFacts], bool | None]
    excluded_because: Callable[[CaseFacts], str | None]
    due: str | None = None
    beside: str | None = None

    def verdict(self, row: CaseFacts) -> str:
        """`counted`, `not_counted`, `out`, or `excluded: reason`."""
        reason = self.excluded_because(row)
        if reason is None and not self.of(row):
            return OUT
        if row.linked_under is not None:
            return EXCLUDED + LINKED
        if reason is not None:
            return EXCLUDED + reason
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
    """A waiting time: cumulative incidence with competing events; open rows are censored, never counted as zero."""

    course: Callable[[CaseFacts], Course]
    quantiles: tuple[tuple[str, float], ...] = (("median", 0.5), ("p90", 0.9))

    def of(self, row: CaseFacts) -> Course:
        """How far the row has come; a linked case is excluded, whatever its course."""
        course = self.course(row)
        return Course(EXCLUDED + LINKED) if row.linked_under is not None and course.state != OUT else course

    def derived(self) -> Sequence[Derived]:
        """Two columns: the state and the seconds."""
        course = _once(self.of)

        def state(row: CaseFacts) -> str:
            return course(row).state

        def seconds(row: CaseFacts) -> float | None:
            return course(row).seconds

        return (
            Derived(self.name, str, self.definition_version, state),
            Derived(f"{self.name}_seconds", float, self.definition_version, seconds),
        )


def _once(course: Callable[[CaseFacts], Course]) -> Callable[[CaseFacts], Course]:
    """The same function, which works out the course of the same row once for both columns."""
    last: tuple[CaseFacts, Course] | None = None

    def of(row: CaseFacts) -> Course:
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
class Backlog(Metric):
    """A stock: rows that began at or before `as_of` and had not ended by then, by age."""

    ends: str
    excluded_because: Callable[[CaseFacts], str | None]
    of: Callable[[CaseFacts], bool]
    bands: tuple[Band, ...]

    def verdict(self, row: CaseFacts) -> str:
        """`counted`, `out`, or `excluded: reason`; whether it is open at a moment is for the query."""
        reason = self.excluded_because(row)
        if reason is None and not self.of(row):
            return OUT
        if row.linked_under is not None:
            return EXCLUDED + LINKED
        return COUNTED if reason is None else EXCLUDED + reason

    def derived(self) -> Sequence[Derived]:
        """One column with the verdict."""
        return (Derived(self.name, str, self.definition_version, self.verdict),)


def incidence_quantiles(
    courses: Sequence[tuple[str, float]], quantiles: Sequence[tuple[str, float]]
) -> dict[str, float | None]:
    """Seconds by which the cumulative incidence of `recorded` reaches each quantile; None where it does not.

    Aalen-Johansen with `competing` as the competing event and `open` censored. At equal times events come
    before censoring. `courses` are (state, seconds).
    """
    ordered = sorted(courses, key=lambda course: course[1])
    at_risk, surviving, incidence = len(ordered), 1.0, 0.0
    found: dict[str, float | None] = {name: None for name, _ in quantiles}
    index = 0
    while index < len(ordered):
        seconds = ordered[index][1]
        ties: list[str] = []
        while index + len(ties) < len(ordered) and ordered[index + len(ties)][1] == seconds:
            ties.append(ordered[index + len(ties)][0])
        recorded, competing = ties.count(RECORDED), ties.count(COMPETING)
        incidence += surviving * recorded / at_risk
        surviving *= 1 - (recorded + competing) / at_risk
        for name, share in quantiles:
            if found[name] is None and incidence >= share - 1e-12:
                found[name] = seconds
        index += len(ties)
        at_risk -= len(ties)
    return found


def exactness(row: CaseFacts, *fields: str) -> str | None:
    """Why hours cannot be told: the first of these moments that is known only to the day or the month."""
    for field in fields:
        moment: Moment | None = getattr(row, field)
        if moment is not None and moment.precision in COARSE:
            return COARSE[moment.precision]
    return None


def recorded_elsewhere(row: CaseFacts) -> str:
    """Why a crime has no hours that is known only from what was published about it."""
    if row.recorded_at is None:
        return DATE_UNKNOWN
    return exactness(row, "recorded_at") or NOT_DECIDABLE
