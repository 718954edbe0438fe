"""Contacts with the support line: about a crime that was not recorded, or how a case was handled; escalated or not."""

from collections.abc import Mapping
from datetime import datetime
from random import Random

from application.simulation.case import SimulatedStream, new_id
from application.simulation.matter import Matter, SimulatedMatter
from application.simulation.pace import DAY, HOUR
from domain.case.codes import IN_THE_REGISTER, UNDECIDED
from domain.event import Role
from domain.rules import RuleBook
from domain.support_contact.cases import AddCase
from domain.support_contact.closure import CloseContact
from domain.support_contact.consent import GiveConsent
from domain.support_contact.escalation import (
    AcceptEscalation,
    DeclinedBecause,
    DeclineEscalation,
    EscalationChannel,
    EscalationResult,
    RaiseEscalation,
    ResolveEscalation,
)
from domain.support_contact.opening import ContactGround, OpenContact

ADVISER, SUPERVISOR = Role.HELPLINE_ADVISER, Role.SUPERVISOR
CONCERNS = 0.06  # the share of the cases that are otherwise eligible for a contact
WHY = "As the caller told it."


class Line:
    """The support line of a force: rings about some of its cases, at most so many (`contacts`) of so many reports."""

    def __init__(
        self,
        draw: Random,
        people: Mapping[Role, tuple[str, ...]],
        rules: RuleBook,
        end: datetime,
        contacts: int,
        reports: int,
    ) -> None:
        self._draw, self._people, self._rules, self._end = draw, people, rules, end
        self._left, self._chance = contacts, contacts / (CONCERNS * reports)

    def about(self, case: SimulatedStream) -> SimulatedMatter | None:
        """A contact about the case; None: nobody rings."""
        if not self._left:
            return None
        recording = case.state.recording
        late = recording.recorded_at is not None and recording.record_by is not None
        late = late and recording.recorded_at.earliest - recording.record_by.latest > DAY  # type: ignore[union-attr,operator]
        undecided = recording.status in UNDECIDED and case.state.link.under is None
        eligible = late or undecided or self._draw.random() < CONCERNS / 2
        if not eligible or self._draw.random() >= self._chance:
            return None
        self._left -= 1
        force, opens = case.force, case.opens
        stream = f"contact-{new_id(self._draw)}"
        matter = Matter(stream, force, opens, self._end, self._people, self._rules, self._draw)
        if late:
            _recorded_late(matter, case)
        elif undecided:
            _never_recorded(matter, case)
        else:
            _concern(matter, case)
        return matter.finished() if matter.appends else None


def _opens(matter: Matter, case: SimulatedStream, ground: ContactGround, at: datetime) -> bool:
    """Somebody rings about the case, and agrees that the force is told; whether that has happened yet."""
    anonymous = matter.draw.random() < 0.3
    matter.does(OpenContact(ground=ground, anonymous=anonymous, summary=WHY), ADVISER, at)
    if not matter.does(GiveConsent(with_details=not anonymous), ADVISER, matter.now):
        return False
    added = matter.does(AddCase(case=case.stream), ADVISER, matter.now, others={case.stream: case.state})
    command = RaiseEscalation(channel=EscalationChannel.SUPPORT_LINE, ground=ground, case=case.stream, because=WHY)
    return bool(added and matter.does(command, ADVISER, matter.now + HOUR / 3))


def _recorded_late(matter: Matter, case: SimulatedStream) -> None:
    """The crime was not recorded in time; somebody rings, and then it is."""
    recording = case.state.recording
    assert recording.recorded_at is not None
    assert recording.record_by is not None
    recorded, due = recording.recorded_at.latest, recording.record_by.latest
    if not _opens(matter, case, ContactGround.UNRECORDED, due + matter.draw.uniform(0.1, 0.5) * (recorded - due)):
        return
    matter.does(AcceptEscalation(number=1), SUPERVISOR, matter.now + matter.draw.uniform(0.1, 0.5) * (recorded - due))
    if recording.status not in IN_THE_REGISTER:
        return
    resolve = ResolveEscalation(
        number=1, result=EscalationResult.RECORDED_LATE, case=case.stream, rationale="It stands in the register now."
    )
    at = max(recorded, matter.now) + matter.draw.uniform(0.1, 2) * DAY
    if matter.does(resolve, SUPERVISOR, at, others={case.stream: case.state}):
        matter.adds("late_recorded_after_escalation", 1)
    matter.does(CloseContact(), ADVISER, matter.now + DAY)


def _never_recorded(matter: Matter, case: SimulatedStream) -> None:
    """The report was never decided on; of three that ring, one is turned down, one looked into, one not answered."""
    draw = matter.draw
    if not _opens(matter, case, ContactGround.UNRECORDED, matter.opens + draw.uniform(5, 40) * DAY):
        return
    answer = draw.randrange(3)
    at = matter.now + draw.uniform(0.5, 6) * DAY
    if answer == 0:
        because = DeclinedBecause.NOT_ENOUGH_INFORMATION
        matter.does(DeclineEscalation(number=1, reason=because, rationale=WHY), SUPERVISOR, at)
        matter.does(CloseContact(), ADVISER, matter.now + DAY)
    elif answer == 1:
        matter.does(AcceptEscalation(number=1), SUPERVISOR, at)


def _concern(matter: Matter, case: SimulatedStream) -> None:
    """How the case was handled gave rise to concern, or nobody offered support."""
    draw = matter.draw
    ground = draw.choice((ContactGround.CONCERN, ContactGround.NOT_REFERRED))
    if not _opens(matter, case, ground, matter.opens + draw.uniform(10, 60) * DAY):
        return
    matter.does(AcceptEscalation(number=1), SUPERVISOR, matter.now + draw.uniform(0.5, 6) * DAY)
    result = draw.choice((EscalationResult.UPHELD, EscalationResult.NOT_UPHELD, EscalationResult.SIGNPOSTED))
    command = ResolveEscalation(number=1, result=result, rationale=WHY)
    matter.does(command, SUPERVISOR, matter.now + draw.uniform(2, 20) * DAY)
    matter.does(CloseContact(), ADVISER, matter.now + DAY)
