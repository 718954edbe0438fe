"""Report steps: one row per thing in a misconduct report that lasts and has a clock, from its beginning to its end."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.misconduct.calendar import months_after
from domain.misconduct.clocks import clocked
from domain.misconduct.duties import Owed, OwedKind
from domain.misconduct.investigation import Span
from domain.rules import rule_book
from domain.values import LAST, Moment, end_of_day
from projections.projection import Fan
from projections.report_life import LONG_INVESTIGATION, Criterion, Life, replay

INVESTIGATION, REVIEW, REFERRAL = "investigation", "review", "referral"
UPDATE, STATEMENT = OwedKind.INVESTIGATION_UPDATE.value, OwedKind.DELAY_STATEMENT.value
MET, LIFTED = "met", "lifted"
CASE, NO_CASE, NO_OPINION = "case_to_answer", "no_case", "no_opinion"
NOT_REPORTED = "not_reported"


class StepFacts(NamedTuple):
    """A step of a report: an `investigation`, a `review`, or something owed: a `referral` to the IOPC, an
    `investigation_update`, a `delay_statement`.

    `due`: the last instant in time; of an investigation, the end of the day 12 months after the allegation came to
    attention. `until`: when it ended or was done; `result` what it came to. `body` reviews. Statements are listed for
    ten years from the day of attention, unless the investigation ends before.
    """

    step_id: str
    report_id: str
    force: str
    kind: str
    body: str | None
    since: Moment
    due: datetime | None
    until: Moment | None
    result: str | None


def _steps(stream: str, life: Life) -> Sequence[StepFacts]:
    force = life.report.held_by or ""
    parts = [*_investigations(life), *_reviews(life), *map(_referral, life.criteria), *_owed(life)]
    numbers: dict[str, int] = {}
    steps: list[StepFacts] = []
    for part in parts:
        numbers[part.kind] = number = numbers.get(part.kind, 0) + 1
        steps.append(part._replace(step_id=f"{stream}/{part.kind}/{number}", report_id=stream, force=force))
    return steps


def _step(
    kind: str, since: Moment, due: datetime | None, until: Moment | None, result: str | None, body: str | None = None
) -> StepFacts:
    return StepFacts("", "", "", kind, body, since, due, until, result)


def _investigations(life: Life) -> Iterator[StepFacts]:
    attention = life.report.delay.attention
    due = end_of_day(months_after(attention.at.london_date, 12)) if attention is not None else None
    opinions = dict(life.opinions)
    for span in life.report.inquiry.spans:
        yield _step(INVESTIGATION, span.since, due, span.until, _ended_as(span, opinions))


def _ended_as(span: Span, opinions: dict[UUID, bool | None]) -> str | None:
    if span.until is None:
        return None
    if span.ended_by is None or span.ended_by not in opinions:
        return NOT_REPORTED
    return {True: CASE, False: NO_CASE, None: NO_OPINION}[opinions[span.ended_by]]


def _reviews(life: Life) -> Iterator[StepFacts]:
    for review in life.reviews:
        yield _step(REVIEW, review.applied, None, review.decided, review.finding, review.body)


def _referral(criterion: Criterion) -> StepFacts:
    result = MET if criterion.met is not None else LIFTED if criterion.lifted is not None else None
    return _step(REFERRAL, criterion.clear_at, criterion.due, criterion.met or criterion.lifted, result)


def _owed(life: Life) -> Iterator[StepFacts]:
    attention = life.report.delay.attention
    if not life.report.inquiry.spans:
        return
    start = attention.at if attention is not None else life.report.inquiry.spans[0].since
    horizon = min(start.earliest, LAST - LONG_INVESTIGATION) + LONG_INVESTIGATION
    for owed in clocked(life.report, rule_book(), horizon):
        followed = owed.kind is OwedKind.DELAY_STATEMENT and owed.due <= horizon
        if followed or owed.kind is OwedKind.INVESTIGATION_UPDATE:
            yield _step(owed.kind.value, owed.opened_at, owed.due, owed.met_at or owed.lifted_at, _became(owed))


def _became(owed: Owed) -> str | None:
    return MET if owed.met_by is not None else LIFTED if owed.lifted_by is not None else None


report_steps = Fan(
    "report_steps", row=StepFacts, version=1, of="report-", replay=replay, evolve=Life.evolve, rows=_steps
)
