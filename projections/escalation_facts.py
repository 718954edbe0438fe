"""Escalation facts: one row per escalation of the support line, from the day it was raised to what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from domain.case.correction import restate
from domain.event import RecordedEvent
from domain.replacing import replace
from domain.support_contact import state
from domain.support_contact.escalation import EscalationResolved, EscalationStatus
from domain.support_contact.state import Contact
from domain.values import Moment
from projections.projection import Fan


class EscalationFacts(NamedTuple):
    """An escalation as it stands. `resolved_at`: when the force last said what came of it, if that still stands."""

    escalation_id: str
    contact_id: str
    force: str
    channel: str
    ground: str
    anonymous: bool
    raised_at: Moment
    status: str
    resolved_at: Moment | None
    result: str | None


@dataclass(frozen=True, slots=True)
class Course:
    """A contact with the times at which its escalations were last resolved, by number."""

    contact: Contact = Contact()
    resolved: tuple[tuple[int, Moment], ...] = ()

    def evolve(self, entry: RecordedEvent) -> "Course":
        """The course after one more fact that restates nothing."""
        return replace(_resolved(self, entry), contact=self.contact.evolve(entry))


def _resolved(course: Course, entry: RecordedEvent) -> Course:
    event = entry.event
    return (
        replace(course, resolved=(*course.resolved, (event.number, entry.at)))
        if isinstance(event, EscalationResolved)
        else course
    )


def replay(entries: Sequence[RecordedEvent]) -> Course:
    """The course of a contact as its events have it."""
    course = Course()
    for entry in restate(entries):
        course = _resolved(course, entry)
    return replace(course, contact=state.replay(entries))


def _rows(stream: str, course: Course) -> Sequence[EscalationFacts]:
    contact, resolved = course.contact, dict(course.resolved)
    return [
        EscalationFacts(
            escalation_id=f"{stream}/{each.number}",
            contact_id=stream,
            force=contact.force or "",
            channel=each.channel.value,
            ground=each.ground.value,
            anonymous=contact.opening.anonymous,
            raised_at=each.raised_at,
            status=each.status.value,
            resolved_at=resolved.get(each.number) if each.status is EscalationStatus.RESOLVED else None,
            result=each.result.value if each.status is EscalationStatus.RESOLVED and each.result else None,
        )
        for each in contact.escalations
    ]


escalation_facts = Fan(
    "escalation_facts",
    row=EscalationFacts,
    version=1,
    of="contact-",
    replay=replay,
    evolve=Course.evolve,
    rows=_rows,
)
