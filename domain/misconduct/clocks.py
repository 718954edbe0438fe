"""All that is owed in a report: what its events have opened, and the statements on a long investigation."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from domain.misconduct.delay_due import owed_statements
from domain.misconduct.duties import Owed, OwedKind, OwedTo
from domain.rules import RuleBook
from domain.values import FIRST, LAST, end_of_day, instant

if TYPE_CHECKING:
    from domain.misconduct.state import Report

AHEAD = timedelta(days=3653)


def clocked(report: "Report", rules: RuleBook, now: datetime) -> OwedTo:
    """What is owed at `now` (UTC), or was. Of the delay statements: those due by today, and the one after."""
    statements = _statements(report, rules, instant(now).london_date)
    return (*report.owed, *(each for each in statements if not _over_already(report, each)))


def all_owed(report: "Report", rules: RuleBook) -> OwedTo:
    """What is owed whenever somebody looks.

    Of the delay statements: those of the ten years after the last start, update or statement.
    """
    last = (*report.inquiry.updates[-1:], *report.delay.sent[-1:])
    until = max((told.at.earliest for told in last), default=FIRST)
    return clocked(report, rules, min(until, LAST - AHEAD) + AHEAD)


def _over_already(report: "Report", owed: Owed) -> bool:
    """Whether a file began it, and was read after its end: what it shows already over is not owed."""
    entry = report.facts.get(owed.opened_by)
    return entry is not None and entry.source is not None and owed.due < entry.written_at


def _statements(report: "Report", rules: RuleBook, until: date) -> Iterator[Owed]:
    attention, spans = report.delay.attention, report.inquiry.spans
    if attention is None or not spans:
        return
    in_force = rules.proceedings_rules(attention.at)
    clock = in_force.clocks[OwedKind.DELAY_STATEMENT]
    of = f"{in_force.id}/{clock.kind}"
    for one in owed_statements(report.delay, report.inquiry, clock, until):
        due, about = end_of_day(one.due), one.due.isoformat()
        owed = Owed(OwedKind.DELAY_STATEMENT, about, attention.event, attention.at, due, of, clock.escalate_to)
        if one.sent is not None:
            owed = owed._replace(met_by=one.sent.event, met_at=one.sent.at)
        elif spans[-1].until is not None:
            owed = owed._replace(lifted_by=spans[-1].ended_by, lifted_at=spans[-1].until)
        yield owed
