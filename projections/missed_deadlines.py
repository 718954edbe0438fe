"""Missed deadlines: one row for each duty whose miss was raised, and the role of the force it was brought to."""

from collections.abc import Mapping
from typing import NamedTuple

from domain.case.duties import DeadlineMissed, MissEscalated
from domain.event import RecordedEvent
from domain.values import Moment
from projections.projection import Projection


class MissedDeadline(NamedTuple):
    """A duty that was not met in time, as it was raised. `raised_in`: the position of that in the log.

    `due` is the deadline that was missed; what became of the duty since is in the case.
    """

    duty_id: str
    case_id: str
    force: str
    kind: str
    about: str | None
    due: Moment
    rule_set: str
    raised_at: Moment
    raised_in: int
    escalated_to: str | None = None


def _opens(entry: RecordedEvent) -> MissedDeadline | None:
    event = entry.event
    if not isinstance(event, DeadlineMissed):
        return None
    return MissedDeadline(
        duty_id=entry.stream,
        case_id=event.case,
        force=entry.force,
        kind=event.duty.value,
        about=event.about and event.about.value,
        due=event.due,
        rule_set=event.rule_set,
        raised_at=entry.at,
        raised_in=entry.position,
    )


missed_deadlines = Projection(
    "missed_deadlines",
    row=MissedDeadline,
    version=1,
    of="duty-",
    opens=_opens,
    indexes=("(raised_in)", "(force, raised_in)"),
)


@missed_deadlines.on(MissEscalated)
def _(row: MissedDeadline, entry: RecordedEvent, event: MissEscalated) -> Mapping[str, object]:
    return {"escalated_to": event.to.value}
