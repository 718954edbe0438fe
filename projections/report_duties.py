"""Report duties: one row for each thing owed in a misconduct report, now or some day, and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from domain.event import RecordedEvent
from domain.misconduct.clocks import all_owed
from domain.misconduct.duties import Owed, OwedKind
from domain.misconduct.state import Report, replay
from domain.replacing import replace
from domain.rules import rule_book
from domain.values import Moment
from projections.projection import Fan

_MAY_BE_MISSED = "stopped_at IS NULL OR stopped_at > due"


class ReportDuty(NamedTuple):
    """A duty of a report. `duty_id` is the stream of its miss; `due` the last instant in time.

    For whose eyes it is, and who investigates, the register of reports says.
    `runs_from`: since when it is the next of its kind, for statements on long investigations are foreseen for years.
    `stopped_at`: the earliest instant at which its clock may have stopped (met, lifted); none: it runs.
    """

    duty_id: str
    report_id: str
    kind: str
    about: str | None
    begun_by: str
    begun_at: Moment
    runs_from: datetime
    due: datetime
    clock: str
    escalate_to: str | None
    met_at: Moment | None
    lifted: bool
    stopped_at: datetime | None
    is_open: bool


def _rows(stream: str, report: Report) -> Sequence[ReportDuty]:
    rows: list[ReportDuty] = []
    before: Owed | None = None
    for owed in all_owed(report, rule_book()):
        follows = before is not None and before.kind == owed.kind == OwedKind.DELAY_STATEMENT
        rows.append(
            ReportDuty(
                duty_id=owed.stream(stream),
                report_id=stream,
                kind=str(owed.kind),
                about=owed.about,
                begun_by=str(owed.opened_by),
                begun_at=owed.opened_at,
                runs_from=before.due if before is not None and follows else owed.opened_at.earliest,
                due=owed.due,
                clock=owed.clock,
                escalate_to=owed.escalate_to and owed.escalate_to.value,
                met_at=owed.met_at,
                lifted=owed.lifted_by is not None,
                stopped_at=owed.stopped_at,
                is_open=owed.is_open,
            )
        )
        before = owed
    return rows


def _evolve(report: Report, entry: RecordedEvent) -> Report:
    """The report with the fact among those it is judged by: what a file shows over is not owed."""
    facts = MappingProxyType({**report.facts, entry.event_id: entry})
    return replace(report.evolve(entry), facts=facts)


report_duties = Fan(
    "report_duties",
    row=ReportDuty,
    version=1,
    of="report-",
    replay=replay,
    evolve=_evolve,
    rows=_rows,
    indexes=(
        "(is_open, due)",
        "(report_id)",
        f"(due, duty_id) WHERE {_MAY_BE_MISSED}",
        f"(from_position, duty_id) WHERE {_MAY_BE_MISSED}",
    ),
)
