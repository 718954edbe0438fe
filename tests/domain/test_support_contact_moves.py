"""Every command in every state of a contact: the closed are refused and the open named, the open leave no gap."""

from collections.abc import Callable, Iterator
from itertools import combinations_with_replacement, product
from types import MappingProxyType
from typing import Any

import pytest
from contact_scenario import CASE, FORCE, NOW, OTHER_CASE, Given, fact, given, nothing, opened, reported_case

from domain.event import COMMANDS, Act, Command, Event, Refused, Role, enforce
from domain.rules import rule_book
from domain.support_contact import state as contact_state
from domain.support_contact.advocacy import AdvocacyActionTaken, AdvocacyKind, TakeAdvocacyAction
from domain.support_contact.cases import AddCase, CaseAdded, RemoveCase
from domain.support_contact.closure import CloseContact, ContactClosed, ReopenContact
from domain.support_contact.consent import ConsentGiven, ConsentWithdrawn, GiveConsent, WithdrawConsent
from domain.support_contact.correction import ContactFacts, CorrectContact
from domain.support_contact.escalation import (
    AcceptEscalation,
    DeclinedBecause,
    DeclineEscalation,
    EscalationAccepted,
    EscalationChannel,
    EscalationDeclined,
    EscalationRaised,
    EscalationResolved,
    EscalationResult,
    RaiseEscalation,
    ResolveEscalation,
)
from domain.support_contact.moves import MOVES, Where
from domain.support_contact.opening import ContactGround, OpenContact
from domain.support_contact.signposting import PoliceNumber, SignpostEmergency
from domain.support_contact.state import CONTACT_MOVE_IS_OPEN, Contact
from domain.values import Moment

GROUND, CHANNEL = ContactGround.UNRECORDED, EscalationChannel.SUPPORT_LINE
CONSENT: dict[str, tuple[Event, ...]] = {
    "none": (),
    "given": (ConsentGiven(),),
    "withdrawn": (ConsentGiven(), ConsentWithdrawn()),
}
ANSWERS: dict[str, Callable[[int], tuple[Event, ...]]] = {
    "raised": lambda number: (),
    "accepted": lambda number: (EscalationAccepted(number=number),),
    "declined": lambda number: (EscalationDeclined(number=number, reason=DeclinedBecause.OTHER_PROCESS),),
    "resolved": lambda number: (
        EscalationAccepted(number=number),
        EscalationResolved(number=number, result=EscalationResult.UPHELD),
    ),
}
Shape = tuple[str, str, tuple[str, ...]]
SHAPES: list[Shape] = [
    ("none", "none", ()),
    *product(
        ("open", "closed"),
        CONSENT,
        [standing for n in range(3) for standing in combinations_with_replacement(ANSWERS, n)],
    ),
]


def history(shape: Shape) -> Given:
    """A contact in that state: its status, its consent, and how its escalations stand."""
    status, consent, escalations = shape
    if status == "none":
        return nothing
    facts: list[Event] = [opened(), CaseAdded(case=CASE), AdvocacyActionTaken(kind=AdvocacyKind.UPDATE)]
    for number, stands in enumerate(escalations, start=1):
        facts += [EscalationRaised(number=number, channel=CHANNEL, ground=GROUND, case=None), *ANSWERS[stands](number)]
    closed = (ContactClosed(),) if status == "closed" else ()
    known = {CASE: reported_case(), OTHER_CASE: reported_case()}
    return given(*facts, *CONSENT[consent], *closed).beside(known)


def sendable(escalations: tuple[str, ...]) -> Iterator[Command[Contact]]:
    """A body for every command, about the first escalation that it can be about, if there is one."""

    def first(*stands: str) -> int:
        return next((n for n, each in enumerate(escalations, start=1) if each in stands), 1)

    yield OpenContact(ground=GROUND)
    yield SignpostEmergency(number=PoliceNumber.NON_EMERGENCY)
    yield GiveConsent()
    yield WithdrawConsent()
    yield AddCase(case=OTHER_CASE)
    yield RemoveCase(case=CASE, because="A duplicate.")
    yield RaiseEscalation(channel=CHANNEL, ground=GROUND, because="She rang twice.")
    yield AcceptEscalation(number=first("raised", "declined"))
    yield DeclineEscalation(number=first("raised"), reason=DeclinedBecause.OTHER_FORCE, rationale="Essex has it.")
    yield ResolveEscalation(
        number=first("accepted", "resolved"), result=EscalationResult.UPHELD, rationale="So it was."
    )
    yield TakeAdvocacyAction(kind=AdvocacyKind.COMPLAINT, note="By letter.")
    yield CloseContact()
    yield ReopenContact(because="She rang again.")
    yield CorrectContact(corrects=fact(1), facts=ContactFacts(in_danger=True), because="A slip.")


# Written out by hand, against the table: who may do what, when.
OPEN_IN: dict[type[Command[Any]], Callable[[str, str, tuple[str, ...]], bool]] = {
    OpenContact: lambda status, consent, escalations: status == "none",
    WithdrawConsent: lambda status, consent, escalations: status == "open" and consent == "given",
    AcceptEscalation: lambda status, consent, escalations: (
        status == "open" and ("raised" in escalations or "declined" in escalations)
    ),
    DeclineEscalation: lambda status, consent, escalations: status == "open" and "raised" in escalations,
    ResolveEscalation: lambda status, consent, escalations: (
        status == "open" and ("accepted" in escalations or "resolved" in escalations)
    ),
    ReopenContact: lambda status, consent, escalations: status == "closed",
    CorrectContact: lambda status, consent, escalations: status != "none",
}


def is_open(command: type[Command[Any]], shape: Shape) -> bool:
    return OPEN_IN.get(command, lambda status, consent, escalations: status == "open")(*shape)


def goes_through(command: type[Command[Any]], shape: Shape) -> bool:
    """Whether nothing else stands in the way of a command that is open."""
    _, consent, escalations = shape
    if command in (RaiseEscalation, TakeAdvocacyAction):
        return consent == "given"
    return command is not CloseContact or not {"raised", "accepted"} & set(escalations)


def decided(command: Command[Contact], before: Given) -> tuple[tuple[Event, ...], Refused | None]:
    at = Moment.of(NOW).earliest
    act = Act("adviser-1", Role.HELPLINE_ADVISER, FORCE, command.purpose, at, rule_book(), others=before.others)
    try:
        return enforce(command, before.state, act), None
    except Refused as refusal:
        return (), refusal


def walk(shapes: list[Shape]) -> int:
    """Send every command in every state; how many moves were tried."""
    tried = 0
    for shape in shapes:
        before = history(shape)
        open_moves = tuple(move.__name__ for move in before.state.allowed)
        assert open_moves, f"a dead end: {shape}"
        for command in sendable(shape[2]):
            tried += 1
            kind, what = type(command), f"{type(command).__name__} in {shape}"
            expected = is_open(kind, shape)
            assert (kind.__name__ in open_moves) is expected, f"wrongly listed: {what}"
            facts, refusal = decided(command, before)
            if refusal is None:
                assert expected, f"went through: {what}"
                assert goes_through(kind, shape), f"went through: {what}"
                after = before.and_then(*facts)
                assert facts
                assert after.state.version == before.state.version + len(facts)
                assert [each.version for each in after.entries] == list(range(1, after.state.version + 1))
            elif refusal.rule is CONTACT_MOVE_IS_OPEN:
                assert not expected, f"held up: {what}"
                assert refusal.allowed == open_moves, f"the open moves are not named: {what}"
            else:
                assert expected, f"refused by {refusal.rule.id}: {what}"
                assert not goes_through(kind, shape), f"refused by {refusal.rule.id}: {what}"
    return tried


def test_every_command_in_every_state() -> None:
    assert walk(SHAPES) == len(SHAPES) * len(MOVES) > 1000


def test_every_command_of_a_contact_has_its_place_and_is_walked() -> None:
    assert {command for command in COMMANDS.values() if command.aggregate == "contact"} == set(MOVES)
    assert [type(command) for command in sendable(())] == list(MOVES)


def doctored(command: type[Command[Any]], where: Where) -> MappingProxyType[type[Command[Any]], Where]:
    return MappingProxyType({**MOVES, command: where})


@pytest.mark.parametrize("command", MOVES, ids=lambda command: command.__name__)
def test_a_command_in_the_wrong_place_is_noticed(command: type[Command[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    everywhere = Where(status=frozenset(contact_state.ContactStatus))
    monkeypatch.setattr(contact_state, "MOVES", doctored(command, everywhere))
    with pytest.raises((AssertionError, ValueError), match=command.__name__):
        walk(SHAPES)
    monkeypatch.setattr(contact_state, "MOVES", doctored(command, Where(status=frozenset())))
    with pytest.raises(AssertionError, match=rf"a dead end|wrongly listed: {command.__name__}"):
        walk(SHAPES)


def test_a_move_that_nobody_checks_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Contact, "allows", lambda contact, command: iter(()))
    with pytest.raises(AssertionError, match=r"went through|refused by"):
        walk(SHAPES)
