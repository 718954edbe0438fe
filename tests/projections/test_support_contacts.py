"""The rows of the support line: counted right, and the same in PostgreSQL, in memory and after a rebuild."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from asking import projecting
from contact_scenario import CASE, FORCE, RANG, Given, fact, given, opened
from histories import log
from log_entries import appends
from read_tables import faults, tables

from adapters.postgres import projecting as running
from adapters.system import System
from domain.case.correction import CorrectedFacts, FactCorrected
from domain.case.testimony import SourceRowWithdrawn
from domain.event import Event
from domain.support_contact.advocacy import AdvocacyActionTaken, AdvocacyKind
from domain.support_contact.cases import CaseAdded, CaseRemoved
from domain.support_contact.closure import ContactClosed, ContactReopened
from domain.support_contact.consent import ConsentGiven, ConsentWithdrawn
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
from domain.support_contact.signposting import EmergencySignposted, ForceRoute, ForceRouteSignposted, PoliceNumber
from domain.support_contact.state import Contact
from domain.values import Moment
from projections.projection import Replica
from projections.support_contacts import SupportContact, support_contacts


def raised(number: int, ground: ContactGround = ContactGround.UNRECORDED) -> EscalationRaised:
    return EscalationRaised(number=number, channel=EscalationChannel.SUPPORT_LINE, ground=ground)


def resolved(number: int, result: EscalationResult) -> EscalationResolved:
    return EscalationResolved(number=number, result=result)


CALL: tuple[Event, ...] = (
    opened(anonymous=True, in_danger=True, happened_on=Moment.of("2024-04-30")),
    EmergencySignposted(number=PoliceNumber.EMERGENCY),
    ForceRouteSignposted(to_force=FORCE, because=ForceRoute.RECENT_CRIME),
    ConsentGiven(),
    CaseAdded(case=CASE),
    raised(1),
    raised(2, ContactGround.CONCERN),
    raised(3, ContactGround.NOT_REFERRED),
    raised(4),
    EscalationAccepted(number=1),
    EscalationDeclined(number=2, reason=DeclinedBecause.OTHER_PROCESS),
    EscalationAccepted(number=4),
    resolved(4, EscalationResult.NOT_UPHELD),
    resolved(4, EscalationResult.RECORDED_LATE),
    AdvocacyActionTaken(kind=AdvocacyKind.UPDATE),
    ConsentWithdrawn(),
)


def row_of(history: Given) -> SupportContact:
    [row] = support_contacts.rows_of(history.entries).values()
    return row


def test_a_call_is_counted_by_ground_by_standing_and_by_result() -> None:
    assert row_of(given(*CALL)) == SupportContact(
        contact_id="contact-1",
        force=FORCE,
        status="open",
        ground="unrecorded",
        anonymous=True,
        eligibility="eligible",
        force_concerned=None,
        in_danger=True,
        happened_on=Moment.of("2024-04-30"),
        opened_at=RANG,
        closed_at=None,
        consent="withdrawn",
        to_emergency=True,
        to_force_route=True,
        cases=1,
        actions=1,
        escalations=4,
        on_not_referred=1,
        on_concern=1,
        on_unrecorded=2,
        raised=1,
        accepted=1,
        declined=1,
        resolved=1,
        recorded_late=1,
        upheld=0,
        not_upheld=0,
        signposted=0,
    )


def test_closing_reopening_and_the_number_101() -> None:
    closed = given(opened(), EmergencySignposted(number=PoliceNumber.NON_EMERGENCY), ContactClosed())
    row = row_of(closed)
    assert (row.status, row.closed_at, row.to_emergency, row.to_force_route) == (
        "closed",
        closed.entries[-1].at,
        False,
        False,
    )
    again = row_of(closed.and_then(ContactReopened()))
    assert (again.status, again.closed_at) == ("open", None)


def test_a_correction_reaches_the_row_and_a_withdrawn_contact_has_none() -> None:
    facts = CorrectedFacts.model_validate({"ground": "concern"})
    corrected = given(*CALL).and_then(FactCorrected(corrects=fact(1), facts=facts))
    assert row_of(corrected).ground == "concern"
    regrounded = given(*CALL).and_then(FactCorrected(corrects=fact(6), facts=facts))
    assert (row_of(regrounded).on_concern, row_of(regrounded).on_unrecorded) == (2, 1)
    gone = given(opened()).and_then(SourceRowWithdrawn(withdraws=(fact(1),)))
    assert support_contacts.rows_of(gone.entries) == {}


def calls(system: System) -> str:
    """Three contacts and a case in the log, events of them in turn; the id of the first contact."""
    first, second, third = (f"contact-{uuid4()}" for _ in range(3))
    for number, event in enumerate(CALL):
        system.store.append(appends(first, number, event))
        if number < 2:
            system.store.append(appends(second, number, (opened(ContactGround.CONCERN), ContactClosed())[number]))
    system.store.append(appends(f"case-{uuid4()}", 0))
    system.store.append(appends(third, 0, opened(), CaseAdded(case=CASE), CaseRemoved(case=CASE)))
    opening = next(entry for entry in log(system) if isinstance(entry.event, ContactOpened))
    corrected = FactCorrected(corrects=opening.event_id, facts=CorrectedFacts.model_validate({"ground": "concern"}))
    system.store.append(appends(first, len(CALL), corrected, AdvocacyActionTaken(kind=AdvocacyKind.REPORT)))
    return first


def must_agree(system: System, page: int) -> None:
    with projecting(system, support_contacts) as projector:
        while projector.step(page).events:
            pass
        projector.promote()
    replica: Replica[SupportContact] = Replica(support_contacts)
    replica.follow(log(system))
    rows, history = tables(system, support_contacts)
    assert rows == replica.rows
    assert {key: [row for *_, row in kept] for key, kept in history.items()} == {
        key: [version.row for version in versions] for key, versions in replica.history.items()
    }
    assert not faults(system, support_contacts)


@pytest.mark.parametrize("page", [1, 7, 5000])
def test_postgresql_and_memory_agree_and_a_rebuild_with_both(system: System, page: int) -> None:
    first = calls(system)
    must_agree(system, page)
    rows = tables(system, support_contacts)[0]
    assert len(rows) == 3
    assert (rows[first].ground, rows[first].actions) == ("concern", 2)
    with projecting(system, support_contacts) as projector:
        assert running.rebuild_and_compare(system.conninfo("candour_projector"), projector).agrees


def forgets_withdrawals(contact: Contact, real: Callable[..., Contact], entry: object) -> Contact:
    return contact if isinstance(getattr(entry, "event", None), ConsentWithdrawn) else real(contact, entry)


def test_an_interpreter_that_forgets_is_noticed(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: what follows the log event by event leaves something out, what replays it does not."""
    calls(system)
    real = support_contacts.evolve
    monkeypatch.setattr(support_contacts, "evolve", lambda contact, entry: forgets_withdrawals(contact, real, entry))
    with pytest.raises(AssertionError):
        must_agree(system, 5000)
