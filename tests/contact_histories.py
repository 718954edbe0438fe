"""Histories of the support line as hypothesis draws them: contacts with escalations, answers and corrections."""

from datetime import datetime
from uuid import UUID

from histories import BASES, DELAYS, FORCES, HOUR, PRECISIONS, STEPS, Told, rounded
from hypothesis import strategies as st

from domain.case.correction import CorrectedFacts, FactCorrected
from domain.event import Event, Role
from domain.support_contact.consent import ConsentGiven
from domain.support_contact.escalation import (
    DeclinedBecause,
    EscalationAccepted,
    EscalationChannel,
    EscalationDeclined,
    EscalationRaised,
    EscalationResolved,
    EscalationResult,
)
from domain.support_contact.opening import ContactGround, ContactOpened
from domain.values import Moment, instant

numbers = st.integers(1, 2)


@st.composite
def contacts(draw: st.DrawFn, number: int) -> list[Told]:
    """One contact: in whatever order testimony tells it, with the same number raised twice if need be."""
    force, at = draw(st.sampled_from(FORCES)), draw(st.sampled_from(BASES))
    stream = f"contact-{number:08x}-0000-4000-8000-000000000000"
    told: list[Told] = []

    def tell(event: Event, moment: Moment) -> None:
        written = max(moment.latest + draw(st.sampled_from(DELAYS)), told[-1].written_at if told else moment.earliest)
        event_id = UUID(int=((number + 1000) << 64) + len(told), version=4)
        told.append(Told(stream, force, event, moment, written, event_id, None, role=Role.HELPLINE_ADVISER))

    ground = draw(st.sampled_from(ContactGround))
    tell(ContactOpened(ground=ground, anonymous=draw(st.booleans())), instant(at))
    tell(ConsentGiven(), instant(at))
    for what in draw(
        st.lists(st.sampled_from(["raise", "raise", "answer", "resolve", "resolve", "correct"]), max_size=7)
    ):
        at += draw(st.sampled_from(STEPS))
        tell(_event(draw, what, told, at), rounded(at, draw(st.sampled_from(PRECISIONS))))
    return told


def _event(draw: st.DrawFn, what: str, told: list[Told], at: datetime) -> Event:
    match what:
        case "raise":
            channel, ground = draw(st.sampled_from(EscalationChannel)), draw(st.sampled_from(ContactGround))
            return EscalationRaised(number=draw(numbers), channel=channel, ground=ground)
        case "answer":
            declined = EscalationDeclined(number=draw(numbers), reason=DeclinedBecause.OTHER_PROCESS)
            return draw(st.sampled_from([EscalationAccepted(number=draw(numbers)), declined]))
        case "resolve":
            return EscalationResolved(number=draw(numbers), result=draw(st.sampled_from(EscalationResult)))
        case _:
            target = draw(st.sampled_from(told))
            facts = CorrectedFacts(at=rounded(at - 2 * HOUR, draw(st.sampled_from(PRECISIONS))))
            if isinstance(target.event, ContactOpened):
                facts = CorrectedFacts.model_validate({"anonymous": draw(st.booleans())})
            elif isinstance(target.event, EscalationRaised) and draw(st.booleans()):
                facts = CorrectedFacts.model_validate({"channel": draw(st.sampled_from(EscalationChannel))})
            return FactCorrected(corrects=target.event_id, facts=facts, because="A slip.")
