"""The clocks of an investigation and of proceedings: what is owed, by when, and what answered it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from domain.misconduct.delay_due import owed_statements
from domain.misconduct.determination import DealtWith
from domain.misconduct.duties import Owed, OwedKind, OwedTo
from domain.misconduct.investigation import Inquiry, Span, Told
from domain.misconduct.proceedings import Proceeding
from domain.rules import RuleBook
from domain.rules.misconduct_proceedings import ProceedingsRules
from domain.values import FIRST, LAST, end_of_day, instant

if TYPE_CHECKING:
    from domain.misconduct.state import Report

AHEAD = timedelta(days=3653)
_KINDS = {
    DealtWith.MEETING: OwedKind.MEETING,
    DealtWith.HEARING: OwedKind.HEARING,
    DealtWith.ACCELERATED_HEARING: OwedKind.ACCELERATED_HEARING,
}


def clocked(report: "Report", rules: RuleBook, now: datetime) -> OwedTo:
    """What these clocks ask for at `now` (UTC). Of the delay statements: those due by today, and the one after."""
    dealt = (one for proceeding in report.proceedings for one in _of_proceedings(proceeding, rules))
    statements = _statements(report, rules, instant(now).london_date)
    found = (*_updates(report.inquiry, rules), *statements, *dealt)
    return tuple(each for each in found if not _over_already(report, each))


def all_owed(report: "Report", rules: RuleBook) -> OwedTo:
    """What every clock of the report asks for, whenever somebody looks.

    Of the delay statements: those of the ten years after its last start, update or statement.
    """
    last = (*report.inquiry.updates[-1:], *report.delay.sent[-1:])
    until = max((told.at.earliest for told in last), default=FIRST)
    return (*report.owed, *clocked(report, rules, min(until, LAST - AHEAD) + AHEAD))


def _over_already(report: "Report", owed: Owed) -> bool:
    """Whether a file began it, and was read after its end: what it shows already over is not owed."""
    entry = report.facts.get(owed.opened_by)
    return entry is not None and entry.source is not None and owed.due < entry.written_at


def _owed(kind: OwedKind, about: str | None, since: Told, by: datetime, rules: ProceedingsRules) -> Owed:
    clock = rules.clocks[kind]
    return Owed(kind, about, since.event, since.at, by, f"{rules.id}/{kind}", clock.escalate_to)


def _met(owed: Owed, told: Told | None) -> Owed:
    return owed._replace(met_by=told.event, met_at=told.at) if told is not None else owed


def _lifted(owed: Owed, span: Span | None) -> Owed:
    ended = span is not None and span.until is not None
    return owed._replace(lifted_by=span.ended_by, lifted_at=span.until) if span is not None and ended else owed


def _updates(inquiry: Inquiry, rules: RuleBook) -> Iterator[Owed]:
    """One from each start and each update: met by the next update, lifted by the end of the investigation."""
    for since, after in pairwise((*inquiry.updates, None)):
        if since is None:
            continue
        in_force = rules.proceedings_rules(since.at)
        span = next((each for each in reversed(inquiry.spans) if each.since <= since.at), None)
        by = in_force.clocks[OwedKind.INVESTIGATION_UPDATE].due(since.at.latest_london_date)
        owed = _owed(OwedKind.INVESTIGATION_UPDATE, None, since, by, in_force)
        began_anew = after is not None and any(each.since == after.at for each in inquiry.spans)
        yield _lifted(owed, span) if after is None or began_anew else _met(owed, after)


def _statements(report: "Report", rules: RuleBook, until: date) -> Iterator[Owed]:
    attention, spans = report.delay.attention, report.inquiry.spans
    if attention is None or not spans:
        return
    in_force = rules.proceedings_rules(attention.at)
    clock = in_force.clocks[OwedKind.DELAY_STATEMENT]
    for one in owed_statements(report.delay, report.inquiry, clock, until):
        owed = _owed(OwedKind.DELAY_STATEMENT, one.due.isoformat(), attention, end_of_day(one.due), in_force)
        yield _met(owed, one.sent) if one.sent is not None else _lifted(owed, spans[-1])


def _of_proceedings(proceeding: Proceeding, rules: RuleBook) -> Iterator[Owed]:
    """The meeting or hearing, from its notice; the report on it, from its end."""
    about, kind = f"subject {proceeding.subject}", _KINDS[proceeding.form]
    in_force = rules.proceedings_rules(proceeding.notified.at)
    by = in_force.clocks[kind].due(proceeding.notified.at.latest_london_date)
    yield _met(_owed(kind, about, proceeding.notified, by, in_force), proceeding.held)
    if proceeding.held is not None:
        in_force = rules.proceedings_rules(proceeding.held.at)
        by = in_force.clocks[OwedKind.PROCEEDINGS_REPORT].due(proceeding.held.at.latest_london_date)
        owed = _owed(OwedKind.PROCEEDINGS_REPORT, about, proceeding.held, by, in_force)
        yield _met(owed, proceeding.reported)
