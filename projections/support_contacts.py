"""Support contacts: one row per contact with the support line, and what came of its escalations."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from domain.support_contact.escalation import EscalationResult, EscalationStatus
from domain.support_contact.moves import ContactStatus
from domain.support_contact.opening import ContactGround
from domain.support_contact.signposting import PoliceNumber
from domain.support_contact.state import Contact, replay
from domain.values import Moment
from projections.projection import Fan


class SupportContact(NamedTuple):
    """A contact in codes, dates and counts.

    Its `escalations` are counted by ground (`on_…`), by how they stand (`raised` are unanswered), and by result.
    """

    contact_id: str
    force: str
    status: str
    ground: str | None
    anonymous: bool
    eligibility: str | None
    force_concerned: str | None
    in_danger: bool
    happened_on: Moment | None
    opened_at: Moment | None
    closed_at: Moment | None
    consent: str
    to_emergency: bool
    to_force_route: bool
    cases: int
    actions: int
    escalations: int
    on_not_referred: int
    on_concern: int
    on_unrecorded: int
    raised: int
    accepted: int
    declined: int
    resolved: int
    recorded_late: int
    upheld: int
    not_upheld: int
    signposted: int


def _rows(stream: str, contact: Contact) -> Sequence[SupportContact]:
    if contact.status is ContactStatus.NONE:
        return ()
    opening, escalations = contact.opening, contact.escalations
    grounds = Counter(each.ground for each in escalations)
    statuses = Counter(each.status for each in escalations)
    results = Counter(each.result for each in escalations if each.status is EscalationStatus.RESOLVED)
    numbers = {number.value for number in PoliceNumber}
    return (
        SupportContact(
            contact_id=stream,
            force=contact.force or "",
            status=contact.status.value,
            ground=opening.ground and opening.ground.value,
            anonymous=opening.anonymous,
            eligibility=opening.eligibility and opening.eligibility.value,
            force_concerned=opening.force_concerned,
            in_danger=opening.in_danger,
            happened_on=opening.happened_on,
            opened_at=opening.opened_at,
            closed_at=contact.closed_at,
            consent=contact.consent.status.value,
            to_emergency=PoliceNumber.EMERGENCY.value in contact.signposted,
            to_force_route=not numbers.issuperset(contact.signposted),
            cases=len(contact.cases),
            actions=len(contact.advocacy),
            escalations=len(escalations),
            on_not_referred=grounds[ContactGround.NOT_REFERRED],
            on_concern=grounds[ContactGround.CONCERN],
            on_unrecorded=grounds[ContactGround.UNRECORDED],
            raised=statuses[EscalationStatus.RAISED],
            accepted=statuses[EscalationStatus.ACCEPTED],
            declined=statuses[EscalationStatus.DECLINED],
            resolved=statuses[EscalationStatus.RESOLVED],
            recorded_late=results[EscalationResult.RECORDED_LATE],
            upheld=results[EscalationResult.UPHELD],
            not_upheld=results[EscalationResult.NOT_UPHELD],
            signposted=results[EscalationResult.SIGNPOSTED],
        ),
    )


support_contacts = Fan(
    "support_contacts",
    row=SupportContact,
    version=1,
    of="contact-",
    replay=replay,
    evolve=Contact.evolve,
    rows=_rows,
    indexes=("(force, status, contact_id)",),
)
