"""Missed deadlines of reports: one row for each duty whose miss was raised, and the role it was brought to."""

from collections.abc import Mapping
from typing import NamedTuple

from domain.case.duties import MissEscalated
from domain.event import RecordedEvent
from domain.misconduct.duties import ReportDeadlineMissed
from domain.values import Moment
from projections.projection import Projection


class ReportMiss(NamedTuple):
    """A duty of a report that was not met in time, as it was raised. For whose eyes it is, its report says."""

    duty_id: str
    report_id: str
    kind: str
    about: str | None
    due: Moment
    clock: str
    raised_at: Moment
    escalated_to: str | None = None


def _opens(entry: RecordedEvent) -> ReportMiss | None:
    event = entry.event
    if not isinstance(event, ReportDeadlineMissed):
        return None
    return ReportMiss(
        duty_id=entry.stream,
        report_id=event.report,
        kind=str(event.duty),
        about=event.about,
        due=event.due,
        clock=event.clock,
        raised_at=entry.at,
    )


report_misses = Projection(
    "report_misses",
    row=ReportMiss,
    version=1,
    of="owed-",
    opens=_opens,
    indexes=("(raised_at, duty_id)", "(report_id)"),
)


@report_misses.on(MissEscalated)
def _(row: ReportMiss, entry: RecordedEvent, event: MissEscalated) -> Mapping[str, object]:
    return {"escalated_to": event.to.value}
