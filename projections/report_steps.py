"""Report steps: one row per thing in a misconduct report that lasts and has a clock, from its beginning to its end."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from domain.misconduct.calendar import months_after
from domain.misconduct.delay_due import owed_statements
from domain.misconduct.duties import OwedKind
from domain.misconduct.investigation import Span
from domain.misconduct.review import ReviewBody
from domain.rules import rule_book
from domain.rules.clock import Clock
from domain.values import LAST, Moment, end_of_day, instant
from projections.projection import Fan
from projections.report_life import LONG_INVESTIGATION, Criterion, Life, replay

INVESTIGATION, REVIEW, REFERRAL = "investigation", "review", "referral"
UPDATE, STATEMENT = OwedKind.INVESTIGATION_UPDATE.value, OwedKind.DELAY_STATEMENT.value
ACKNOWLEDGEMENT = OwedKind.REVIEW_ACKNOWLEDGEMENT.value
MET, LIFTED = "met", "lifted"
CASE, NO_CASE, NO_OPINION = "case_to_answer", "no_case", "no_opinion"
NOT_REPORTED = "not_reported"


class StepFacts(NamedTuple):
    """A step of a report: an `investigation`, a `review`, or something owed: a `referral` to the IOPC, an
    `investigation_update`, a `delay_statement`, a `review_acknowledgement` of a local policing body.

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
    parts = [
        *_investigations(life),
        *_reviews(life),
        *_acknowledgements(life),
        *map(_referral, life.criteria),
        *_updates(life),
        *_statements(life),
    ]
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


def _acknowledgements(life: Life) -> Iterator[StepFacts]:
    """One for each review by a local policing body; it ends with the acknowledgement, or with the decision."""
    for review in life.reviews:
        if review.body == ReviewBody.LOCAL_POLICING_BODY:
            day = review.applied.latest_london_date
            due = rule_book().misconduct.clock(ACKNOWLEDGEMENT, day).due(day)
            until, result = review.acknowledged, MET
            if until is None:
                until, result = review.decided, LIFTED if review.decided is not None else None
            yield _step(ACKNOWLEDGEMENT, review.applied, due, until, result, review.body)


def _referral(criterion: Criterion) -> StepFacts:
    result = MET if criterion.met is not None else LIFTED if criterion.lifted is not None else None
    return _step(REFERRAL, criterion.clear_at, criterion.due, criterion.met or criterion.lifted, result)


def _updates(life: Life) -> Iterator[StepFacts]:
    """One from each start and each update, also where a file tells of it when it is long over: that it was late counts.

    It ends with the next update, or with the investigation.
    """
    inquiry = life.report.inquiry
    for since, after in pairwise((*inquiry.updates, None)):
        if since is None or not inquiry.spans:
            continue
        due = _clock(OwedKind.INVESTIGATION_UPDATE, since.at).due(since.at.latest_london_date)
        if after is not None and all(span.since != after.at for span in inquiry.spans):
            yield _step(UPDATE, since.at, due, after.at, MET)
        else:
            span = next((each for each in reversed(inquiry.spans) if each.since <= since.at), None)
            yield _ended_with(span, UPDATE, since.at, due)


def _statements(life: Life) -> Iterator[StepFacts]:
    delay, inquiry = life.report.delay, life.report.inquiry
    if delay.attention is None or not inquiry.spans:
        return
    since = delay.attention.at
    horizon = min(since.earliest, LAST - LONG_INVESTIGATION) + LONG_INVESTIGATION
    clock = _clock(OwedKind.DELAY_STATEMENT, since)
    for statement in owed_statements(delay, inquiry, clock, instant(horizon).london_date):
        due = end_of_day(statement.due)
        if statement.sent is not None and due <= horizon:
            yield _step(STATEMENT, since, due, statement.sent.at, MET)
        elif due <= horizon:
            yield _ended_with(inquiry.spans[-1], STATEMENT, since, due)


def _clock(kind: OwedKind, since: Moment) -> Clock:
    return rule_book().proceedings_rules(since).clocks[kind]


def _ended_with(span: Span | None, kind: str, since: Moment, due: datetime) -> StepFacts:
    """What was not done: no longer owed once the investigation has ended."""
    until = span.until if span is not None else None
    return _step(kind, since, due, until, LIFTED if until is not None else None)


report_steps = Fan(
    "report_steps", row=StepFacts, version=2, of="report-", replay=replay, evolve=Life.evolve, rows=_steps
)
